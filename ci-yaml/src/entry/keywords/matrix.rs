//! `parallel:matrix`, of a job and of an entry of `needs`.

use super::attribute::Attribute;
use super::convert::text_of;
use super::parallel::MOST;
use crate::entry::Report;
use crate::{Key, Node, Value};
use indexmap::IndexMap;
use std::sync::Arc;

/// One map of a matrix: names and the values that each may have.
pub(super) type Axes = IndexMap<Arc<str>, Vec<Arc<str>>>;

/// Maps of lists (`Entry::Product::Matrix`).
pub(super) fn matrix(value: &Node, parent: &mut Report<'_>) -> Option<Vec<Axes>> {
    let mut report = parent.within("matrix");
    let before = report.count();
    let maps = |items: &[Node]| items.iter().all(|item| item.as_map().is_some());
    let config = Attribute::config(value);
    let Some(items) = value.as_seq().filter(|items| maps(items)) else {
        let found = config.wrong(&mut report, "should be an array of hashes");
        if value.as_map().is_some() {
            found.help = vec!["Put a dash before its first key, to make it a list of one map.".into()];
        }
        return None;
    };
    let count = items.iter().map(combinations).fold(0, usize::saturating_add);
    if count > usize::try_from(MOST).unwrap_or(usize::MAX) {
        let text = format!("generates too many jobs (maximum is {MOST})");
        config.fail(&mut report, "too-many", text).note = Some(format!("these are {count}"));
    }
    let found: Vec<Axes> = items.iter().filter_map(|item| axes(item, &mut report)).collect();
    (report.count() == before).then_some(found)
}

/// How many combinations a map has.
fn combinations(value: &Node) -> usize {
    let Some(map) = value.as_map() else { return 0 };
    map.iter().map(|(_, entry)| length(&entry.value)).fold(1, usize::saturating_mul)
}

/// How many entries Ruby's `Array()` makes of it.
fn length(value: &Node) -> usize {
    match &value.value {
        Value::Null => 0,
        Value::Seq(items) => items.len(),
        Value::Map(map) => map.len(),
        _ => 1,
    }
}

/// One map (`Entry::Product::Variables`).
fn axes(value: &Node, parent: &mut Report<'_>) -> Option<Axes> {
    let mut report = parent.within("variables");
    let map = value.as_map()?;
    let before = report.count();
    let config = Attribute::config(value);
    let odd = map.iter().find_map(|(key, entry)| match key {
        Key::Str(_) | Key::Int(_) => odd_value(&entry.value).map(|odd| odd.span),
        _ => Some(entry.key_span),
    });
    if let Some(place) = odd {
        let text = "should be a hash of key value pairs, value can be an array";
        let found = config.fail(&mut report, "wrong-type", text);
        found.span = Some(place);
        found.note = Some("neither text nor a whole number".into());
        found.help.push("Put it into quotes.".into());
    }
    if map.is_empty() {
        config.fail(&mut report, "missing-value", "requires at least 1 items");
    }
    let named = |(key, entry): (&Key, &crate::Entry)| (key.to_string().into(), values(&entry.value));
    (report.count() == before).then(|| map.iter().map(named).collect())
}

/// What is no text or whole number, in a list of these or alone.
fn odd_value(value: &Node) -> Option<&Node> {
    let fits = |value: &Node| matches!(value.value, Value::Str(_) | Value::Int(_));
    match value.as_seq() {
        Some(items) => items.iter().find(|item| !fits(item)),
        None => Some(value).filter(|value| !fits(value)),
    }
}

fn values(value: &Node) -> Vec<Arc<str>> {
    value.as_seq().map_or_else(|| vec![text_of(value)], |items| items.iter().map(text_of).collect())
}
