//! `trigger`.

use super::attribute::Attribute;
use super::convert::json;
use super::keys;
use super::trigger_include::includes;
use crate::config::{Forward, Trigger};
use crate::entry::Report;
use crate::{Node, Value};
use std::sync::Arc;

const STRATEGIES: [&str; 2] = ["depend", "mirror"];

/// Which pipeline a job starts (`Entry::Trigger`): one of another project, or a child.
pub(crate) fn trigger(value: &Node, parent: &mut Report<'_>) -> Option<Trigger> {
    let mut report = parent.within("trigger");
    let before = report.count();
    let trigger = match &value.value {
        Value::Str(project) => {
            Attribute::config(value).present(&mut report);
            Trigger { project: Some(project.clone()), ..Trigger::default() }
        }
        Value::Map(map) if map.has("include") => child(value, &mut report),
        Value::Map(_) => downstream(value, &mut report),
        _ => {
            let found = report.error_as_is(value.span, "wrong-type", "has to be either a string or a hash");
            found.note = Some(format!("this is {}", super::convert::kind(value)));
            return None;
        }
    };
    (report.count() == before).then_some(trigger)
}

fn downstream(value: &Node, report: &mut Report<'_>) -> Trigger {
    let before = report.count();
    let key = |name| Attribute::of(value, name);
    Attribute::config(value).present(report);
    keys::known(value, &["project", "branch", "strategy", "forward", "inputs"], report);
    let inputs = key("inputs").map(report).and(key("inputs").given()).map(json);
    let project = key("project").required_string(report);
    let branch = key("branch").string(report);
    let strategy = strategy(value, report);
    let forward = super::below(before, report, |report| forward(value, report));
    Trigger { project, branch, strategy, forward, inputs, include: Vec::new() }
}

fn child(value: &Node, report: &mut Report<'_>) -> Trigger {
    let before = report.count();
    keys::known(value, &["strategy", "include", "forward"], report);
    let strategy = strategy(value, report);
    super::below(before, report, |report| {
        let include = Attribute::of(value, "include").given();
        let include = include.map(|include| includes(include, report)).unwrap_or_default();
        Trigger { include, strategy, forward: forward(value, report), ..Trigger::default() }
    })
}

fn strategy(value: &Node, report: &mut Report<'_>) -> Option<Arc<str>> {
    Attribute::of(value, "strategy").one_of(&STRATEGIES, "should be depend or mirror", report)
}

/// What is passed on (`Entry::Trigger::Forward`). GitLab lets pass what is no map, and then fails.
fn forward(value: &Node, parent: &mut Report<'_>) -> Forward {
    let Some(value) = Attribute::of(value, "forward").given() else { return Forward::default() };
    let mut report = parent.within("forward");
    if value.as_map().is_none() {
        Attribute::config(value).wrong(&mut report, "should be a hash").from_gitlab = false;
    }
    keys::known(value, &["yaml_variables", "pipeline_variables"], &mut report);
    let yaml_variables = Attribute::of(value, "yaml_variables").boolean(&mut report).unwrap_or(true);
    let pipeline_variables = Attribute::of(value, "pipeline_variables").boolean(&mut report).unwrap_or(false);
    Forward { yaml_variables, pipeline_variables }
}
