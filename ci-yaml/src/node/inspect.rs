//! Values as Ruby's `inspect` shows them.

use super::float_text;
use crate::{Key, Node, Value};
use std::fmt::Write;

impl Node {
    /// The value as Ruby's `inspect` shows it: strings in quotes, `nil`, `{"a"=>1}`.
    pub fn inspect(&self) -> String {
        let mut text = String::new();
        write_node(self, &mut text);
        text
    }
}

impl Key {
    /// As Ruby's `inspect` shows it.
    pub fn inspect(&self) -> String {
        let mut text = String::new();
        write_key(self, &mut text);
        text
    }
}

/// A string as Ruby's `inspect` shows it.
pub(crate) fn quoted(string: &str) -> String {
    let mut text = String::new();
    write_string(string, &mut text);
    text
}

fn write_node(node: &Node, text: &mut String) {
    match &node.value {
        Value::Null => text.push_str("nil"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Int(value) => push(text, format_args!("{value}")),
        Value::Float(value) => text.push_str(&float_text(*value)),
        Value::Str(string) => write_string(string, text),
        Value::Seq(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                write_node(item, text);
            }
            text.push(']');
        }
        Value::Map(map) => {
            text.push('{');
            for (index, (key, entry)) in map.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                write_key(key, text);
                text.push_str("=>");
                write_node(&entry.value, text);
            }
            text.push('}');
        }
        Value::Reference(reference) => {
            text.push_str("!reference ");
            write_node(&reference.path, text);
        }
    }
}

fn write_key(key: &Key, text: &mut String) {
    match key {
        Key::Str(string) => write_string(string, text),
        Key::Null => text.push_str("nil"),
        Key::Bool(_) | Key::Int(_) | Key::Other(_) => push(text, format_args!("{key}")),
    }
}

/// Escapes what has a meaning in Ruby's own strings, and what does not print.
fn write_string(string: &str, text: &mut String) {
    text.push('"');
    let mut chars = string.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            '\x07' => text.push_str("\\a"),
            '\x08' => text.push_str("\\b"),
            '\x0b' => text.push_str("\\v"),
            '\x0c' => text.push_str("\\f"),
            '\x1b' => text.push_str("\\e"),
            '\x7f' => text.push_str("\\x7F"),
            '#' if matches!(chars.peek(), Some('{' | '$' | '@')) => text.push_str("\\#"),
            _ if char.is_control() || matches!(char, '\u{2028}' | '\u{2029}') => {
                push(text, format_args!("\\u{:04X}", u32::from(char)));
            }
            _ => text.push(char),
        }
    }
    text.push('"');
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = text.write_fmt(what);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;
    use std::time::{Duration, Instant};

    #[test]
    fn strings_are_escaped_as_ruby_does() {
        assert_eq!(quoted("a \"b\" \\ 'c'"), r#""a \"b\" \\ 'c'""#);
        assert_eq!(quoted("\n\t\r\u{7}\u{8}\u{b}\u{c}\u{1b}\u{7f}"), r#""\n\t\r\a\b\v\f\e\x7F""#);
        assert_eq!(quoted("#$A #{b} #@c # d #"), r##""\#$A \#{b} \#@c # d #""##);
        assert_eq!(quoted("\0\u{85}\u{2028}"), r#""\u0000\u0085\u2028""#);
        assert_eq!(quoted("größe e\u{301} 🦊"), "\"größe e\u{301} 🦊\"");
    }

    #[test]
    fn deep_values_are_written_in_one_pass() {
        let mut node = Node::string("x".repeat(2 << 20), Span::default());
        for _ in 0..100 {
            node = Node::seq(vec![node], Span::default());
        }
        let started = Instant::now();
        assert_eq!(node.inspect().len(), (2 << 20) + 202);
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }
}
