//! `environment`.

use super::attribute::Attribute;
use super::convert::{json, text_of};
use super::{keys, kubernetes};
use crate::Node;
use crate::config::Environment;
use crate::entry::Report;

const KEYS: [&str; 7] = ["name", "url", "action", "on_stop", "auto_stop_in", "kubernetes", "deployment_tier"];
const ACTIONS: [&str; 5] = ["start", "stop", "prepare", "verify", "access"];
const NAMES: &str = "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, \
                     but it cannot start or end with '/'";

/// Where a job deploys to (`Entry::Environment`).
pub(crate) fn environment(value: &Node, parent: &mut Report<'_>) -> Option<Environment> {
    let mut report = parent.within("environment");
    let before = report.count();
    let mut environment = own(value, &mut report);
    if let Some(found) = Attribute::of(value, "kubernetes").given().filter(|found| found.as_map().is_some()) {
        super::below(before, &mut report, |report| kubernetes::check(found, report));
        environment.kubernetes = Some(json(found));
    }
    (report.count() == before).then_some(environment)
}

fn own(value: &Node, report: &mut Report<'_>) -> Environment {
    let config = Attribute::config(value);
    let is_map = value.as_map().is_some();
    if !is_map && value.as_str().is_none() {
        config.wrong(report, "should be a hash or a string");
    }
    let name = if value.as_str().is_some() { config.called("name") } else { Attribute::of(value, "name") };
    check_name(name, report);
    let name = name.given().and_then(Node::as_text).cloned().unwrap_or_default();
    if !is_map {
        return Environment { name, action: "start".into(), ..Environment::default() };
    }
    let key = |name| Attribute::of(value, name);
    keys::known(value, &KEYS, report);
    let url = key("url").string(report);
    key("url").at_most(255, "is too long (maximum is 255 characters)", report);
    let action = key("action").one_of(&ACTIONS, "should be start, stop, prepare, verify, or access", report);
    let deployment_tier = key("deployment_tier").string(report);
    let on_stop = key("on_stop").string(report);
    key("kubernetes").map(report);
    let auto_stop_in = key("auto_stop_in").string(report);
    let action = action.unwrap_or_else(|| "start".into());
    Environment { name, url, action, on_stop, auto_stop_in, deployment_tier, kubernetes: None }
}

/// Three checks, two of which have the same message.
fn check_name(name: Attribute<'_>, report: &mut Report<'_>) {
    name.present(report);
    let value = name.given();
    if value.and_then(Node::as_str).is_none() {
        name.wrong(report, NAMES);
    }
    let text = value.map(text_of).unwrap_or_default();
    let odd = text.chars().find(|character| !may_be_in_name(*character));
    if text.is_empty() || odd.is_some() || text.starts_with('/') || text.ends_with('/') {
        let found = name.fail(report, "unknown-value", NAMES);
        found.note = odd.map(|character| format!("{character:?} cannot be in a name"));
    }
}

fn may_be_in_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_/${}. -".contains(character)
}
