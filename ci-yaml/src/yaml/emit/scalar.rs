//! How a scalar is written: without quotes where it is then read as what it is.

use crate::Value;
use crate::yaml::scalar::resolve;
use std::fmt::Write;

/// Where a string stands.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    /// Behind `key:` or `-`.
    Block,
    /// Before a `:`.
    Key,
    /// In brackets.
    Flow,
}

/// A string on one line, with quotes if it needs them.
pub(super) fn string(text: &str, place: Place) -> String {
    if is_plain(text, place) {
        return text.to_owned();
    }
    let is_simple = text.chars().all(|char| is_printable(char) && !is_break(char));
    if !is_simple {
        return double_quoted(text);
    }
    if text.contains('\'') && !text.contains(['"', '\\']) {
        return format!("\"{text}\"");
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// A float, so that it is read as one: Ruby wants a point, and a sign in the exponent.
pub(super) fn float(value: f64) -> String {
    if value.is_nan() {
        ".nan".into()
    } else if value.is_infinite() {
        if value > 0.0 { ".inf" } else { "-.inf" }.into()
    } else {
        let text = format!("{value:?}");
        match text.split_once('e') {
            None => text,
            Some((mantissa, exponent)) => {
                let point = if mantissa.contains('.') { "" } else { ".0" };
                let sign = if exponent.starts_with('-') { "" } else { "+" };
                format!("{mantissa}{point}e{sign}{exponent}")
            }
        }
    }
}

/// A key that is no string: a float as it is, anything else as a string.
pub(super) fn other(text: &str) -> String {
    match text {
        "NaN" => return ".nan".into(),
        "Infinity" => return ".inf".into(),
        "-Infinity" => return "-.inf".into(),
        _ => {}
    }
    match resolve(text) {
        Ok(Value::Float(value)) => float(value),
        _ => string(text, Place::Key),
    }
}

/// The indicator of a literal block, if a text is best written as one: it has lines, and nothing that would be lost.
pub(super) fn literal(text: &str) -> Option<String> {
    let fits = |char: char| char == '\n' || char == '\t' || is_printable(char) && !is_break(char);
    if !text.contains('\n') || !text.chars().all(fits) || text.chars().all(|char| char == '\n') {
        return None;
    }
    // Lines of blanks alone would vanish at the end, and would be taken for indentation at the beginning.
    let last = text.trim_end_matches('\n').rsplit('\n').next().unwrap_or_default();
    if last.trim().is_empty() {
        return None;
    }
    let indentation = if text.starts_with([' ', '\t', '\n']) { "2" } else { "" };
    let chomping = if !text.ends_with('\n') {
        "-"
    } else if text.ends_with("\n\n") {
        "+"
    } else {
        ""
    };
    Some(format!("|{indentation}{chomping}"))
}

/// Whether a string is read as itself without quotes.
fn is_plain(text: &str, place: Place) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let second = text[first.len_utf8()..].chars().next();
    let begins_well = match first {
        '-' => second.is_some_and(|char| char != ' ') && !text.starts_with("---"),
        _ => !"?:,[]{}#&*!|>'\"%@`. \t".contains(first) || first == '.' && !text.starts_with("..."),
    };
    if !begins_well || text.ends_with([' ', '\t', ':']) || text.contains(": ") || text.contains(" #") {
        return false;
    }
    let fits = |char: char| match place {
        Place::Flow => char.is_ascii_alphanumeric() || "_./-".contains(char),
        Place::Block | Place::Key => is_printable(char) && !is_break(char) && char != '\u{feff}',
    };
    text.chars().all(fits) && matches!(resolve(text), Ok(Value::Str(same)) if *same == *text)
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '\x1b' => quoted.push_str("\\e"),
            _ if is_printable(char) && !is_break(char) => quoted.push(char),
            _ => push_code(&mut quoted, char),
        }
    }
    quoted.push('"');
    quoted
}

fn push_code(text: &mut String, char: char) {
    let code = u32::from(char);
    // Writing to a string cannot fail.
    let _ = match code {
        0..=0xff => write!(text, "\\x{code:02X}"),
        0x100..=0xffff => write!(text, "\\u{code:04X}"),
        _ => write!(text, "\\U{code:08X}"),
    };
}

/// Whether libyaml reads a character as itself on a line, and people do. A byte order mark is left out, for it may be
/// skipped, and so are changes of direction, which show text in another order than it has.
fn is_printable(char: char) -> bool {
    matches!(char, ' '..='~' | '\u{a0}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
        && !matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character is a line break for YAML 1.1.
pub(super) fn is_break(char: char) -> bool {
    matches!(char, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}
