//! Why a job is left out, in a few words.

use crate::ci::plan::{clauses, policy};
use crate::ci::session::{Evaluated, Session};
use crate::terminal::counted;
use ci_yaml::config::{Config, Job};
use ci_yaml::evaluate::{Decision, Explanation, Reason, Step, explain};
use ci_yaml::{Context, Sources};

/// Why a job is left out.
pub(in crate::ci) fn in_short(
    config: &Config,
    context: &Context,
    sources: &dyn Sources,
    name: &str,
) -> String {
    let explanation = explain(config, context, sources, name);
    config.jobs.get(name).map(|job| reason(job, &explanation)).unwrap_or_default()
}

/// What `workflow` said where it let no pipeline through; nothing where it did.
pub(in crate::ci) fn workflow_in_short(plan: &Evaluated, session: &Session) -> String {
    let config = plan.checked.as_ref().and_then(|checked| checked.valid_config());
    let Some((config, job)) = config.and_then(|config| Some((config, config.jobs.keys().next()?))) else {
        return String::new();
    };
    let explanation = explain(config, &plan.scene.context, &session.sources, job);
    let Decision::Out(Reason::Workflow(_)) = explanation.decision else { return String::new() };
    let rules = config.workflow.rules.as_deref().unwrap_or_default();
    let matched = explanation.steps.iter().find_map(|step| match step {
        Step::Workflow(trials) => Some(trials.matched),
        _ => None,
    });
    match matched.flatten().and_then(|index| Some((index, rules.get(index)?))) {
        Some((index, rule)) => format!("workflow:rules: rule {} says never: {}", index + 1, clauses(rule)),
        None => format!("workflow:rules: none of {} matches", counted(rules.len(), "rule")),
    }
}

fn reason(job: &Job, explanation: &Explanation) -> String {
    let Decision::Out(reason) = &explanation.decision else { return String::new() };
    let rules = job.rules.as_deref().unwrap_or_default();
    match reason {
        Reason::NoRule => match rules {
            [] => "its rules are an empty list".to_owned(),
            [rule] => format!("not: {}", clauses(rule)),
            [rule, ..] => format!("none of {} rules, the first: {}", rules.len(), clauses(rule)),
        },
        Reason::Never { rule } => match rules.get(*rule) {
            Some(found) => format!("never by rule {}: {}", rule + 1, clauses(found)),
            None => "a rule says never".to_owned(),
        },
        Reason::Only => match &job.only {
            Some(only) if only.implicit => "without rules: branches and tags only".to_owned(),
            Some(only) => format!("only {}", policy(only)),
            None => "only".to_owned(),
        },
        Reason::Except => format!("except {}", job.except.as_ref().map(policy).unwrap_or_default()),
        Reason::Chat { wanted } => format!("only {wanted} was asked for"),
        Reason::RuleFailed(diagnostic)
        | Reason::Refused(diagnostic)
        | Reason::Workflow(diagnostic)
        | Reason::Empty(diagnostic) => diagnostic.message.clone(),
        Reason::Skipped(_) => "skipped".to_owned(),
        Reason::Invalid(diagnostics) => {
            diagnostics.first().map(|diagnostic| diagnostic.message.clone()).unwrap_or_default()
        }
        Reason::Unknown { .. } => String::new(),
    }
}
