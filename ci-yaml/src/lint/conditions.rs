//! Conditions that say something else than was meant.

use super::patterns::as_regex;
use crate::config::{Config, Job, Rule};
use crate::expression::{Doubt, Expression};
use crate::{Diagnostic, Span, Spanned};
use std::collections::HashSet;
use std::sync::Arc;

type Condition = Spanned<Arc<Expression>>;

pub(super) fn lint(config: &Config, found: &mut Vec<Diagnostic>) {
    // Conditions that several jobs take from one place are told of once.
    let mut seen: HashSet<Span> = HashSet::new();
    let of_workflow = config.workflow.rules.iter().flatten().filter_map(|rule| rule.condition.as_ref());
    for condition in of_workflow.chain(config.jobs.values().flat_map(of_job)) {
        if seen.insert(condition.span) {
            found.extend(condition.value.doubts().iter().map(|doubt| warning(doubt).at(condition.span)));
        }
    }
}

fn of_job(job: &Job) -> impl Iterator<Item = &Condition> {
    let of_rules = job.rules.iter().flatten().filter_map(|rule: &Rule| rule.condition.as_ref());
    let policies = job.only.iter().chain(&job.except);
    of_rules.chain(policies.flat_map(|policy| policy.variables.iter().flatten()))
}

fn warning(doubt: &Doubt) -> Diagnostic {
    match doubt {
        Doubt::QuotedVariable(text) => {
            let name = text.trim_matches(['$', '{', '}']);
            Diagnostic::lint(
                "quoted-variable",
                format!("`\"{text}\"` is that text, and not the value of the variable"),
            )
            .help(format!("leave the quotes out: `${name}`"))
        }
        Doubt::TextAsPattern(text) => Diagnostic::lint(
            "text-as-pattern",
            format!(
                "`=~ \"{text}\"` asks whether the left side is a part of that text, not the other way round"
            ),
        )
        .help("put a regular expression between slashes: `/…/`"),
        Doubt::Glob(text) => Diagnostic::lint(
            "glob-in-comparison",
            format!("`\"{text}\"` is compared as it is, and no branch or tag can be called so"),
        )
        .help(match as_regex(text) {
            Some(regex) => format!("match a regular expression: `=~ {regex}`"),
            None => "match a regular expression with `=~`".to_owned(),
        }),
    }
}
