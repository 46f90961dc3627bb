//! Keys that nobody knows: GitLab's message, the nearest valid spelling, and where the key belongs instead.

use super::Report;
use super::advice::below;
use crate::diagnostic::nearest;
use crate::{Diagnostic, Entry, Key, Map};

/// So many further keys are pointed at in one message.
const MOST_LABELS: usize = 10;

/// Reports all keys of a map but the known ones (`AllowedKeysValidator`). Returns whether there were any.
pub(super) fn allowed_keys(map: &Map, known: &[&'static str], report: &mut Report<'_>) -> bool {
    let unknown: Vec<_> =
        map.iter().filter(|(key, _)| !key.as_str().is_some_and(|key| known.contains(&key))).collect();
    let place = report.path().rsplit(':').next().unwrap_or_default();
    let help = unknown.iter().take(MOST_LABELS).find_map(|(key, _)| below(place, key.as_str()?, known));
    match unknown_keys(&unknown, "contains unknown keys", known.iter().copied(), report) {
        Some(error) => {
            if let Some(help) = help {
                error.note = None;
                error.help.push(help);
            }
            name_known(error, known);
            true
        }
        None => false,
    }
}

/// Reports unknown keys, if there are any, in one message as GitLab does.
pub(super) fn unknown_keys<'r>(
    unknown: &[(&Key, &Entry)],
    text: &str,
    known: impl Iterator<Item = &'static str> + Clone,
    report: &'r mut Report<'_>,
) -> Option<&'r mut Diagnostic> {
    let ((first, entry), further) = unknown.split_first()?;
    let names: Vec<String> = unknown.iter().map(|(key, _)| key.to_string()).collect();
    let error =
        report.error(entry.key_span, "unknown-keyword", format!("config {text}: {}", names.join(", ")));
    error.note = spelling(first, known.clone());
    for (key, entry) in further.iter().take(MOST_LABELS) {
        let text = spelling(key, known.clone()).unwrap_or_else(|| "unknown as well".into());
        error.labels.push(crate::Label { span: entry.key_span, text });
    }
    Some(error)
}

fn spelling(key: &Key, known: impl Iterator<Item = &'static str>) -> Option<String> {
    key.as_str().and_then(|key| nearest(key, known)).map(|near| format!("did you mean `{near}`?"))
}

/// Adds what may stand there, where that is short.
pub(super) fn name_known(error: &mut Diagnostic, known: &[&'static str]) {
    if let [only] = known {
        error.help.push(format!("The only key here is `{only}`."));
    } else if known.len() <= 12 {
        error.help.push(format!("Valid keys are {}.", listed(known)));
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
