//! Rules behind one that always matches.

use crate::config::{Config, Rule};
use crate::{Diagnostic, Span};
use std::collections::HashSet;

pub(super) fn lint(config: &Config, found: &mut Vec<Diagnostic>) {
    // Rules that several jobs take from one place are told of once.
    let mut seen: HashSet<Span> = HashSet::new();
    let of_jobs = config.jobs.values().filter_map(|job| job.rules.as_deref());
    for rules in config.workflow.rules.as_deref().into_iter().chain(of_jobs) {
        let Some(last) = rules.iter().position(always_matches) else { continue };
        let Some(next) = rules.get(last + 1) else { continue };
        if seen.insert(next.span) {
            let count = rules.len() - last - 1;
            let what = if count == 1 { "this rule is".to_owned() } else { format!("{count} rules are") };
            found.push(
                Diagnostic::lint("unreachable-rule", format!("{what} never reached"))
                    .at(next.span)
                    .label(rules[last].span, "this rule always matches")
                    .help("the first rule that matches decides: put the one without conditions last"),
            );
        }
    }
}

fn always_matches(rule: &Rule) -> bool {
    rule.condition.is_none() && rule.changes.is_none() && rule.exists.is_none()
}
