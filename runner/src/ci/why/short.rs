//! Why a job is left out, in a few words.

use crate::ci::plan::{clauses, policy};
use ci_yaml::config::{Config, Job};
use ci_yaml::evaluate::{Decision, Explanation, Reason, explain};
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
