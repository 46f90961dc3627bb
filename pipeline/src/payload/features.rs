//! What runners are told of the coordinator.

use protocol::PayloadFeatures;

/// The failure reasons that are understood: GitLab's list. What is not in it, a runner replaces by one that is
/// (`image_pull_failure` by `runner_system_failure`), and `retry:when` goes by what arrives.
pub const FAILURE_REASONS: &[&str] = &[
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
    "stuck_pending_with_matching_runners",
    "stuck_pending_no_matching_runners",
    "no_updates_running",
    "no_updates_canceling",
    "server_timeout_running",
    "server_timeout_canceling",
    "runner_configuration_error",
    "runner_external_dependency_failure",
    "runner_interrupted",
];

pub(super) fn features() -> PayloadFeatures {
    PayloadFeatures {
        trace_sections: true,
        token_mask_prefixes: Vec::new(),
        failure_reasons: FAILURE_REASONS.iter().map(ToString::to_string).collect(),
    }
}
