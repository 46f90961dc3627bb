//! A section in the making: from flags, variables, prompts and a template to the text that is appended to
//! the file.

use super::duration::GoDuration;
use super::model::RunnerSection;
use super::reading::{Node, Value, check};
use super::resolve::section_of_draft;
use super::schema::{Key, Kind, RUNNERS, Status, Table};
use crate::diagnostic::Diagnostic;
use protocol::Secret;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A `[[runners]]` that is not in the file yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    node: Node,
}

/// A key of a section that a flag or an environment variable can set.
#[derive(Clone, Debug)]
pub(crate) struct SectionOption {
    /// Names of the flag without hyphens; the first is the one shown.
    pub(crate) names: Vec<String>,
    /// The environment variable.
    pub(crate) variable: Option<String>,
    /// The key.
    pub(crate) key: &'static Key,
    /// The tables between the section and the key.
    tables: Vec<&'static str>,
    /// Where the key is found, for help texts.
    pub(crate) table: &'static Table,
}

/// Why a flag's value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub(crate) struct OptionError {
    expected: String,
}

/// Every option of a section, in the order of the schema.
pub(crate) fn section_options() -> Vec<SectionOption> {
    let mut options = Vec::new();
    collect(&RUNNERS, &[], &mut options);
    options
}

fn collect(table: &'static Table, above: &[&'static str], options: &mut Vec<SectionOption>) {
    for key in table.keys {
        if let Kind::Table(inner) = key.kind {
            collect(inner, &[above, &[key.name]].concat(), options);
            continue;
        }
        let names = table.flags(key);
        if !names.is_empty() {
            options.push(SectionOption { names, variable: table.variable(key), key, tables: above.to_vec(), table });
        }
    }
}

impl SectionOption {
    /// The key with its table, as a place in config.toml.
    pub(crate) fn place(&self) -> String {
        format!("{}.{}", self.table.path, self.key.name)
    }

    /// Whether each use adds to the value instead of replacing it.
    pub(crate) fn accumulates(&self) -> bool {
        use Kind::{BooleanMap, TextMap, TextOrTexts, Texts, TextsMap};
        matches!(self.key.kind, Texts | TextMap | TextsMap | BooleanMap | TextOrTexts)
    }

    /// Whether the value must not be shown.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self.key.kind, Kind::Secret)
    }

    /// Whether the flag can stand without a value.
    pub(crate) fn is_boolean(&self) -> bool {
        matches!(self.key.kind, Kind::Boolean | Kind::Switch)
    }
}

impl Draft {
    /// Sets an option from a text, as the command line has it.
    pub(crate) fn assign(&mut self, option: &SectionOption, text: &str) -> Result<Vec<Diagnostic>, OptionError> {
        let node = option.tables.iter().fold(&mut self.node, |node, table| node.table_mut(table));
        let value = from_text(option.key.kind, text, node.get(option.key.name).cloned())
            .ok_or_else(|| OptionError { expected: expected_text(option.key.kind).to_owned() })?;
        let found = check(option.key, &value);
        node.set(option.key.name, value);
        Ok(found)
    }

    /// Sets a key of the section itself.
    pub(crate) fn set(&mut self, name: &'static str, value: Value) {
        self.node.set(name, value);
    }

    /// A text of the section itself.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        text_of(&self.node, name)
    }

    /// A text of one of its tables.
    pub(crate) fn text_in(&self, table: &str, name: &str) -> Option<&str> {
        self.node.table(table).and_then(|node| text_of(node, name))
    }

    /// A table below the section, made if it is not there.
    pub(crate) fn table_mut(&mut self, name: &'static str) -> &mut Node {
        self.node.table_mut(name)
    }

    /// Fills what is missing or zero from a template.
    pub(crate) fn fill_from(&mut self, template: &Node) {
        fill(&mut self.node, template);
    }

    /// Drops the tables that only other executors understand; gives back the names of those that held
    /// anything.
    pub(crate) fn keep_tables_for(&mut self, executor: &str) -> Vec<&'static str> {
        let foreign = RUNNERS.keys.iter().filter(|key| match (key.kind, key.status) {
            (Kind::Table(_), Status::For(executors)) => !executors.contains(&executor),
            _ => false,
        });
        let mut dropped = Vec::new();
        for key in foreign {
            if self.node.table(key.name).is_some_and(|node| !node.is_zero()) {
                dropped.push(key.name);
            }
            self.node.remove(key.name);
        }
        dropped
    }

    /// The section as the program uses it.
    pub(crate) fn section(&self) -> RunnerSection {
        section_of_draft(&self.node)
    }

    /// The section as text, beginning with `[[runners]]`: keys in the order of the schema, two blanks a
    /// level, zero values left out but for those that gitlab-runner always writes.
    pub(crate) fn to_toml(&self) -> String {
        let mut out = "[[runners]]\n".to_owned();
        write_table(&self.node, &RUNNERS, "runners", 1, &mut out);
        out
    }
}

