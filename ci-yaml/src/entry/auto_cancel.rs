//! `auto_cancel`, of `workflow` and of its rules.

use super::Report;
use super::unknown::allowed_keys;
use crate::config::{AutoCancel, OnJobFailure, OnNewCommit};
use crate::diagnostic::nearest;
use crate::{Map, Node};

const KEYS: [&str; 2] = ["on_new_commit", "on_job_failure"];
const NEW_COMMIT: [(&str, OnNewCommit); 3] = [
    ("conservative", OnNewCommit::Conservative),
    ("interruptible", OnNewCommit::Interruptible),
    ("none", OnNewCommit::None),
];
const JOB_FAILURE: [(&str, OnJobFailure); 2] = [("none", OnJobFailure::None), ("all", OnJobFailure::All)];

/// What cancels a pipeline (`Entry::AutoCancel`).
pub(crate) fn auto_cancel(value: &Node, parent: &mut Report<'_>) -> Option<AutoCancel> {
    let mut report = parent.within("auto_cancel");
    let Some(map) = value.as_map() else {
        report.error(value.span, "wrong-type", "config should be a hash");
        return None;
    };
    let count = report.count();
    allowed_keys(map, &KEYS, &mut report);
    let on_new_commit = choice(map, KEYS[0], "on new commit", &NEW_COMMIT, &mut report);
    let on_job_failure = choice(map, KEYS[1], "on job failure", &JOB_FAILURE, &mut report);
    (report.count() == count).then_some(AutoCancel { on_new_commit, on_job_failure })
}

fn choice<T: Copy>(
    map: &Map,
    key: &str,
    attribute: &str,
    known: &[(&'static str, T)],
    report: &mut Report<'_>,
) -> Option<T> {
    let value = map.get(key).filter(|value| !value.is_null())?;
    if value.as_str().is_none() {
        report.error(value.span, "wrong-type", format!("{attribute} should be a string"));
    }
    let text = value.as_str().unwrap_or_default();
    if let Some((_, found)) = known.iter().find(|(name, _)| *name == text) {
        return Some(*found);
    }
    let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
    let message = format!("{attribute} must be one of: {}", names.join(", "));
    report.error(value.span, "unknown-value", message).note =
        nearest(text, names).map(|near| format!("did you mean `{near}`?"));
    None
}
