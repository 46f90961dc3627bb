//! A section as text, as gitlab-runner would write it.

use crate::config::reading::{Node, Value};
use crate::config::schema::{Key, Kind, Table};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(super) fn write_table(node: &Node, schema: &'static Table, path: &str, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    for key in schema.keys {
        if let Some(text) = scalar(node, key) {
            let _ = writeln!(out, "{indent}{} = {text}", key.name);
        }
    }
    for key in schema.keys {
        write_below(node, key, path, depth, out);
    }
}

/// The text of a value that stands on its key's line, if the key is to be written.
fn scalar(node: &Node, key: &Key) -> Option<String> {
    let value = match (node.get(key.name), key.always_written) {
        (Some(value), true) => value,
        (Some(value), false) if !value.is_zero() || matches!(key.kind, Kind::Switch) => value,
        (None, true) => return zero(key.kind),
        _ => return None,
    };
    Some(match value {
        Value::Text(text) => quoted(text),
        Value::Secret(secret) => quoted(secret.expose()),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Boolean(on) => on.to_string(),
        Value::Duration(duration) => quoted(&duration.to_string()),
        Value::Texts(texts) => list(texts),
        Value::DateTime(time) => date_time(*time),
        Value::TextMap(_)
        | Value::TextsMap(_)
        | Value::BooleanMap(_)
        | Value::Table(_)
        | Value::Tables(_)
        | Value::Free { .. } => return None,
    })
}

fn zero(kind: Kind) -> Option<String> {
    Some(match kind {
        Kind::Text | Kind::Secret => "\"\"".to_owned(),
        Kind::Integer => "0".to_owned(),
        Kind::Boolean => "false".to_owned(),
        Kind::DateTime => date_time(None),
        _ => return None,
    })
}

fn write_below(node: &Node, key: &Key, path: &str, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    let path = format!("{path}.{}", bare_or_quoted(key.name));
    let inner = format!("{indent}  ");
    let header = format!("{indent}[{path}]\n");
    match (key.kind, node.get(key.name)) {
        (Kind::Table(schema), value) => {
            let empty = Node::default();
            let below = if let Some(Value::Table(below)) = value { below } else { &empty };
            let mut content = String::new();
            if value.is_some() || key.always_written {
                write_table(below, schema, &path, depth + 1, &mut content);
            }
            if key.always_written || !content.is_empty() {
                out.push_str(&header);
                out.push_str(&content);
            }
        }
        (Kind::Tables(schema), Some(Value::Tables(nodes))) => {
            for below in nodes {
                let _ = write!(out, "\n{indent}[[{path}]]\n");
                write_table(below, schema, &path, depth + 1, out);
            }
        }
        (_, Some(Value::TextMap(map))) if !map.is_empty() => {
            out.push_str(&header);
            write_map(map, &inner, |text| quoted(text), out);
        }
        (_, Some(Value::TextsMap(map))) if !map.is_empty() => {
            out.push_str(&header);
            write_map(map, &inner, |texts| list(texts), out);
        }
        (_, Some(Value::BooleanMap(map))) if !map.is_empty() => {
            out.push_str(&header);
            write_map(map, &inner, bool::to_string, out);
        }
        _ => {}
    }
}

fn write_map<T>(map: &BTreeMap<String, T>, indent: &str, text: impl Fn(&T) -> String, out: &mut String) {
    for (key, value) in map {
        let _ = writeln!(out, "{indent}{} = {}", bare_or_quoted(key), text(value));
    }
}

fn list(texts: &[String]) -> String {
    let items: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", items.join(", "))
}

fn bare_or_quoted(key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { key.to_owned() } else { quoted(key) }
}

/// A basic TOML string.
pub(in crate::config) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A time in whole seconds, UTC; none is GitLab's zero time.
pub(in crate::config) fn date_time(time: Option<OffsetDateTime>) -> String {
    let whole = time.and_then(|time| time.to_offset(time::UtcOffset::UTC).replace_nanosecond(0).ok());
    whole.and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_else(|| "0001-01-01T00:00:00Z".to_owned())
}
