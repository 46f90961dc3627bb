//! `retry`.

use super::attribute::Attribute;
use super::{keys, pull_policy};
use crate::config::Retry;
use crate::entry::Report;
use crate::{FAILURE_REASONS, Node, Value};

/// What stands for every reason.
const ALWAYS: &str = "always";

/// How often and after what a job is tried again (`Entry::Retry`, whose messages have no path).
pub(crate) fn retry(value: &Node, parent: &mut Report<'_>) -> Option<Retry> {
    let mut report = parent.rooted("retry");
    let before = report.count();
    let retry = match &value.value {
        Value::Int(_) => Retry { max: times(Attribute::config(value), &mut report), ..Retry::default() },
        Value::Map(_) => full(value, &mut report),
        _ => {
            let text = "config has to be either an integer or a hash";
            let found = report.error_as_is(value.span, "wrong-type", text);
            found.note = Some(format!("this is {}", super::convert::kind(value)));
            return None;
        }
    };
    (report.count() == before).then_some(retry)
}

fn times(attribute: Attribute<'_>, report: &mut Report<'_>) -> Option<u8> {
    attribute.whole_number(0, 2, report).and_then(|number| u8::try_from(number).ok())
}

fn full(value: &Node, report: &mut Report<'_>) -> Retry {
    let key = |name| Attribute::of(value, name);
    keys::known(value, &["max", "when", "exit_codes"], report);
    let max = times(key("max"), report);
    let when = key("when").strings_or_string(report);
    reasons(key("when"), report);
    let exit_codes = key("exit_codes").integers_or_integer(report);
    Retry { max, when, exit_codes }
}

/// What `when` may name.
fn reasons(attribute: Attribute<'_>, report: &mut Report<'_>) {
    let Some(value) = attribute.given() else { return };
    let known: Vec<&str> = std::iter::once(ALWAYS).chain(FAILURE_REASONS).collect();
    match &value.value {
        Value::Seq(items) => pull_policy::unknown(attribute, items, &known, report),
        Value::Str(text) if !known.contains(&&**text) => {
            let near = crate::diagnostic::nearest(text, known);
            let found = attribute.fail(report, "unknown-value", "is not included in the list");
            found.note = near.map(|near| format!("did you mean `{near}`?"));
        }
        _ => {}
    }
}
