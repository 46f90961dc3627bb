//! Values as the command line and the environment have them.

use crate::config::duration::GoDuration;
use crate::config::reading::Value;
use crate::config::schema::Kind;
use protocol::Secret;
use std::collections::BTreeMap;

/// Booleans as Go reads them.
pub(crate) fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// Integers as Go reads them with base 0: also hexadecimal, octal and binary.
pub(super) fn go_integer(text: &str) -> Option<i64> {
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

pub(super) fn from_text(kind: Kind, text: &str, before: Option<Value>) -> Option<Value> {
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

pub(super) fn expected_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Duration => "a duration such as 90s, 15m or 1h30m",
        Kind::Boolean | Kind::Switch => "true or false",
        Kind::TextMap | Kind::TextsMap => "key:value",
        Kind::BooleanMap => "name:true or name:false",
        other => other.expected(),
    }
}
