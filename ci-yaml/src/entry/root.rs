//! The top level (`Entry::Root`).

use super::jobs::{entries, jobs};
use super::processable::Shared;
use super::stages::stages;
use super::variables::{Form, variables};
use super::{Report, default, workflow};
use crate::config::Config;
use crate::{Map, Node};

/// The keywords of the top level, and whether no job can have their name.
pub(super) const KEYWORDS: [(&str, bool); 10] = [
    ("default", false),
    ("include", true),
    ("before_script", true),
    ("image", true),
    ("services", true),
    ("after_script", true),
    ("variables", true),
    ("stages", true),
    ("cache", true),
    ("workflow", false),
];

/// Whether a keyword of the top level is reserved; nothing if it is none.
pub(super) fn keyword(name: &str) -> Option<bool> {
    KEYWORDS.iter().find(|(keyword, _)| *keyword == name).map(|(_, reserved)| *reserved)
}

/// Reads the whole configuration and reports what is wrong with it, in GitLab's order.
pub(super) fn config(root: &Map, report: &mut Report<'_>) -> Config {
    let jobs_given = entries(root);
    let is_job = |name: &str| jobs_given.iter().any(|(key, _)| key.as_str() == Some(name));
    let value = |name: &str| root.get(name).filter(|value| !value.is_null());
    let global = |name: &str| value(name).filter(|_| !is_job(name));
    let start = report.count();
    let top = default::TopLevel::read(root);
    let default::Read { defaults, twice } = default::read(global("default"), &top, report);
    top.report_before_variables(report);
    let variables =
        value("variables").and_then(|value| variables(value, Form::Root, report)).unwrap_or_default();
    let stages = stages(value("stages"), report);
    top.report_cache(report);
    let workflow = workflow::workflow(global("workflow"), report);
    let mut shared = Shared::new(&defaults, has_rules_key(global("workflow")));
    let mut config = Config { stages, variables, workflow, ..Config::default() };
    jobs(&jobs_given, &mut shared, &mut config, report);
    if let Some(twice) = twice {
        // GitLab stops at it, and tells of nothing else.
        report.mark_later(start);
        let end = report.count();
        report.push(twice);
        report.move_up(end, start);
    }
    config
}

fn has_rules_key(workflow: Option<&Node>) -> bool {
    workflow.and_then(Node::as_map).is_some_and(|map| map.has("rules"))
}
