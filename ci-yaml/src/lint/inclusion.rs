//! Whether a job can be part of an event's pipeline, whatever is not known of the event.

use super::event::{About, Event};
use crate::config::{Config, Job, PathMatch, Policy, Refs, Rule, When};
use crate::expression::Knowledge;
use crate::matching::pattern;

/// What can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Yes,
    No,
    Depends,
}

impl Verdict {
    pub(super) fn of(decided: Option<bool>) -> Self {
        match decided {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => Self::Depends,
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Depends,
        }
    }

    fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Depends => Self::Depends,
        }
    }

    pub(super) fn possible(self) -> bool {
        self != Self::No
    }
}

/// What is known of variables when a job's conditions are looked at.
pub(super) type Variable<'a> = &'a dyn Fn(&str) -> Knowledge;

/// Whether there is a pipeline at all.
pub(super) fn pipeline(config: &Config, event: &Event<'_>, known: Variable<'_>) -> Verdict {
    config.workflow.rules.as_ref().map_or(Verdict::Yes, |rules| of_rules(rules, event, known))
}

/// The first rule that may let a job into an event's pipeline.
pub(super) fn rule<'a>(job: &'a Job, event: &Event<'_>, known: Variable<'_>) -> Option<&'a Rule> {
    let lets_in = |rule: &&Rule| rule.when.as_ref().is_none_or(|when| when.value != When::Never);
    job.rules.iter().flatten().filter(lets_in).find(|rule| clauses(rule, event, known).possible())
}

/// Whether a job is part of an event's pipeline.
pub(super) fn job(job: &Job, event: &Event<'_>, known: Variable<'_>) -> Verdict {
    if let Some(rules) = &job.rules {
        return of_rules(rules, event, known);
    }
    let only = job.only.as_ref().map_or(Verdict::Yes, |policy| every(policy, event, known));
    let except = job.except.as_ref().map_or(Verdict::No, |policy| any(policy, event, known));
    only.and(except.not())
}

fn of_rules(rules: &[Rule], event: &Event<'_>, known: Variable<'_>) -> Verdict {
    let mut in_doubt: Option<Verdict> = None;
    let mut join = |verdict: Verdict| match in_doubt {
        None => in_doubt = Some(verdict),
        Some(before) if before != verdict => in_doubt = Some(Verdict::Depends),
        Some(_) => {}
    };
    for rule in rules {
        let outcome = match &rule.when {
            Some(when) if when.value == When::Never => Verdict::No,
            _ => Verdict::Yes,
        };
        match clauses(rule, event, known) {
            Verdict::Yes => {
                join(outcome);
                return in_doubt.unwrap_or(outcome);
            }
            Verdict::Depends => join(outcome),
            Verdict::No => {}
        }
    }
    join(Verdict::No);
    in_doubt.unwrap_or(Verdict::No)
}

/// Whether all clauses of a rule hold.
fn clauses(rule: &Rule, event: &Event<'_>, known: Variable<'_>) -> Verdict {
    let condition =
        rule.condition.as_ref().map_or(Verdict::Yes, |condition| event.decide(&condition.value, known));
    let changes = rule.changes.as_ref().map_or(Verdict::Yes, |changes| match &changes.value.paths {
        _ if changes.value.compare_to.is_none() && event.changes_always_hold() => Verdict::Yes,
        PathMatch::Globs(globs) if globs.is_empty() && changes.value.compare_to.is_some() => Verdict::No,
        _ => Verdict::Depends,
    });
    let exists = rule.exists.as_ref().map_or(Verdict::Yes, |exists| match &exists.value.paths {
        PathMatch::Globs(globs) if globs.is_empty() => Verdict::No,
        _ => Verdict::Depends,
    });
    condition.and(changes).and(exists)
}

/// What is given of a policy: its refs, its variables, its changes, its cluster.
fn parts(policy: &Policy, event: &Event<'_>, known: Variable<'_>) -> [Option<Verdict>; 4] {
    let refs = match &policy.refs {
        Refs::Absent => None,
        Refs::List(refs) => Some(
            refs.iter()
                .map(|name| event.remember(&name.value, || named(&name.value, event)))
                .fold(Verdict::No, Verdict::or),
        ),
    };
    let variables = policy.variables.as_ref().map(|list| {
        list.iter().map(|condition| event.decide(&condition.value, known)).fold(Verdict::No, Verdict::or)
    });
    let changes = policy.changes.as_ref().map(|globs| match globs.as_slice() {
        _ if event.changes_always_hold() => Verdict::Yes,
        [] => Verdict::No,
        _ => Verdict::Depends,
    });
    [refs, variables, changes, policy.kubernetes.then_some(Verdict::Depends)]
}

fn every(policy: &Policy, event: &Event<'_>, known: Variable<'_>) -> Verdict {
    parts(policy, event, known).into_iter().flatten().fold(Verdict::Yes, Verdict::and)
}

fn any(policy: &Policy, event: &Event<'_>, known: Variable<'_>) -> Verdict {
    parts(policy, event, known).into_iter().flatten().fold(Verdict::No, Verdict::or)
}

/// Whether an element of `refs` names the event's ref.
fn named(element: &str, event: &Event<'_>) -> Verdict {
    let (name, project) = match element.split_once('@') {
        Some((name, project)) => (name, Some(project)),
        None => (element, None),
    };
    // It may be meant for another project that has the same file, such as the one that this is a fork of.
    let here = if project.is_some() { Verdict::Depends } else { Verdict::Yes };
    here.and(is_ref(name, event))
}

fn is_ref(name: &str, event: &Event<'_>) -> Verdict {
    if let Some(named) = event.is_named(name) {
        // A branch that is called like a keyword would be meant as well; nobody has one.
        return Verdict::of(Some(named));
    }
    match event.about {
        About::MergeRequest => Verdict::No,
        About::DefaultBranch => {
            let regex =
                pattern::literal(name).and_then(|literal| pattern::compile(literal.body, literal.flags).ok());
            match regex {
                Some(regex) if !event.afford(regex.work(event.default_branch)) => Verdict::Depends,
                Some(regex) => Verdict::of(regex.search(event.default_branch).ok()),
                None => Verdict::of(Some(name == event.default_branch)),
            }
        }
        About::OtherBranch if name == event.default_branch => Verdict::No,
        About::OtherBranch | About::Tag if patterns_nothing(name) => Verdict::No,
        About::OtherBranch | About::Tag => Verdict::Depends,
    }
}

/// Whether no branch and no tag can have this name, which is no regular expression either.
fn patterns_nothing(name: &str) -> bool {
    pattern::literal(name).is_none() && !super::patterns::is_ref_name(name)
}
