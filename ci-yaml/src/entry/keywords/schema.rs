//! Small JSON schemas with the messages of the library that GitLab checks them with (`json_schemer`).

use crate::entry::Report;
use crate::{Key, Node, Span, Value};

/// What a property may be.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// Text of so many characters.
    Text(usize, usize),
    /// The same, or a whole number.
    TextOrInteger(usize, usize),
    /// A boolean.
    Boolean,
}

/// A place in a checked value, and the attribute whose messages it belongs to.
pub(super) struct Place<'p> {
    /// How messages begin: `executor opts`, `run`.
    pub(super) attribute: &'p str,
    /// The JSON pointer of the value.
    pub(super) pointer: String,
}

impl Place<'_> {
    /// A value below.
    pub(super) fn below(&self, key: &str) -> Self
    where
        Self: Sized,
    {
        let key = key.replace('~', "~0").replace('/', "~1");
        Self { attribute: self.attribute, pointer: format!("{}/{key}", self.pointer) }
    }

    /// Adds a message whose `@` stands for the place.
    pub(super) fn fail(&self, span: Span, report: &mut Report<'_>, text: &str) {
        let pointer = if self.pointer.is_empty() { "root".into() } else { format!("`{}`", self.pointer) };
        report.error(span, "wrong-shape", format!("{} {}", self.attribute, text.replace('@', &pointer)));
    }
}

/// An object whose properties have these shapes, which knows no others, and has all that are required.
pub(super) fn object(
    value: &Node,
    properties: &[(&str, Shape)],
    required: &[&str],
    place: &Place<'_>,
    report: &mut Report<'_>,
) {
    let Some(map) = value.as_map() else {
        place.fail(value.span, report, "value at @ is not an object");
        return;
    };
    for (name, shape) in properties {
        if let Some(value) = map.get(name) {
            check(value, *shape, &place.below(name), report);
        }
    }
    let names: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    no_others(value, &names, place, report);
    has_all(value, required, place, report);
}

/// Refuses properties of other names.
pub(super) fn no_others(value: &Node, names: &[&str], place: &Place<'_>, report: &mut Report<'_>) {
    let Some(map) = value.as_map() else { return };
    let known = |key: &Key| key.as_str().is_some_and(|key| names.contains(&key));
    for (key, entry) in map.iter().filter(|(key, _)| !known(key)) {
        let below = place.below(&key.to_string());
        below.fail(entry.key_span, report, "object property at @ is a disallowed additional property");
    }
}

/// Requires properties.
pub(super) fn has_all(value: &Node, required: &[&str], place: &Place<'_>, report: &mut Report<'_>) {
    let missing: Vec<&str> = required.iter().copied().filter(|name| value.get(name).is_none()).collect();
    if !missing.is_empty() {
        let text = format!("object at @ is missing required properties: {}", missing.join(", "));
        place.fail(value.span, report, &text);
    }
}

fn check(value: &Node, shape: Shape, place: &Place<'_>, report: &mut Report<'_>) {
    let wrong = match (shape, &value.value) {
        (Shape::Text(..), Value::Str(_))
        | (Shape::TextOrInteger(..), Value::Str(_) | Value::Int(_))
        | (Shape::Boolean, Value::Bool(_)) => None,
        (Shape::Text(..), _) => Some("value at @ is not a string"),
        (Shape::TextOrInteger(..), _) => Some(r#"value at @ is not one of the types: ["string", "integer"]"#),
        (Shape::Boolean, _) => Some("value at @ is not a boolean"),
    };
    if let Some(text) = wrong {
        place.fail(value.span, report, text);
    }
    if let (Shape::Text(least, most) | Shape::TextOrInteger(least, most), Some(text)) =
        (shape, value.as_str())
    {
        let count = text.chars().count();
        if count > most {
            place.fail(value.span, report, &format!("string length at @ is greater than: {most}"));
        }
        if count < least {
            place.fail(value.span, report, &format!("string length at @ is less than: {least}"));
        }
    }
}
