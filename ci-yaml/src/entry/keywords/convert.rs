//! From nodes to plain values, as Ruby would.

use crate::{Node, Value};
use serde_json::Value as Json;
use std::sync::Arc;

/// The most levels that become JSON: more than YAML may have.
const DEEPEST: usize = 200;

/// The most entries that lists within lists may have in all. References can multiply short lists; GitLab knows no
/// such limit and would run out of memory.
pub(super) const MOST_ENTRIES: usize = 50_000;

/// What a value is, as part of a sentence.
pub(super) fn kind(value: &Node) -> &'static str {
    match value.value {
        Value::Null => "empty",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Str(_) => "text",
        Value::Seq(_) => "a list",
        Value::Map(_) => "a map",
        Value::Reference(_) => "a reference",
    }
}

/// As Ruby's `to_s` writes it, collections included.
pub(super) fn text_of(value: &Node) -> Arc<str> {
    value.to_text().unwrap_or_else(|| value.inspect().into())
}

/// What Ruby's `length` says of texts, lists and maps, and of the text of anything else.
pub(super) fn length(value: &Node) -> usize {
    match &value.value {
        Value::Str(text) => text.chars().count(),
        Value::Seq(items) => items.len(),
        Value::Map(map) => map.len(),
        _ => text_of(value).chars().count(),
    }
}

/// The value as JSON.
pub(super) fn json(value: &Node) -> Json {
    json_within(value, DEEPEST)
}

fn json_within(value: &Node, levels: usize) -> Json {
    let Some(levels) = levels.checked_sub(1) else { return Json::Null };
    match &value.value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(number) => whole(*number),
        Value::Float(number) => Json::from(*number),
        Value::Str(text) => Json::from(&**text),
        Value::Seq(items) => items.iter().map(|item| json_within(item, levels)).collect(),
        Value::Map(map) => {
            let pair =
                |key: &crate::Key, entry: &crate::Entry| (key.to_string(), json_within(&entry.value, levels));
            Json::Object(map.iter().map(|(key, entry)| pair(key, entry)).collect())
        }
        Value::Reference(_) => Json::from(value.inspect()),
    }
}

fn whole(number: i128) -> Json {
    i64::try_from(number)
        .map(Json::from)
        .or_else(|_| u64::try_from(number).map(Json::from))
        .unwrap_or_else(|_| Json::from(number.to_string()))
}

/// All entries of lists within lists, in order; a value that is no list stands for itself. Nothing where there are
/// too many.
pub(super) fn flatten(value: &Node) -> Option<Vec<&Node>> {
    let mut found = Vec::new();
    let mut open = vec![std::slice::from_ref(value).iter()];
    let mut steps = 0_usize;
    while let Some(items) = open.last_mut() {
        steps += 1;
        if steps > 2 * MOST_ENTRIES || found.len() > MOST_ENTRIES {
            return None;
        }
        match items.next() {
            None => {
                open.pop();
            }
            Some(item) => match item.as_seq() {
                Some(inner) => open.push(inner.iter()),
                None => found.push(item),
            },
        }
    }
    Some(found)
}
