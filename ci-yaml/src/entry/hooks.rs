//! `hooks`.

use super::Report;
use super::scripts::commands;
use super::unknown::allowed_keys;
use crate::Node;
use crate::config::Hooks;

const SCRIPT: &str = "pre_get_sources_script";

/// Commands that run at fixed points of a job (`Entry::Hooks`).
pub(super) fn hooks(value: &Node, parent: &mut Report<'_>) -> Option<Hooks> {
    let mut report = parent.within("hooks");
    let Some(map) = value.as_map() else {
        // GitLab checks it twice and says so twice.
        report.error(value.span, "wrong-type", "config should be a hash");
        report.error(value.span, "wrong-type", "config should be a hash");
        return None;
    };
    if allowed_keys(map, &[SCRIPT], &mut report) {
        return None;
    }
    let Some(script) = map.get(SCRIPT).filter(|value| !value.is_null()) else {
        return Some(Hooks::default());
    };
    Some(Hooks { pre_get_sources_script: Some(commands(SCRIPT, script, &mut report)?) })
}
