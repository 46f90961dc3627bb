//! Validation: keywords, the shapes of their values, GitLab's messages; makes the typed configuration.
//!
//! The order of messages is GitLab's: what an entry says of itself comes before what its keywords say, those in the
//! order in which GitLab declares them. Where something is wrong with an entry itself GitLab does not look into it;
//! what is found there all the same is marked as [`Diagnostic::later`].

mod advice;
mod allow_failure;
mod auto_cancel;
mod bridge;
mod checks;
mod default;
mod hooks;
mod inherit;
mod job;
mod jobs;
mod keyword;
mod keywords;
mod memory;
mod pages;
mod processable;
mod report;
mod root;
mod scripts;
mod stages;
mod start_in;
mod tags;
#[cfg(test)]
mod tests;
mod unknown;
mod variables;
mod warnings;
mod workflow;

pub(crate) use keywords::include_rules;
pub(crate) use report::Report;

use crate::config::Config;
use crate::{Diagnostic, Kind, Map};

/// A validated configuration.
#[derive(Clone, Debug)]
pub struct Validated {
    /// What is valid. Jobs with errors are missing among its jobs.
    pub config: Config,
    /// Errors in the order in which GitLab tells of them, with its warnings among them.
    pub diagnostics: Vec<Diagnostic>,
}

/// Validates a configuration whose `include`, `extends` and `!reference` are resolved (`Entry::Root`).
pub fn validate(root: &Map) -> Validated {
    let mut diagnostics = Vec::new();
    let config = root::config(root, &mut Report::new(&mut diagnostics, Kind::Structure));
    Validated { config, diagnostics }
}
