//! Values in languages of their own: durations, expressions, regular expressions.

use super::attribute::Attribute;
use crate::entry::Report;
use crate::expression::Expression;
use crate::matching::pattern::{self, PatternError, Reason};
use crate::{Diagnostic, Node, Position, Span, Spanned};
use std::sync::Arc;

/// A week, the most that `start_in` may be, in seconds.
pub(super) const WEEK: f64 = 604_800.0;

/// A duration, if given: text that is one, of at most so many seconds (`DurationValidator`). Gives seconds.
pub(super) fn seconds(attribute: Attribute<'_>, limit: Option<f64>, report: &mut Report<'_>) -> Option<f64> {
    let value = attribute.given()?;
    let found = value.as_text().and_then(|text| report.memory().seconds(text));
    if found.is_none() {
        explain(value, attribute.wrong(report, "should be a duration"));
    }
    if limit.is_some_and(|limit| found.is_none_or(|seconds| seconds > limit)) {
        attribute.fail(report, "out-of-range", "should not exceed the limit");
    }
    found
}

/// The same for what may be kept for ever: `never` is allowed too (`Build::DurationParser`).
pub(super) fn expiry(attribute: Attribute<'_>, report: &mut Report<'_>) -> Option<Arc<str>> {
    let text = attribute.given()?.as_text();
    if !text.is_some_and(|text| text.eq_ignore_ascii_case("never")) {
        seconds(attribute, None, report);
    }
    text.cloned()
}

/// Says what a duration looks like.
fn explain(value: &Node, found: &mut Diagnostic) {
    found.help.clear();
    if value.as_str().is_some() {
        found.note = Some("not a duration".into());
    }
    let example =
        value.as_int().map_or_else(|| "1 hour 30 minutes".to_owned(), |number| format!("{number} seconds"));
    found.help.push(format!("Write a number and a unit, as in `{example}`."));
}

/// An expression, if given (`ExpressionValidator`). The caret stands where it goes wrong.
pub(super) fn expression(
    attribute: Attribute<'_>,
    report: &mut Report<'_>,
) -> Option<Spanned<Arc<Expression>>> {
    let value = attribute.given()?;
    let Some(text) = value.as_text() else {
        attribute.wrong(report, "Invalid expression syntax");
        return None;
    };
    let read = report.memory().expression(text);
    match read {
        Ok(expression) => Some(Spanned::new(expression, value.span)),
        Err(error) => {
            let place = part(value, text, error.offset, error.length);
            let found = attribute.fail(report, "invalid-expression", "Invalid expression syntax");
            found.note = Some(error.to_string());
            found.help.extend(error.hint);
            found.span = Some(place);
            None
        }
    }
}

/// The place of a part of a text, from so many bytes on. The whole value where it was not written on one line as it
/// is, with or without quotes.
fn part(value: &Node, text: &str, offset: usize, bytes: usize) -> Span {
    let Span { file, start, end } = value.span;
    let characters = |text: &str| u32::try_from(text.chars().count()).ok();
    let place = || {
        let indent = match end.column.checked_sub(start.column)?.checked_sub(characters(text)?)? {
            0 => 0,
            2 => 1,
            _ => return None,
        };
        let column = start.column + indent + characters(text.get(..offset)?)?;
        let wide = characters(text.get(offset..offset.checked_add(bytes)?)?)?.max(1);
        let at = |column| Position { line: start.line, column };
        Some(Span { file, start: at(column), end: at(column + wide) })
    };
    if start.line == end.line { place().unwrap_or(value.span) } else { value.span }
}

/// Whether a text is a regular expression between slashes; the error is why such a one is none. A text without
/// slashes is not one either.
pub(super) fn is_regex(text: &str) -> Result<bool, PatternError> {
    match pattern::literal(text) {
        Some(literal) => pattern::compile(literal.body, literal.flags).map(|_| true),
        None => Ok(false),
    }
}

/// Adds to a message on a regular expression why RE2 does not take it.
pub(super) fn explain_regex(found: &mut Diagnostic, problem: &PatternError) {
    if matches!(problem.reason, Reason::Lookaround { .. }) {
        found
            .help
            .push("Say it with two conditions: `=~` and `!~` in `rules:if`, or `only` and `except`.".into());
    }
    found.note = Some(problem.to_string());
}
