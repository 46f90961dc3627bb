//! `pull_policy` of an image or a service.

use super::attribute::Attribute;
use super::convert::text_of;
use crate::Node;
use crate::entry::Report;
use std::sync::Arc;

const POLICIES: [&str; 3] = ["always", "never", "if-not-present"];

/// When an image is pulled, to be tried in order (`Entry::PullPolicy`).
pub(crate) fn pull_policy(value: &Node, parent: &mut Report<'_>) -> Option<Vec<Arc<str>>> {
    let mut report = parent.within("pull_policy");
    let before = report.count();
    let config = Attribute::config(value);
    let policies = config.strings_or_string(&mut report);
    if let Some(items) = value.as_seq() {
        unknown(config, items, &POLICIES, &mut report);
        config.present(&mut report);
    }
    if value.as_str().is_some_and(|text| !POLICIES.contains(&text)) {
        let note = format!("one of {}", POLICIES.join(", "));
        config.fail(&mut report, "unknown-value", "is not included in the list").note = Some(note);
    }
    policies.filter(|_| report.count() == before)
}

/// Refuses the entries of a list that are not among some (`AllowedArrayValuesValidator`).
pub(super) fn unknown(attribute: Attribute<'_>, items: &[Node], known: &[&str], report: &mut Report<'_>) {
    let unknown: Vec<&Node> =
        items.iter().filter(|item| !item.as_str().is_some_and(|text| known.contains(&text))).collect();
    let Some(first) = unknown.first() else { return };
    let names: Vec<Arc<str>> = unknown.iter().map(|item| text_of(item)).collect();
    let near = first.as_str().and_then(|text| crate::diagnostic::nearest(text, known.iter().copied()));
    let found =
        attribute.fail(report, "unknown-value", format!("contains unknown values: {}", names.join(", ")));
    found.span = Some(first.span);
    found.note = near.map(|near| format!("did you mean `{near}`?"));
}
