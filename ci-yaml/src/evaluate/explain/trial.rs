//! What rules, `only` and `except` were compared with, clause by clause.

use crate::config::{ChangesClause, ExistsClause, Need, PathMatch, Policy, Refs, Rule, When};
use crate::evaluate::clause::{self, PathsVerdict};
use crate::evaluate::error::RuleError;
use crate::evaluate::policy;
use crate::evaluate::refs::RefVerdict;
use crate::evaluate::world::World;
use crate::expression::{self, Expression};
use crate::variables::{Item, Scope};
use crate::{Span, Spanned};
use std::collections::HashSet;
use std::sync::Arc;

/// A list of rules that was gone through.
#[derive(Clone, Debug)]
pub struct Trials {
    /// All rules, those behind the one that decided as well.
    pub rules: Vec<RuleTrial>,
    /// The index of the first one that matches.
    pub matched: Option<usize>,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct RuleTrial {
    /// Its index.
    pub index: usize,
    /// Where it was written.
    pub span: Span,
    /// Its clauses up to the first that does not hold; all of them where the rule was not reached, unanswered.
    pub clauses: Vec<Clause>,
    /// What came of it.
    pub outcome: Outcome,
    /// When the job runs if the rule matches; for `workflow`, always or never.
    pub when: When,
}

/// What came of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All its clauses hold.
    Matched,
    /// A clause does not.
    NotMatched,
    /// A rule before it decided.
    NotReached,
    /// It could not be decided, for this reason.
    Failed(String),
}

/// A variable as a condition saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its name.
    pub name: Arc<str>,
    /// Its value and where that comes from; nothing where it is not defined.
    pub item: Option<Item>,
}

/// One condition.
#[derive(Clone, Debug)]
pub enum Clause {
    /// `if`, or one of `variables` of a policy.
    If {
        /// The expression.
        expression: Arc<Expression>,
        /// Where it was written.
        span: Span,
        /// What each part of it gave.
        explanation: expression::Explanation,
        /// The variables in it, each once.
        variables: Vec<Seen>,
    },
    /// `changes`.
    Changes {
        /// Where it was written.
        span: Span,
        /// The patterns as they are written.
        patterns: Vec<Arc<str>>,
        /// `compare_to`, as it is written.
        compare_to: Option<Arc<str>>,
        /// What it came to; nothing where it was not reached.
        verdict: Option<PathsVerdict>,
    },
    /// `exists`.
    Exists {
        /// Where it was written.
        span: Span,
        /// The patterns as they are written.
        patterns: Vec<Arc<str>>,
        /// Another project, as it is written.
        project: Option<Arc<str>>,
        /// What it came to; nothing where it was not reached.
        verdict: Option<PathsVerdict>,
    },
}

impl Clause {
    /// Whether it holds; nothing where it was not reached.
    pub fn holds(&self) -> Option<bool> {
        match self {
            Self::If { explanation, .. } => Some(explanation.truth),
            Self::Changes { verdict, .. } | Self::Exists { verdict, .. } => {
                verdict.as_ref().map(PathsVerdict::holds)
            }
        }
    }
}

/// `only` or `except`.
#[derive(Clone, Debug)]
pub struct PolicyTrial {
    /// Whether it is `except`.
    pub except: bool,
    /// Whether nobody wrote it: the `only: [branches, tags]` of jobs without rules.
    pub implicit: bool,
    /// Where it was written; the job's name where nobody wrote it.
    pub span: Span,
    /// Its conditions: all must hold for `only`, none for `except`.
    pub conditions: Vec<Condition>,
}

impl PolicyTrial {
    /// Whether it lets the job in.
    pub fn lets_in(&self) -> bool {
        self.conditions.iter().all(|condition| condition.holds() != self.except)
    }
}

/// One condition of `only` or `except`.
#[derive(Clone, Debug)]
pub enum Condition {
    /// `refs`: one of these must match.
    Refs(Vec<Element>),
    /// `variables`: one of these must hold.
    Variables(Vec<Clause>),
    /// `changes`.
    Changes(Clause),
    /// `kubernetes`, which never holds here.
    Kubernetes,
}

impl Condition {
    /// Whether it holds.
    pub fn holds(&self) -> bool {
        match self {
            Self::Refs(elements) => elements.iter().any(|element| element.verdict.matches()),
            Self::Variables(clauses) => clauses.iter().any(|clause| clause.holds() == Some(true)),
            Self::Changes(clause) => clause.holds() == Some(true),
            Self::Kubernetes => false,
        }
    }
}

/// A name, a keyword or a pattern.
#[derive(Clone, Debug)]
pub struct Element {
    /// As written.
    pub text: Arc<str>,
    /// Where.
    pub span: Span,
    /// Why it matches or does not.
    pub verdict: RefVerdict,
}

/// A job that is needed.
#[derive(Clone, Debug)]
pub struct NeedTrial {
    /// The need as written.
    pub need: Need,
    /// Whether the job is in the pipeline.
    pub present: bool,
}

