//! What a configuration itself lets one know of variables, besides what the event does.

use super::event::Event;
use crate::config::{Config, Job};
use crate::expression::Knowledge;
use std::collections::HashSet;

/// What is known of variables.
pub(super) struct Variables<'a> {
    config: &'a Config,
    /// Those that a rule of `workflow` sets, or not.
    of_rules: HashSet<&'a str>,
    /// All predefined ones that the configuration sets somewhere.
    overridden: HashSet<&'a str>,
}

impl<'a> Variables<'a> {
    pub(super) fn new(config: &'a Config) -> Self {
        let rules = config.workflow.rules.iter().flatten();
        let of_rules: HashSet<&str> =
            rules.flat_map(|rule| rule.variables.keys()).map(|name| &**name).collect();
        let of_jobs = config.jobs.values().flat_map(|job| job.variables.keys());
        let names = config.variables.keys().chain(of_jobs).map(|name| &**name);
        let overridden =
            names.chain(of_rules.iter().copied()).filter(|name| name.starts_with("CI")).collect();
        Self { config, of_rules, overridden }
    }

    /// What is known whatever the project sets: nothing of variables that are not predefined.
    pub(super) fn in_any_case(&self, event: &Event<'_>, name: &str) -> Knowledge {
        if self.overridden.contains(name) { Knowledge::Unknown } else { event.knows(name) }
    }

    /// What is known if nobody sets any variable but the configuration, and if the branch has an open merge request.
    /// Without a job: what is known while the pipeline is decided on.
    pub(super) fn as_written(&self, job: Option<&Job>, event: &Event<'_>, name: &str) -> Knowledge {
        if self.of_rules.contains(name) {
            return Knowledge::Unknown;
        }
        let of_job = job.and_then(|job| job.variables.get(name));
        let inherited = || {
            let takes = job.is_none_or(|job| job.inherit.variables.takes(name));
            takes.then(|| self.config.variables.get(name)).flatten()
        };
        if let Some(variable) = of_job.or_else(inherited) {
            return Knowledge::Text(variable.value.clone());
        }
        if name == "CI_OPEN_MERGE_REQUESTS" {
            return Knowledge::Defined;
        }
        match event.knows(name) {
            Knowledge::Unknown if !name.starts_with("CI_") && !name.starts_with("GITLAB_") => {
                Knowledge::Undefined
            }
            known => known,
        }
    }
}
