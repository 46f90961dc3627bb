//! Warnings that GitLab does not give: what is accepted and probably not meant.

mod conditions;
mod duplicate;
mod event;
mod inclusion;
mod known;
mod needs;
mod never;
mod notes;
mod patterns;
mod tags;
#[cfg(test)]
mod tests;
mod unreachable;

use crate::{Checked, Context, Diagnostic};
use indexmap::IndexMap;

/// So many warnings of one kind are given; the rest is counted.
const MOST_OF_A_KIND: usize = 100;

/// What the warnings may look at besides the configuration.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Tags of the runners there are, one list each; an empty list stands for a runner without tags. Nothing: not
    /// known, and nothing is said about tags.
    pub runner_tags: Option<Vec<Vec<String>>>,
}

/// All warnings for a configuration that GitLab would accept; only those about its text for one that it would not.
///
/// They hold for every event, not only for the context's, of which only the project and its default branch count.
pub fn lint(checked: &Checked, context: &Context, options: &Options) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    notes::lint(&checked.notes, &mut found);
    if let Some(config) = checked.valid_config() {
        patterns::lint(config, &mut found);
        conditions::lint(config, &mut found);
        unreachable::lint(config, &mut found);
        let events = event::all(context);
        let variables = known::Variables::new(config);
        never::lint(config, &variables, &events, &mut found);
        needs::lint(config, &variables, &events, &mut found);
        duplicate::lint(config, &variables, context, &mut found);
        if let Some(runners) = &options.runner_tags {
            tags::lint(config, runners, &mut found);
        }
    }
    cut(found)
}

/// Leaves out what there is too much of, and says so: nobody reads a thousand warnings of one kind.
fn cut(found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut counts: IndexMap<&'static str, usize> = IndexMap::new();
    let mut kept: Vec<Diagnostic> = Vec::new();
    for warning in found {
        let count = counts.entry(warning.rule).or_default();
        *count += 1;
        if *count <= MOST_OF_A_KIND {
            kept.push(warning);
        }
    }
    let too_many = counts.into_iter().filter(|(_, count)| *count > MOST_OF_A_KIND);
    kept.extend(too_many.map(|(rule, count)| {
        Diagnostic::lint(rule, format!("there are {} more warnings `{rule}`", count - MOST_OF_A_KIND))
    }));
    kept
}
