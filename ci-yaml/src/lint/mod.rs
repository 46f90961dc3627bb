//! Warnings that GitLab does not give: what is accepted and probably not meant.

mod duplicate;
mod event;
mod inclusion;
mod needs;
mod never;
mod notes;
mod patterns;
mod tags;
#[cfg(test)]
mod tests;
mod unreachable;

use crate::{Checked, Context, Diagnostic};

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
        unreachable::lint(config, &mut found);
        let events = event::all(context);
        never::lint(config, &events, &mut found);
        needs::lint(config, &events, &mut found);
        duplicate::lint(config, context, &mut found);
        if let Some(runners) = &options.runner_tags {
            tags::lint(config, runners, &mut found);
        }
    }
    found
}
