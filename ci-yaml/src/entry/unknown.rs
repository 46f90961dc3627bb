//! Keys that nobody knows: GitLab's message, the nearest valid spelling, and where the key belongs instead.

use super::Report;
use crate::diagnostic::nearest;
use crate::{Diagnostic, Entry, Key, Map};

/// So many further keys are pointed at in one message.
const MOST_LABELS: usize = 10;

/// Reports all keys of a map but the known ones (`AllowedKeysValidator`). Returns whether there were any.
pub(super) fn allowed_keys(map: &Map, known: &[&'static str], report: &mut Report<'_>) -> bool {
    let unknown: Vec<_> =
        map.iter().filter(|(key, _)| !key.as_str().is_some_and(|key| known.contains(&key))).collect();
    match unknown_keys(&unknown, "contains unknown keys", known.iter().copied(), report) {
        Some(error) => {
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

/// Where a key belongs that somebody wrote into a job, if it is one of those that people write there.
pub(super) fn misplaced_in_job(key: &str) -> Option<&'static str> {
    Some(match key {
        "name" => "A job's name is the key above it.",
        "branches" | "branch" | "refs" => {
            "Branches are chosen by rules, as in `rules: [{if: '$CI_COMMIT_BRANCH == \"main\"'}]`."
        }
        "if" | "changes" | "exists" => "Conditions of a job go into the list `rules`.",
        "steps" | "commands" | "command" | "cmd" | "scripts" | "run_script" => {
            "The commands of a job go into the list `script`."
        }
        "runs_on" | "runs-on" | "runner" | "runners" => "The list `tags` chooses the runner.",
        "shell" => "The shell is a setting of the runner; call another one in `script`.",
        "env" | "environment_variables" | "vars" => "Variables of a job go into the map `variables`.",
        "depends_on" | "requires" | "depends" => {
            "Jobs that must have finished before go into the list `needs`."
        }
        "stages" => "A job has one `stage`; the list `stages` belongs to the top level.",
        "type" => "The stage of a job is its `stage`.",
        "types" => "The stages are the list `stages` of the top level.",
        "include" => "`include` belongs to the top level; `trigger:include` starts a child pipeline.",
        "workflow" | "default" | "spec" => "It belongs to the top level.",
        "<<" => {
            "A merge key takes a map: `&name` gives an anchor to the value behind it, `*name` refers to one. \
             Aliases only work within one file."
        }
        "paths" | "untracked" => "It belongs under `artifacts` or `cache`.",
        "expire_in" | "reports" | "expose_as" | "exclude" => "It belongs under `artifacts`.",
        "key" | "policy" | "fallback_keys" => "It belongs under `cache`.",
        "entrypoint" | "pull_policy" => "It belongs under `image`.",
        "url" | "action" | "on_stop" | "auto_stop_in" | "deployment_tier" => {
            "It belongs under `environment`."
        }
        "matrix" => "It belongs under `parallel`.",
        "exit_codes" => "It belongs under `allow_failure`.",
        "max" => "It belongs under `retry`.",
        "pre_get_sources_script" => "It belongs under `hooks`.",
        "auto_cancel" => "It belongs under `workflow`.",
        "strategy" | "forward" | "project" => "It belongs under `trigger`.",
        "description" => "A job has no description; a comment tells as much.",
        _ => return None,
    })
}
