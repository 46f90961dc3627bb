//! Which keys a map may, must and must not have.

use crate::entry::Report;
use crate::entry::unknown::allowed_keys;
use crate::{Key, Node, Span};

/// Every key must be one of these; a value that is no map has none.
pub(super) fn known(value: &Node, names: &[&'static str], report: &mut Report<'_>) {
    if let Some(map) = value.as_map() {
        allowed_keys(map, names, report);
    }
}

/// All of these keys must be there (`RequiredKeysValidator`); a value that is no map lacks them all.
pub(super) fn required(value: &Node, names: &[&str], report: &mut Report<'_>) {
    let missing: Vec<&str> = names.iter().copied().filter(|name| value.get(name).is_none()).collect();
    if !missing.is_empty() {
        let text = format!("config missing required keys: {}", missing.join(", "));
        report.error(value.span, "missing-keyword", text);
    }
}

/// None of these keys may be there (`DisallowedKeysValidator`).
pub(super) fn disallowed(value: &Node, names: &[&str], report: &mut Report<'_>) {
    let present = present(value, names);
    if let Some((_, place)) = present.first() {
        let text = format!("config contains disallowed keys: {}", list(&present));
        report.error(*place, "exclusive-keywords", text);
    }
}

/// At most one of these keys may be there (`MutuallyExclusiveKeysValidator`).
pub(super) fn exclusive(value: &Node, names: &[&str], report: &mut Report<'_>) {
    let present = present(value, names);
    if let [(_, first), (_, second), ..] = present.as_slice() {
        let text = format!("config these keys cannot be used together: {}", list(&present));
        let found = report.error(*second, "exclusive-keywords", text);
        found.labels.push(crate::Label { span: *first, text: "the other is here".into() });
    }
}

/// Exactly one of these keys must be there (`OnlyOneOfKeysValidator`).
pub(super) fn exactly_one(value: &Node, names: &[&str], report: &mut Report<'_>) {
    let present = present(value, names);
    if present.len() != 1 {
        let place = present.get(1).map_or(value.span, |(_, place)| *place);
        let text = format!("config must use exactly one of these keys: {}", names.join(", "));
        report.error(place, "exclusive-keywords", text);
    }
}

/// Those of the names that are keys, in the order they were written.
fn present<'n>(value: &'n Node, names: &[&str]) -> Vec<(&'n str, Span)> {
    let Some(map) = value.as_map() else { return Vec::new() };
    let written = |(key, entry): (&'n Key, &crate::Entry)| Some((key.as_str()?, entry.key_span));
    map.iter().filter_map(written).filter(|(key, _)| names.contains(key)).collect()
}

fn list(present: &[(&str, Span)]) -> String {
    present.iter().map(|(key, _)| *key).collect::<Vec<_>>().join(", ")
}
