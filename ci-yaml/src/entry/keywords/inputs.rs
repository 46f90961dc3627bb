//! `inputs` of a job, which are filled in when it is started by hand.

use super::attribute::Attribute;
use super::convert::{json, length};
use super::keys;
use crate::entry::Report;
use crate::{Key, Node, Value};
use serde_json::Value as Json;

const KEYS: [&str; 5] = ["default", "description", "options", "regex", "type"];
const TYPES: [&str; 4] = ["array", "boolean", "number", "string"];
/// So many inputs a job may have, and so many options an input.
const MOST: usize = 50;

/// Inputs by name (`Entry::JobInput`).
pub(crate) fn inputs(value: &Node, parent: &mut Report<'_>) -> Option<Json> {
    let mut report = parent.within("inputs");
    let before = report.count();
    let map = Attribute::config(value).map(&mut report)?;
    if map.len() > MOST {
        let text = format!("cannot define more than {MOST} inputs");
        Attribute::config(value).fail(&mut report, "too-many", text).from_gitlab = false;
    }
    for (key, entry) in map.iter() {
        input(key, &entry.value, &mut report.within(&key.to_string()));
    }
    (report.count() == before).then(|| json(value))
}

fn input(key: &Key, value: &Node, report: &mut Report<'_>) {
    let before = report.count();
    let part = |name| Attribute::of(value, name);
    if !matches!(key, Key::Str(_) | Key::Int(_)) {
        report.error(value.span, "invalid-name", "key must be an alphanumeric string");
    }
    let description = part("description").called("input_description");
    if description.given().is_some_and(|text| text.as_str().is_none() && text.as_int().is_none()) {
        description.wrong(report, "must be an alphanumeric string");
    }
    part("regex").called("input_regex").string(report);
    part("type").called("input_type").known_value(&TYPES, report);
    options(value, report);
    if !value.is_null() && Attribute::config(value).map(report).is_some() {
        keys::known(value, &KEYS, report);
    }
    if (value.is_null() || value.as_map().is_some()) && part("default").given().is_none() {
        report.error(value.span, "missing-value", "must have a default value");
    } else if report.count() == before {
        fits(value, report);
    }
}

fn options(value: &Node, report: &mut Report<'_>) {
    let options = Attribute::of(value, "options").called("input_options");
    let Some(found) = options.given() else { return };
    if found.as_seq().is_none() {
        options.wrong(report, "should be an array");
    }
    if length(found) > MOST {
        report.error(found.span, "too-many", format!("config cannot define more than {MOST} options"));
    }
    if found.as_seq().is_some_and(|items| items.iter().any(Node::is_null)) {
        report.error(found.span, "missing-value", "config options array cannot contain null values");
    }
}

/// Whether the default is of the type and among the options.
fn fits(value: &Node, report: &mut Report<'_>) {
    let Some(default) = Attribute::of(value, "default").given() else { return };
    let kind = value.get("type").and_then(Node::as_str).unwrap_or("string");
    let fits = match (kind, &default.value) {
        ("array", Value::Seq(_))
        | ("boolean", Value::Bool(_))
        | ("number", Value::Int(_) | Value::Float(_))
        | ("string", Value::Str(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_)) => true,
        // Text is read as JSON, and variables come later.
        (_, Value::Str(text)) => {
            text.contains('$') || serde_json::from_str::<Json>(text).is_ok_and(|found| is_a(&found, kind))
        }
        _ => false,
    };
    if !fits {
        Attribute::named("default", default)
            .fail(report, "wrong-type", format!("value is not a {kind}"))
            .from_gitlab = false;
    }
    let options = value.get("options").and_then(Node::as_seq).filter(|options| !options.is_empty());
    let offered = |options: &[Node]| options.iter().any(|option| option.to_text() == default.to_text());
    if fits && options.is_some_and(|options| !offered(options)) {
        let text = "value is not in the list of allowed options";
        Attribute::named("default", default).fail(report, "unknown-value", text).from_gitlab = false;
    }
}

fn is_a(value: &Json, kind: &str) -> bool {
    match kind {
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        _ => value.is_number(),
    }
}
