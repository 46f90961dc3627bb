//! `start_in` of a job.

use super::Report;
use super::keyword::{Fields, Keyword};
use crate::matching::duration;
use crate::{Node, Span};

/// A job waits at most one week, in seconds.
const LIMIT: f64 = 604_800.0;

/// Requires it of delayed jobs and forbids it to others.
pub(super) fn check(fields: &Fields<'_>, report: &mut Report<'_>) {
    let when = fields.value(Keyword::When);
    let delayed = when.and_then(Node::as_str) == Some("delayed");
    let entry = fields.entry(Keyword::StartIn);
    if delayed {
        let text = entry.and_then(|entry| entry.value.as_str());
        let seconds = text.and_then(duration::seconds);
        let span = match (entry, when) {
            (Some(entry), _) => entry.value.span,
            (None, Some(when)) => when.span,
            (None, None) => Span::default(),
        };
        if seconds.is_none() {
            let error = report.error(span, "wrong-type", "start in should be a duration");
            error.help.push(match (entry, text) {
                (None, _) => "A delayed job needs one, as in `start_in: 30 minutes`.".into(),
                (Some(_), None) => "Put it into quotes, with its unit: `start_in: '30 seconds'`.".into(),
                (Some(_), Some(_)) => "Write a number and a unit, as in `start_in: 30 minutes`.".into(),
            });
        }
        if !seconds.is_some_and(|seconds| seconds <= LIMIT) {
            let error = report.error(span, "out-of-range", "start in should not exceed the limit");
            error.note = Some("at most one week".into());
        }
    }
    let written = entry.filter(|entry| !entry.value.is_blank());
    if let Some(entry) = written.filter(|_| !delayed || fields.entry(Keyword::Rules).is_some()) {
        let error = report.error(entry.key_span, "exclusive-keywords", "start in must be blank");
        error.help.push(if delayed {
            "With `rules` it belongs into the rule that says `when: delayed`.".into()
        } else {
            "It goes with `when: delayed`.".into()
        });
    }
}
