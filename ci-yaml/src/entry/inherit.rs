//! `inherit`: what a job takes over from the top level.

use super::Report;
use super::default::KEYS as DEFAULT_KEYS;
use super::unknown::allowed_keys;
use crate::config::{Inherit, InheritList};
use crate::diagnostic::nearest;
use crate::{Node, Value};
use std::sync::Arc;

/// What a job inherits (`Entry::Inherit`). Where it is invalid a job inherits nothing.
pub(super) fn inherit(value: Option<&Node>, parent: &mut Report<'_>) -> Inherit {
    let Some(value) = value else { return Inherit::default() };
    let mut report = parent.within("inherit");
    let nothing = Inherit { default: InheritList::None, variables: InheritList::None };
    let Some(map) = value.as_map() else {
        report.error(value.span, "wrong-type", "config should be a hash");
        return nothing;
    };
    if allowed_keys(map, &["default", "variables"], &mut report) {
        return nothing;
    }
    let part = |key: &str| map.get(key).filter(|value| !value.is_null());
    Inherit {
        default: part("default").map_or(InheritList::All, |value| list("default", value, true, &mut report)),
        variables: part("variables")
            .map_or(InheritList::All, |value| list("variables", value, false, &mut report)),
    }
}

fn list(name: &str, value: &Node, of_defaults: bool, parent: &mut Report<'_>) -> InheritList {
    let mut report = parent.within(name);
    let items = match &value.value {
        Value::Bool(true) => return InheritList::All,
        Value::Bool(false) => return InheritList::None,
        Value::Seq(items) => items,
        _ => {
            let error = report.error_as_is(value.span, "wrong-type", "should be a bool or array of strings");
            error.help.push(format!("Write `{name}: true`, `{name}: false` or a list of names."));
            return InheritList::None;
        }
    };
    if let Some(odd) = items.iter().find(|item| item.as_str().is_none()) {
        report.error(odd.span, "wrong-type", "config should be an array of strings");
    }
    if of_defaults {
        known_defaults(items, &mut report);
    }
    InheritList::Only(items.iter().filter_map(Node::as_text).cloned().collect::<Vec<Arc<str>>>())
}

fn known_defaults(items: &[Node], report: &mut Report<'_>) {
    let unknown: Vec<_> = items
        .iter()
        .filter(|item| !item.as_str().is_some_and(|name| DEFAULT_KEYS.iter().any(|key| key.name() == name)))
        .collect();
    if let Some(first) = unknown.first() {
        let names: Vec<_> = unknown
            .iter()
            .map(|item| item.to_text().map_or_else(|| item.inspect(), |text| text.to_string()))
            .collect();
        let text = format!("config contains unknown values: {}", names.join(", "));
        let error = report.error(first.span, "unknown-value", text);
        let known = DEFAULT_KEYS.iter().map(|key| key.name());
        error.note = first
            .as_str()
            .and_then(|name| nearest(name, known))
            .map(|near| format!("did you mean `{near}`?"));
    }
}