fn text_of<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    match node.get(name)? {
        Value::Text(text) => Some(text.as_str()),
        Value::Secret(secret) => Some(secret.expose()),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}

fn fill(node: &mut Node, template: &Node) {
    let names: Vec<&'static str> = template.names().collect();
    for name in names {
        let Some(offered) = template.get(name) else { continue };
        match (node.get_mut(name), offered) {
            (Some(Value::Table(own)), Value::Table(offered)) => fill(own, offered),
            (Some(own), offered) if own.is_zero() => *own = offered.clone(),
            (Some(_), _) => {}
            (None, offered) => node.set(name, offered.clone()),
        }
    }
}

/// Booleans as Go reads them.
pub(crate) fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// Integers as Go reads them with base 0: also hexadecimal, octal and binary.
pub(crate) fn go_integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (digits, radix) = [("0x", 16), ("0b", 2), ("0o", 8)]
        .iter()
        .find_map(|(prefix, radix)| Some((lower.strip_prefix(prefix)?, *radix)))
        .or_else(|| lower.strip_prefix('0').filter(|rest| !rest.is_empty()).map(|rest| (rest, 8)))
        .unwrap_or((lower.as_str(), 10));
    if digits.starts_with(['+', '-']) {
        return None;
    }
    i64::from_str_radix(digits, radix).ok().map(|number| sign * number)
}

fn from_text(kind: Kind, text: &str, before: Option<Value>) -> Option<Value> {
    Some(match kind {
        Kind::Text => Value::Text(text.to_owned()),
        Kind::Secret => Value::Secret(Secret::new(text)),
        Kind::Integer => Value::Integer(go_integer(text)?),
        Kind::Float => Value::Float(text.parse().ok()?),
        Kind::Boolean | Kind::Switch => Value::Boolean(if text.is_empty() { true } else { go_bool(text)? }),
        Kind::Duration => Value::Duration(GoDuration::parse(text).ok()?),
        Kind::Texts => Value::Texts(appended(before, [text.to_owned()])),
        Kind::TextOrTexts => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::Texts(appended(before, items.map(str::to_owned)))
        }
        Kind::TextMap => {
            let mut map = if let Some(Value::TextMap(map)) = before { map } else { BTreeMap::new() };
            let (key, value) = text.split_once(':')?;
            map.insert(key.to_owned(), value.to_owned());
            Value::TextMap(map)
        }
        Kind::TextsMap => {
            let mut map = if let Some(Value::TextsMap(map)) = before { map } else { BTreeMap::new() };
            let (key, value) = text.split_once(':')?;
            map.entry(key.to_owned()).or_default().push(value.to_owned());
            Value::TextsMap(map)
        }
        Kind::BooleanMap => {
            let mut map = if let Some(Value::BooleanMap(map)) = before { map } else { BTreeMap::new() };
            let (key, value) = text.split_once(':')?;
            map.insert(key.to_owned(), go_bool(value)?);
            Value::BooleanMap(map)
        }
        Kind::DateTime | Kind::Table(_) | Kind::Tables(_) | Kind::Free => return None,
    })
}

fn appended(before: Option<Value>, items: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut all = if let Some(Value::Texts(texts)) = before { texts } else { Vec::new() };
    all.extend(items);
    all
}

fn expected_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Duration => "a duration such as 90s, 15m or 1h30m",
        Kind::Boolean | Kind::Switch => "true or false",
        Kind::TextMap | Kind::TextsMap => "key:value",
        Kind::BooleanMap => "name:true or name:false",
        other => other.expected(),
    }
}

fn write_table(node: &Node, schema: &'static Table, path: &str, depth: usize, out: &mut String) {
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
pub(super) fn quoted(text: &str) -> String {
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
pub(super) fn date_time(time: Option<OffsetDateTime>) -> String {
    let whole = time.and_then(|time| time.to_offset(time::UtcOffset::UTC).replace_nanosecond(0).ok());
    whole.and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_else(|| "0001-01-01T00:00:00Z".to_owned())
}

#[cfg(test)]
mod tests;
