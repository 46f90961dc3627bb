//! Writes values as YAML text that loads to the same values.

mod scalar;

use super::tag::REFERENCE;
use crate::{Key, Map, Node, Span, Value};
use scalar::{Place, literal};

/// Beyond this length in characters a key is written behind `?`; libyaml takes up to 1,024 without.
const LONGEST_KEY: usize = 1_000;

/// Writes a map as YAML text, with lists and maps in lines of their own.
///
/// The text loads to the same values under the rules of [`load`](super::load): what would be read as something else is
/// quoted. Two things have no text of their own: a symbol is a string, and a key that is itself a list or a map is
/// written as the text that it is kept as. `origin` may give a comment for each value.
pub fn emit(root: &Map, origin: Option<&dyn Fn(Span) -> Option<String>>) -> String {
    let mut writer = Writer { text: String::new(), origin };
    if root.is_empty() {
        writer.text.push_str("{}\n");
    } else {
        writer.map(root, 0);
    }
    writer.text
}

struct Writer<'o> {
    text: String,
    origin: Option<&'o dyn Fn(Span) -> Option<String>>,
}

impl Writer<'_> {
    /// A map's entries. The first begins where the text is, the others on lines of their own.
    fn map(&mut self, map: &Map, indent: usize) {
        for (index, (key, entry)) in map.iter().enumerate() {
            if index > 0 {
                self.indent(indent);
            }
            let key = key_text(key);
            let is_long = key.chars().count() > LONGEST_KEY;
            if is_long {
                self.text.push_str("? ");
            }
            self.text.push_str(&key);
            if is_long {
                self.text.push('\n');
                self.indent(indent);
            }
            self.text.push(':');
            self.value(&entry.value, indent, false);
        }
    }

    /// A list's items, in the same way.
    fn list(&mut self, items: &[Node], indent: usize) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.indent(indent);
            }
            self.text.push('-');
            self.value(item, indent, true);
        }
    }

    /// A value behind `key:` or `-`, and the end of the line.
    fn value(&mut self, node: &Node, indent: usize, in_list: bool) {
        match &node.value {
            Value::Map(map) if !map.is_empty() => self.collection(node.span, in_list, indent, |writer| {
                writer.map(map, indent + 2);
            }),
            Value::Seq(items) if !items.is_empty() => self.collection(node.span, in_list, indent, |writer| {
                writer.list(items, indent + 2);
            }),
            Value::Reference(reference) => self.reference(&reference.path, indent, node.span),
            Value::Str(text) => match literal(text) {
                Some(header) => {
                    self.text.push(' ');
                    self.text.push_str(&header);
                    self.end_line(node.span);
                    self.lines(text, indent + 2);
                }
                None => self.inline(&scalar::string(text, Place::Block), node.span),
            },
            Value::Map(_) => self.inline("{}", node.span),
            Value::Seq(_) => self.inline("[]", node.span),
            Value::Null => self.inline("null", node.span),
            Value::Bool(value) => self.inline(if *value { "true" } else { "false" }, node.span),
            Value::Int(value) => self.inline(&value.to_string(), node.span),
            Value::Float(value) => self.inline(&scalar::float(*value), node.span),
        }
    }

    /// A collection: in a list right behind the `-`, in a map on the next line.
    fn collection(&mut self, span: Span, in_list: bool, indent: usize, write: impl FnOnce(&mut Self)) {
        if in_list {
            self.text.push(' ');
        } else {
            self.end_line(span);
            self.indent(indent + 2);
        }
        write(self);
    }

    /// `!reference` and its path, in brackets if it is as it should be.
    fn reference(&mut self, path: &Node, indent: usize, span: Span) {
        self.text.push(' ');
        self.text.push_str(REFERENCE);
        let names = path.as_seq().map(|items| items.iter().map(Node::as_str).collect::<Option<Vec<_>>>());
        match names {
            Some(Some(names)) => {
                let names: Vec<_> = names.iter().map(|name| scalar::string(name, Place::Flow)).collect();
                self.inline(&format!("[{}]", names.join(", ")), span);
            }
            _ => self.value(path, indent, false),
        }
    }

    /// A value on the same line.
    fn inline(&mut self, text: &str, span: Span) {
        self.text.push(' ');
        self.text.push_str(text);
        self.end_line(span);
    }

    /// The lines of a literal block.
    fn lines(&mut self, text: &str, indent: usize) {
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            if !line.is_empty() {
                self.indent(indent);
                self.text.push_str(line);
            }
            self.text.push('\n');
        }
    }

    fn indent(&mut self, indent: usize) {
        self.text.extend(std::iter::repeat_n(' ', indent));
    }

    /// A comment that says where a value came from, and the end of the line.
    fn end_line(&mut self, span: Span) {
        if let Some(origin) = self.origin.and_then(|origin| origin(span)) {
            self.text.push_str("  # ");
            let fits = |char: char| if char.is_control() || scalar::is_break(char) { ' ' } else { char };
            self.text.extend(origin.chars().map(fits));
        }
        self.text.push('\n');
    }
}

fn key_text(key: &Key) -> String {
    match key {
        // Quotes alone do not keep it from merging.
        Key::Str(text) if &**text == "<<" => "!!str '<<'".into(),
        Key::Str(text) => scalar::string(text, Place::Key),
        Key::Null => "null".into(),
        Key::Bool(value) => value.to_string(),
        Key::Int(value) => value.to_string(),
        Key::Other(text) => scalar::other(text),
    }
}

#[cfg(test)]
mod tests;
