//! `retry`.

use super::attribute::Attribute;
use super::{keys, pull_policy};
use crate::config::Retry;
use crate::entry::Report;
use crate::{Node, Value};

/// Failure reasons that may be retried: all that a server knows (`Ci::Build.failure_reasons`), and `always`.
const REASONS: [&str; 42] = [
    "always",
    "unknown_failure",
    "script_failure",
    "api_failure",
    "stuck_or_timeout_failure",
    "runner_system_failure",
    "missing_dependency_failure",
    "runner_unsupported",
    "stale_schedule",
    "job_execution_timeout",
    "archived_failure",
    "unmet_prerequisites",
    "scheduler_failure",
    "data_integrity_failure",
    "forward_deployment_failure",
    "user_blocked",
    "project_deleted",
    "ci_quota_exceeded",
    "pipeline_loop_detected",
    "no_matching_runner",
    "trace_size_exceeded",
    "builds_disabled",
    "environment_creation_failure",
    "deployment_rejected",
    "failed_outdated_deployment_job",
    "job_execution_server_timeout",
    "protected_environment_failure",
    "insufficient_bridge_permissions",
    "downstream_bridge_project_not_found",
    "invalid_bridge_trigger",
    "upstream_bridge_project_not_found",
    "insufficient_upstream_permissions",
    "bridge_pipeline_is_child_pipeline",
    "downstream_pipeline_creation_failed",
    "secrets_provider_not_found",
    "reached_max_descendant_pipelines_depth",
    "ip_restriction_failure",
    "reached_max_pipeline_hierarchy_size",
    "reached_downstream_pipeline_trigger_rate_limit",
    "runner_configuration_error",
    "runner_external_dependency_failure",
    "runner_interrupted",
];
/// Groups of newer reasons, by how they begin.
const GROUPS: [&str; 3] = ["stuck_pending_", "no_updates_", "server_timeout_"];

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

fn reasons(attribute: Attribute<'_>, report: &mut Report<'_>) {
    let known = |text: &str| REASONS.contains(&text) || GROUPS.iter().any(|group| text.starts_with(group));
    let Some(value) = attribute.given() else { return };
    match &value.value {
        Value::Seq(items) => {
            let unknown = |item: &&Node| !item.as_str().is_some_and(known);
            let unknown: Vec<Node> = items.iter().filter(unknown).cloned().collect();
            pull_policy::unknown(attribute, &unknown, &REASONS, report);
        }
        Value::Str(text) if !known(text) => {
            let near = crate::diagnostic::nearest(text, REASONS);
            let found = attribute.fail(report, "unknown-value", "is not included in the list");
            found.note = near.map(|near| format!("did you mean `{near}`?"));
        }
        _ => {}
    }
}
