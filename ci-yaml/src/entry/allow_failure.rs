//! `allow_failure` of a job.

use super::Report;
use super::keyword::{Fields, Keyword};
use super::unknown::allowed_keys;
use crate::config::{AllowFailure, When};
use crate::{Node, Value};

const EXIT_CODES: &str = "exit_codes";

/// Whether and when a failure is forgiven: what the job says, else whether it is manual (`Job#ignored?`).
pub(super) fn allow_failure(fields: &Fields<'_>, when: When, parent: &mut Report<'_>) -> AllowFailure {
    let plain = |allowed| AllowFailure { allowed, exit_codes: None };
    match fields.value(Keyword::AllowFailure) {
        None => plain(when == When::Manual),
        Some(value) => match &value.value {
            Value::Bool(allowed) => plain(*allowed),
            Value::Map(_) => AllowFailure { allowed: false, exit_codes: exit_codes(value, parent) },
            // What it says of itself was checked before.
            _ => plain(false),
        },
    }
}

/// The exit codes that are forgiven (`Entry::AllowFailure`).
fn exit_codes(value: &Node, parent: &mut Report<'_>) -> Option<Vec<i64>> {
    let mut report = parent.within("allow_failure");
    let map = value.as_map()?;
    allowed_keys(map, &[EXIT_CODES], &mut report);
    let codes = map.get(EXIT_CODES).filter(|codes| !codes.is_null())?;
    let items = codes.as_seq().unwrap_or(std::slice::from_ref(codes));
    if let Some(odd) = items.iter().find(|item| item.as_int().is_none()) {
        let text = "exit codes should be an array of integers or an integer";
        report.error(odd.span, "wrong-type", text);
        return None;
    }
    let codes: Vec<_> =
        items.iter().filter_map(Node::as_int).filter_map(|code| i64::try_from(code).ok()).collect();
    (!codes.is_empty()).then_some(codes)
}
