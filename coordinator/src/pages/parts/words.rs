//! Small things that many pages say.

use super::icon;
use crate::model::{GitRef, Project};
use crate::pages::Ui;
use crate::pages::text::Text;
use crate::pages::text::duration::clock;
use crate::pages::ui::escape_query;
use maud::{Markup, html};
use pipeline::Moment;

/// `2 hours ago`; the full time is told on pointing at it.
pub(crate) fn time_ago(ui: &Ui, moment: Moment) -> Markup {
    let full = moment.iso8601();
    html! { time datetime=(full) title=(full) { (ui.ago(moment)) } }
}

/// A duration as `hh:mm:ss`, with its icon.
pub(crate) fn took(ui: &Ui, milliseconds: u64) -> Markup {
    html! {
        span.took title=(ui.t(Text::Duration)) {
            (icon(ui, "timer")) span.sr { (ui.t(Text::Duration)) " " } (clock(milliseconds))
        }
    }
}

/// A branch or a tag, linked to its pipelines.
pub(crate) fn ref_chip(ui: &Ui, project: &Project, reference: &GitRef) -> Markup {
    let (name, kind) = if reference.is_tag() { ("tag", Text::Tag) } else { ("branch", Text::Branch) };
    let href = ui.of(project, &format!("/-/pipelines?ref={}", escape_query(reference.name())));
    html! {
        a.chip.mono href=(href) title=(reference.name()) {
            (icon(ui, name)) span.sr { (ui.t(kind)) " " } span.cut { (reference.name()) }
        }
    }
}

/// A commit, linked to its pipelines.
pub(crate) fn commit_chip(ui: &Ui, project: &Project, sha: &str) -> Markup {
    let short: String = sha.chars().take(8).collect();
    let href = ui.of(project, &format!("/-/pipelines?sha={}", escape_query(sha)));
    html! { a.chip.mono href=(href) title=(sha) { (icon(ui, "commit")) span.sr { (ui.t(Text::Commit)) " " } (short) } }
}

/// A size for people.
pub(crate) fn bytes(size: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut rest = size;
    let mut tenth = 0;
    while rest >= 1024 && unit + 1 < UNITS.len() {
        tenth = rest % 1024 * 10 / 1024;
        rest /= 1024;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if unit == 0 { format!("{rest} {name}") } else { format!("{rest}.{tenth} {name}") }
}

/// Why a job failed, in words.
pub(crate) fn failure(ui: &Ui, reason: &str) -> String {
    let text = match reason {
        "script_failure" => Text::FailedScript,
        "api_failure" => Text::FailedApi,
        "stuck_or_timeout_failure"
        | "stuck_pending_with_matching_runners"
        | "stuck_pending_no_matching_runners" => Text::FailedStuck,
        "no_updates_running" | "no_updates_canceling" => Text::FailedSilent,
        "runner_system_failure" => Text::FailedRunner,
        "missing_dependency_failure" => Text::FailedDependency,
        "runner_unsupported" => Text::FailedUnsupported,
        "stale_schedule" => Text::FailedSchedule,
        "job_execution_timeout" => Text::FailedTimeout,
        "job_execution_server_timeout" | "server_timeout_running" | "server_timeout_canceling" => {
            Text::FailedServerTimeout
        }
        "scheduler_failure" | "data_integrity_failure" => Text::FailedInternal,
        "no_matching_runner" => Text::FailedNoRunner,
        "trace_size_exceeded" => Text::FailedTraceSize,
        "runner_configuration_error" => Text::FailedConfiguration,
        "runner_external_dependency_failure" | "image_pull_failure" => Text::FailedExternal,
        "runner_interrupted" => Text::FailedInterrupted,
        "downstream_pipeline_creation_failed" => Text::FailedDownstream,
        "downstream_bridge_project_not_found" => Text::FailedDownstreamProject,
        "invalid_bridge_trigger" => Text::FailedTrigger,
        "reached_max_descendant_pipelines_depth" | "reached_max_pipeline_hierarchy_size" => {
            Text::FailedTooMany
        }
        "pipeline_loop_detected" => Text::FailedLoop,
        "environment_creation_failure" => Text::FailedEnvironment,
        "unknown_failure" | "" => Text::FailedUnknown,
        other => return other.replace('_', " "),
    };
    ui.t(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_have_one_decimal() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(u64::MAX), "16777215.9 TiB");
    }
}