/// Goes through rules as the pipeline does.
pub(super) fn rules(
    world: &World<'_>,
    rules: &[Rule],
    scope: &Scope<'_>,
    default: When,
) -> (Trials, Option<RuleError>) {
    let mut trials = Trials { rules: Vec::with_capacity(rules.len()), matched: None };
    let mut failed = None;
    for (index, rule) in rules.iter().enumerate() {
        let reached = trials.matched.is_none() && failed.is_none();
        let (clauses, outcome) = match reached {
            false => (unreached(rule, scope), Outcome::NotReached),
            true => match try_rule(world, rule, scope) {
                (clauses, Ok(true)) => (clauses, Outcome::Matched),
                (clauses, Ok(false)) => (clauses, Outcome::NotMatched),
                (clauses, Err(error)) => {
                    let text = error.to_string();
                    failed = Some(error);
                    (clauses, Outcome::Failed(text))
                }
            },
        };
        if outcome == Outcome::Matched {
            trials.matched = Some(index);
        }
        let when = rule.when.as_ref().map_or(default, |when| when.value);
        trials.rules.push(RuleTrial { index, span: rule.span, clauses, outcome, when });
    }
    (trials, failed)
}

fn try_rule(world: &World<'_>, rule: &Rule, scope: &Scope<'_>) -> (Vec<Clause>, Result<bool, RuleError>) {
    let mut clauses = Vec::new();
    let result = try_clauses(world, rule, scope, &mut clauses);
    (clauses, result)
}

fn try_clauses(
    world: &World<'_>,
    rule: &Rule,
    scope: &Scope<'_>,
    clauses: &mut Vec<Clause>,
) -> Result<bool, RuleError> {
    if let Some(condition) = &rule.condition {
        clauses.push(condition_of(condition, scope));
    }
    if let Some(spanned) = &rule.changes
        && clauses.iter().all(|clause| clause.holds() == Some(true))
    {
        clauses.push(changes_of(spanned, Some(clause::changes(world, &spanned.value, scope)?)));
    }
    if let Some(spanned) = &rule.exists
        && clauses.iter().all(|clause| clause.holds() == Some(true))
    {
        clauses.push(exists_of(spanned, Some(clause::exists(world, &spanned.value, scope)?)));
    }
    let given = [rule.condition.is_some(), rule.changes.is_some(), rule.exists.is_some()];
    let given = given.into_iter().filter(|given| *given).count();
    let held = clauses.len() == given && clauses.iter().all(|clause| clause.holds() == Some(true));
    if !held {
        push_rest(rule, clauses);
    }
    Ok(held)
}

/// Adds the clauses that were not reached.
fn push_rest(rule: &Rule, clauses: &mut Vec<Clause>) {
    let has = |clauses: &[Clause], kind: fn(&Clause) -> bool| clauses.iter().any(kind);
    if let Some(changes) = &rule.changes
        && !has(clauses, |clause| matches!(clause, Clause::Changes { .. }))
    {
        clauses.push(changes_of(changes, None));
    }
    if let Some(exists) = &rule.exists
        && !has(clauses, |clause| matches!(clause, Clause::Exists { .. }))
    {
        clauses.push(exists_of(exists, None));
    }
}

fn unreached(rule: &Rule, scope: &Scope<'_>) -> Vec<Clause> {
    let mut clauses: Vec<_> = rule.condition.iter().map(|condition| condition_of(condition, scope)).collect();
    push_rest(rule, &mut clauses);
    clauses
}

fn condition_of(condition: &Spanned<Arc<Expression>>, scope: &Scope<'_>) -> Clause {
    let mut known = HashSet::new();
    let names = condition.value.variables().filter(|name| known.insert(*name));
    Clause::If {
        expression: condition.value.clone(),
        span: condition.span,
        explanation: condition.value.explain(scope),
        variables: names.map(|name| Seen { name: name.into(), item: scope.find(name) }).collect(),
    }
}

fn patterns(paths: &PathMatch) -> Vec<Arc<str>> {
    match paths {
        PathMatch::Globs(globs) => globs.iter().map(|glob| glob.value.clone()).collect(),
        PathMatch::Regexp(regexp) => vec![regexp.clone()],
    }
}

fn changes_of(changes: &Spanned<ChangesClause>, verdict: Option<PathsVerdict>) -> Clause {
    let patterns = patterns(&changes.value.paths);
    Clause::Changes { span: changes.span, patterns, compare_to: changes.value.compare_to.clone(), verdict }
}

fn exists_of(exists: &Spanned<ExistsClause>, verdict: Option<PathsVerdict>) -> Clause {
    let patterns = patterns(&exists.value.paths);
    Clause::Exists { span: exists.span, patterns, project: exists.value.project.clone(), verdict }
}

/// Compares `only` or `except` with the pipeline, all of it.
pub(super) fn policy_of(world: &World<'_>, policy: &Policy, scope: &Scope<'_>, except: bool) -> PolicyTrial {
    let mut conditions = Vec::new();
    if let Refs::List(list) = &policy.refs {
        let judge = |element: &Spanned<Arc<str>>| Element {
            text: element.value.clone(),
            span: element.span,
            verdict: world.refs.judge(world.context, &element.value),
        };
        conditions.push(Condition::Refs(list.iter().map(judge).collect()));
    }
    if let Some(list) = &policy.variables {
        let clauses = list.iter().map(|expression| condition_of(expression, scope));
        conditions.push(Condition::Variables(clauses.collect()));
    }
    if let Some(globs) = &policy.changes {
        conditions.push(Condition::Changes(changes_of_policy(world, policy.span, globs)));
    }
    if policy.kubernetes {
        conditions.push(Condition::Kubernetes);
    }
    PolicyTrial { except, implicit: policy.implicit, span: policy.span, conditions }
}

fn changes_of_policy(world: &World<'_>, span: Span, globs: &[Spanned<Arc<str>>]) -> Clause {
    let patterns = globs.iter().map(|glob| glob.value.clone()).collect();
    let verdict = policy::changes(world, globs).ok();
    let span = globs.first().map_or(span, |glob| glob.span);
    Clause::Changes { span, patterns, compare_to: None, verdict }
}
