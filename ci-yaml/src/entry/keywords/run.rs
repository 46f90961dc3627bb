//! `run`: steps.

use super::convert::json;
use super::schema::{self, Place};
use crate::entry::Report;
use crate::{Node, Value};
use serde_json::Value as Json;

/// What a step may refer to.
const WORK: [&str; 3] = ["step", "func", "script"];

/// The steps of a job without a script. Messages are on the job itself, so the report stays where it is.
///
/// The server's schema has two forms of a step and reports on both; this reports on the one that was meant.
pub(crate) fn run(value: &Node, report: &mut Report<'_>) -> Option<Json> {
    let before = report.count();
    let root = Place { attribute: "run", pointer: String::new() };
    match value.as_seq() {
        Some(items) => {
            for (index, item) in items.iter().enumerate() {
                step(item, &root.below(&index.to_string()), report);
            }
        }
        None => root.fail(value.span, report, "value at @ is not an array"),
    }
    (report.count() == before).then(|| json(value))
}

fn step(value: &Node, place: &Place<'_>, report: &mut Report<'_>) {
    let Some(map) = value.as_map() else {
        place.fail(value.span, report, "value at @ is not an object");
        return;
    };
    let work: Vec<&str> = WORK.into_iter().filter(|key| map.has(key)).collect();
    if let [one] = work.as_slice() {
        let known: &[&str] = if *one == "script" {
            &["name", "env", "script"]
        } else {
            &["name", "env", "inputs", "step", "func"]
        };
        parts(value, one, place, report);
        schema::no_others(value, known, place, report);
    } else {
        let pointer = &place.pointer;
        let text = format!("value at {pointer} should use only one of: {}", WORK.join(", "));
        report.error(value.span, "wrong-shape", format!("{} {text}", place.attribute));
    }
    schema::has_all(value, &["name"], place, report);
}

fn parts(value: &Node, work: &str, place: &Place<'_>, report: &mut Report<'_>) {
    if let Some(name) = value.get("name") {
        let place = place.below("name");
        match name.as_str() {
            Some(text) if is_name(text) => {}
            Some(_) => {
                place.fail(name.span, report, "string at @ does not match pattern: ^[a-zA-Z_][a-zA-Z0-9_]*$");
            }
            None => place.fail(name.span, report, "value at @ is not a string"),
        }
    }
    if let Some(env) = value.get("env") {
        names(env, &place.below("env"), true, report);
    }
    if let Some(inputs) = value.get("inputs") {
        names(inputs, &place.below("inputs"), false, report);
    }
    let Some(found) = value.get(work) else { return };
    let place = place.below(work);
    match (&found.value, work) {
        (Value::Str(text), "script") if text.is_empty() => {
            place.fail(found.span, report, "string length at @ is less than: 1");
        }
        (Value::Str(_), _) => {}
        (Value::Map(map), "step" | "func") if map.has("git") || map.has("oci") => {}
        (Value::Map(_), "step" | "func") => schema::has_all(found, &["git"], &place, report),
        _ => place.fail(found.span, report, "value at @ is not a string"),
    }
}

/// A map whose keys are names, and whose values are texts if they must.
fn names(value: &Node, place: &Place<'_>, texts: bool, report: &mut Report<'_>) {
    let Some(map) = value.as_map() else {
        place.fail(value.span, report, "value at @ is not an object");
        return;
    };
    for (key, entry) in map.iter() {
        let below = place.below(&key.to_string());
        if !key.as_str().is_some_and(is_name) {
            below.fail(entry.key_span, report, "object property at @ is a disallowed additional property");
        } else if texts && entry.value.as_str().is_none() {
            below.fail(entry.value.span, report, "value at @ is not a string");
        }
    }
}

fn is_name(text: &str) -> bool {
    let word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    text.chars().all(word)
        && text.starts_with(|character: char| word(character) && !character.is_ascii_digit())
}
