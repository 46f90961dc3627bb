//! One value under validation, and the checks that many keywords share.
//!
//! Each check adds GitLab's message if it fails, and gives the value if it holds. They mirror
//! `Gitlab::Config::Entry::Validators` and the validators of `ActiveModel` that entries use.

use super::convert::{kind, length, text_of};
use crate::entry::Report;
use crate::{Diagnostic, Map, Node, Span, Value};
use std::sync::Arc;

/// A value and the name that messages give it: `config` for the whole value of a keyword, else its key.
#[derive(Clone, Copy)]
pub(super) struct Attribute<'n> {
    name: &'n str,
    /// As written, null included.
    value: Option<&'n Node>,
    /// The value's place, or that of the map which lacks it.
    place: Span,
}

impl<'n> Attribute<'n> {
    /// The whole value of a keyword.
    pub(super) fn config(value: &'n Node) -> Self {
        Self { name: "config", value: Some(value), place: value.span }
    }

    /// A value under a name of its own.
    pub(super) fn named(name: &'n str, value: &'n Node) -> Self {
        Self { name, value: Some(value), place: value.span }
    }

    /// A key of a map; absent where the holder is no map.
    pub(super) fn of(holder: &'n Node, name: &'n str) -> Self {
        let value = holder.get(name);
        Self { name, value, place: value.map_or(holder.span, |value| value.span) }
    }

    /// The same under another name in messages.
    pub(super) fn called(self, name: &'n str) -> Self {
        Self { name, ..self }
    }

