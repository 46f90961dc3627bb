//! The three forms of a line: those of gitlab-runner, byte for byte.

use super::record::Record;
use crate::config::{LogFormat, LogLevel};
use serde_json::{Map, Value as Json};
use std::fmt::Write as _;
use std::time::Instant;
use time::format_description::well_known::Rfc3339;

/// What the `text` format depends on beside the line.
pub(super) struct Clock {
    pub(super) started: Instant,
    /// Whether people read it on a terminal.
    pub(super) terminal: bool,
}

/// The line with its line feed.
pub(super) fn render(record: &Record, format: LogFormat, clock: &Clock) -> String {
    match format {
        LogFormat::Runner => runner(record),
        LogFormat::Text if clock.terminal => text_on_terminal(record, clock.started),
        LogFormat::Text => text(record),
        LogFormat::Json => json(record),
    }
}

const RESET: &str = "\x1b[0;m";

/// Message padded to 50 columns, then the fields; always in colour.
fn runner(record: &Record) -> String {
    let (color, prefix) = match record.level {
        LogLevel::Panic => ("\x1b[31;1m", "PANIC: "),
        LogLevel::Fatal => ("\x1b[31;1m", "FATAL: "),
        LogLevel::Error => ("\x1b[31;1m", "ERROR: "),
        LogLevel::Warning => ("\x1b[0;33m", "WARNING: "),
        LogLevel::Debug => ("\x1b[37;1m", ""),
        LogLevel::Info | LogLevel::Trace => ("", ""),
    };
    let room = 50 - prefix.len();
    let mut line = format!("{color}{prefix}{:room$}{RESET} ", record.message);
    for (name, value) in &record.fields {
        let _ = write!(line, " {color}{name}{RESET}={}", value.text());
    }
    line.push('\n');
    line
}

fn level_name(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Panic => "panic",
        LogLevel::Fatal => "fatal",
        LogLevel::Error => "error",
        LogLevel::Warning => "warning",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    }
}

fn time(record: &Record) -> String {
    record.time.format(&Rfc3339).unwrap_or_default()
}

fn text(record: &Record) -> String {
    let mut line = format!("time={} level={}", quoted(&time(record)), level_name(record.level));
    if !record.message.is_empty() {
        let _ = write!(line, " msg={}", quoted(&record.message));
    }
    for (name, value) in &record.fields {
        let _ = write!(line, " {}={}", unclashing(name), quoted(&value.text()));
    }
    line.push('\n');
    line
}

fn text_on_terminal(record: &Record, started: Instant) -> String {
    let (color, word) = match record.level {
        LogLevel::Panic => (31, "PANI"),
        LogLevel::Fatal => (31, "FATA"),
        LogLevel::Error => (31, "ERRO"),
        LogLevel::Warning => (33, "WARN"),
        LogLevel::Info => (36, "INFO"),
        LogLevel::Debug => (37, "DEBU"),
        LogLevel::Trace => (37, "TRAC"),
    };
    let seconds = started.elapsed().as_secs();
    let message = record.message.strip_suffix('\n').unwrap_or(&record.message);
    let mut line = format!("\x1b[{color}m{word}\x1b[0m[{seconds:04}] {message:<44} ");
    for (name, value) in &record.fields {
        let _ = write!(line, " \x1b[{color}m{name}\x1b[0m={}", quoted(&value.text()));
    }
    line.push('\n');
    line
}

fn json(record: &Record) -> String {
    let mut object = Map::new();
    for (name, value) in &record.fields {
        object.insert(unclashing(name), value.json());
    }
    object.insert("level".to_owned(), Json::from(level_name(record.level)));
    object.insert("msg".to_owned(), Json::from(record.message.as_str()));
    object.insert("time".to_owned(), Json::from(time(record)));
    let mut line = go_escapes(&Json::Object(object).to_string());
    line.push('\n');
    line
}

/// Go escapes these in JSON, for pages that embed it. None of them stands outside of strings.
fn go_escapes(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    out
}

/// The name of a field that would otherwise stand in for a part of the line.
fn unclashing(name: &str) -> String {
    match name {
        "time" | "level" | "msg" => format!("fields.{name}"),
        _ => name.to_owned(),
    }
}

/// In quotes, as Go does it, if it holds anything but the plainest characters.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/@^+".contains(c);
    if text.chars().all(plain) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            c if u32::from(c) < 0x20 || c == '\x7f' => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
