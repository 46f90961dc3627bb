//! Keywords of jobs: one file each. Every function goes to its own place in the report, adds all messages that
//! GitLab has for the value in GitLab's order, and gives the value in GitLab's normal form if there were none.
//!
//! GitLab checks a value in two steps: first itself, then, if nothing was wrong, what is below. Here both are done,
//! and what GitLab would not have come to is marked as [`crate::Diagnostic::later`].

mod attribute;
mod convert;
mod imageable;
mod keys;
mod language;
mod schema;

mod artifacts;
mod cache;
mod cache_key;
mod changes;
mod coverage;
mod dast_configuration;
mod environment;
mod exists;
mod id_tokens;
mod identity;
mod image;
mod inputs;
mod instant;
mod kubernetes;
mod matrix;
mod need;
mod needs;
mod pages;
mod parallel;
mod plain_variables;
mod policy;
mod pull_policy;
mod release;
mod reports;
mod retry;
mod rule;
mod rules;
mod run;
mod secrets;
mod services;
mod timeout;
mod trigger;
mod trigger_include;

pub(crate) use artifacts::artifacts;
pub(crate) use cache::cache;
pub(crate) use coverage::coverage;
pub(crate) use dast_configuration::dast_configuration;
pub(crate) use environment::environment;
pub(crate) use id_tokens::id_tokens;
pub(crate) use identity::identity;
pub(crate) use image::image;
pub(crate) use inputs::inputs;
pub(crate) use needs::{bridge_needs, needs};
pub(crate) use pages::{PagesKeyword, pages, pages_job, publish};
pub(crate) use parallel::{bridge_parallel, parallel};
pub(crate) use policy::{except, only};
pub(crate) use release::release;
pub(crate) use retry::retry;
pub(crate) use rules::{include_rules, job_rules, workflow_rules};
pub(crate) use run::run;
pub(crate) use secrets::secrets;
pub(crate) use services::services;
pub(crate) use timeout::timeout;
pub(crate) use trigger::trigger;

use super::Report;
use crate::{Map, Node};
use attribute::Attribute;

/// A map. GitLab checks some entries for that twice and says so twice.
fn twice_a_map<'n>(value: &'n Node, report: &mut Report<'_>) -> Option<&'n Map> {
    let config = Attribute::config(value);
    config.map(report);
    config.map(report)
}

/// Checks what is below a value of which so many diagnostics were there before.
fn below<T>(before: usize, report: &mut Report<'_>, check: impl FnOnce(&mut Report<'_>) -> T) -> T {
    let from = report.count();
    let found = check(report);
    if from > before {
        report.mark_later(from);
    }
    found
}

#[cfg(test)]
mod tests;