    /// The value, unless absent or null.
    pub(super) fn given(self) -> Option<&'n Node> {
        self.value.filter(|value| !value.is_null())
    }

    /// Adds a message on it.
    pub(super) fn fail<'r>(
        self,
        report: &'r mut Report<'_>,
        rule: &'static str,
        text: impl AsRef<str>,
    ) -> &'r mut Diagnostic {
        report.error(self.place, rule, format!("{} {}", self.name.replace('_', " "), text.as_ref()))
    }

    /// Adds a message on its type, and says what it is instead.
    pub(super) fn wrong<'r>(self, report: &'r mut Report<'_>, text: &str) -> &'r mut Diagnostic {
        let note = match self.value {
            Some(value) => format!("this is {}", kind(value)),
            None => format!("`{}` is missing here", self.name),
        };
        let help = self.value.and_then(|value| remedy(value, text));
        let found = self.fail(report, "wrong-type", text);
        found.note = Some(note);
        found.help.extend(help);
        found
    }

    /// Must not be absent, null, false or empty.
    pub(super) fn present(self, report: &mut Report<'_>) {
        if self.value.is_none_or(Node::is_blank) {
            self.fail(report, "missing-value", "can't be blank");
        }
    }

    /// Text, if given.
    pub(super) fn string(self, report: &mut Report<'_>) -> Option<Arc<str>> {
        let value = self.given()?;
        if value.as_text().is_none() {
            self.wrong(report, "should be a string");
        }
        value.as_text().cloned()
    }

    /// Text that must be given and not be blank.
    pub(super) fn required_string(self, report: &mut Report<'_>) -> Option<Arc<str>> {
        let text = self.value.and_then(Node::as_text);
        if text.is_none() {
            self.wrong(report, "should be a string");
        }
        self.present(report);
        text.cloned()
    }

    /// A boolean, if given.
    pub(super) fn boolean(self, report: &mut Report<'_>) -> Option<bool> {
        let value = self.given()?;
        if value.as_bool().is_none() {
            self.wrong(report, "should be a boolean value");
        }
        value.as_bool()
    }

    /// A map, if given.
    pub(super) fn map(self, report: &mut Report<'_>) -> Option<&'n Map> {
        let value = self.given()?;
        if value.as_map().is_none() {
            self.wrong(report, "should be a hash");
        }
        value.as_map()
    }

    /// A list of texts, if given.
    pub(super) fn strings(self, report: &mut Report<'_>) -> Option<Vec<Arc<str>>> {
        let texts = texts(self.given()?);
        if texts.is_none() {
            self.wrong_list(report, "should be an array of strings");
        }
        texts
    }

    /// A list of texts or one, if given.
    pub(super) fn strings_or_string(self, report: &mut Report<'_>) -> Option<Vec<Arc<str>>> {
        let value = self.given()?;
        let found = value.as_text().map(|text| vec![text.clone()]).or_else(|| texts(value));
        if found.is_none() {
            self.wrong_list(report, "should be an array of strings or a string");
        }
        found
    }

    /// A list of whole numbers or one, if given.
    pub(super) fn integers_or_integer(self, report: &mut Report<'_>) -> Option<Vec<i64>> {
        let value = self.given()?;
        let one = |item: &Node| item.as_int().and_then(|number| i64::try_from(number).ok());
        let found = match value.as_seq() {
            Some(items) => items.iter().map(one).collect(),
            None => one(value).map(|number| vec![number]),
        };
        if found.is_none() {
            self.wrong_list(report, "should be an array of integers or an integer");
        }
        found
    }

    /// One of some texts, if given; the message lists them as it likes.
    pub(super) fn one_of(self, allowed: &[&str], message: &str, report: &mut Report<'_>) -> Option<Arc<str>> {
        let value = self.given()?;
        let text = self.string(report);
        if !value.as_str().is_some_and(|text| allowed.contains(&text)) {
            let near =
                value.as_str().and_then(|text| crate::diagnostic::nearest(text, allowed.iter().copied()));
            self.fail(report, "unknown-value", message).note =
                near.map(|near| format!("did you mean `{near}`?"));
        }
        text
    }

    /// Of a value that is compared as text: one of some, if given.
    pub(super) fn known_value(self, allowed: &[&str], report: &mut Report<'_>) -> Option<Arc<str>> {
        let text = text_of(self.given()?);
        if !allowed.contains(&&*text) {
            let near = crate::diagnostic::nearest(&text, allowed.iter().copied());
            let note = near.map_or_else(
                || format!("one of {}", allowed.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            self.fail(report, "unknown-value", format!("unknown value: {text}")).note = Some(note);
        }
        Some(text)
    }

    /// Characters, entries or pairs at most, if given.
    pub(super) fn at_most(self, limit: usize, text: &str, report: &mut Report<'_>) {
        let count = self.given().map_or(0, length);
        if count > limit {
            self.fail(report, "too-long", text).note = Some(format!("there are {count}"));
        }
    }

    /// Whole numbers from one to another, written as numbers or as text, if given.
    pub(super) fn whole_number(self, from: i128, to: i128, report: &mut Report<'_>) -> Option<i128> {
        let value = self.given()?;
        let number = match &value.value {
            Value::Int(number) => Ok(*number),
            Value::Float(_) => Err("must be an integer"),
            Value::Str(text) => whole(text),
            _ => Err("is not a number"),
        };
        match number {
            Ok(number) if number < from => {
                self.fail(report, "out-of-range", format!("must be greater than or equal to {from}"));
            }
            Ok(number) if number > to => {
                self.fail(report, "out-of-range", format!("must be less than or equal to {to}"));
            }
            Ok(_) => {}
            Err(text) => {
                self.wrong(report, text);
            }
        }
        number.ok()
    }

    /// Adds a message on the type of a list, at the entry that is wrong if it is one.
    fn wrong_list(self, report: &mut Report<'_>, text: &str) {
        let entry = match self.value.and_then(Node::as_seq) {
            Some(items) if text.contains("integers") => items.iter().find(|item| item.as_int().is_none()),
            Some(items) => items.iter().find(|item| item.as_text().is_none()),
            None => None,
        };
        match entry {
            Some(entry) => Self { value: Some(entry), place: entry.span, ..self }.wrong(report, text),
            None => self.wrong(report, text),
        };
    }
}

/// How to mend a value of the wrong type, where that is plain.
fn remedy(value: &Node, expected: &str) -> Option<String> {
    match &value.value {
        Value::Str(text)
            if expected.starts_with("should be an array")
                && !text.contains('\n')
                && text.chars().count() < 60 =>
        {
            Some(format!("Write a list of one entry: `[{text}]`."))
        }
        Value::Int(_) | Value::Float(_) | Value::Bool(_) if expected.contains("string") => {
            Some("Put it into quotes to make it text.".into())
        }
        Value::Str(text)
            if expected == "should be a boolean value" && matches!(&**text, "true" | "false") =>
        {
            Some(format!("Without quotes it is a boolean: `{text}`."))
        }
        _ => None,
    }
}

/// A number written as text, as `Kernel.Float` and the pattern behind `only_integer` read it.
fn whole(text: &str) -> Result<i128, &'static str> {
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(trimmed.parse().unwrap_or(i128::MAX));
    }
    if trimmed.parse::<f64>().is_ok() { Err("must be an integer") } else { Err("is not a number") }
}

/// The entries of a list that holds nothing but texts.
fn texts(value: &Node) -> Option<Vec<Arc<str>>> {
    value.as_seq()?.iter().map(|item| item.as_text().cloned()).collect()
}
