//! `workflow`.

use super::auto_cancel::auto_cancel;
use super::unknown::{name_known, unknown_keys};
use super::{Report, keywords};
use crate::config::Workflow;
use crate::{Map, Node, Spanned};

const KEYS: [&str; 3] = ["rules", "name", "auto_cancel"];
/// So many characters a pipeline's name may have.
const MAX_NAME: usize = 255;

/// Whether there is a pipeline at all, its name, and what cancels it (`Entry::Workflow`).
pub(super) fn workflow(value: Option<&Node>, parent: &mut Report<'_>) -> Workflow {
    let Some(value) = value else { return Workflow::default() };
    let mut report = parent.within("workflow");
    let Some(map) = value.as_map() else {
        // GitLab checks it twice and says so twice.
        report.error(value.span, "wrong-type", "config should be a hash");
        report.error(value.span, "wrong-type", "config should be a hash");
        return Workflow::default();
    };
    let count = report.count();
    check_keys(map, &mut report);
    let part = |key: &str| map.get(key).filter(|value| !value.is_null());
    let name = part("name").and_then(|value| name(value, &mut report));
    let refused = report.count() > count;
    let first_child = report.count();
    let workflow = Workflow {
        name,
        rules: part("rules").and_then(|value| keywords::workflow_rules(value, &mut report)),
        has_rules_key: map.has("rules"),
        auto_cancel: part("auto_cancel")
            .and_then(|value| auto_cancel(value, &mut report))
            .unwrap_or_default(),
    };
    if refused {
        report.mark_later(first_child);
    }
    workflow
}

fn check_keys(map: &Map, report: &mut Report<'_>) {
    let unknown: Vec<_> =
        map.iter().filter(|(key, _)| !key.as_str().is_some_and(|key| KEYS.contains(&key))).collect();
    if let Some(error) = unknown_keys(&unknown, "contains unknown keys", KEYS.into_iter(), report) {
        if unknown.iter().any(|(key, _)| key.as_str() == Some("variables")) {
            error
                .help
                .push("Variables go to the top level, or into a rule: `workflow:rules:variables`.".into());
        }
        name_known(error, &KEYS);
    }
}

fn name(value: &Node, report: &mut Report<'_>) -> Option<Spanned<std::sync::Arc<str>>> {
    let Some(text) = value.as_text() else {
        // GitLab lets it pass here and fails later without a message.
        let error = report.error(value.span, "wrong-type", "name should be a string");
        error.from_gitlab = false;
        error.help.push("Put it into quotes.".into());
        return None;
    };
    if text.chars().count() > MAX_NAME {
        let message = format!("name is too long (maximum is {MAX_NAME} characters)");
        report.error(value.span, "too-long", message);
        return None;
    }
    Some(Spanned::new(text.clone(), value.span))
}
