//! `detailed_status`.

use super::Scene;
use crate::model::{PipelineRow, Project};
use pipeline::Status;
use serde_json::{Value, json};

/// Icon, text and label of a pipeline's status.
pub(super) fn of_pipeline(status: Status, warnings: bool) -> (&'static str, &'static str, &'static str) {
    match status {
        Status::Created => ("status_created", "Created", "created"),
        Status::WaitingForResource => ("status_pending", "Waiting", "waiting for resource"),
        Status::WaitingForCallback => ("status_pending", "Waiting", "waiting for callback"),
        Status::Preparing => ("status_preparing", "Preparing", "preparing"),
        Status::Pending => ("status_pending", "Pending", "pending"),
        Status::Running => ("status_running", "Running", "running"),
        Status::Success if warnings => ("status_warning", "Warning", "passed with warnings"),
        Status::Success => ("status_success", "Passed", "passed"),
        Status::Failed => ("status_failed", "Failed", "failed"),
        Status::Canceling => ("status_canceled", "Canceling", "canceling"),
        Status::Canceled => ("status_canceled", "Canceled", "canceled"),
        Status::Skipped => ("status_skipped", "Skipped", "skipped"),
        Status::Manual => ("status_manual", "Blocked", "waiting for manual action"),
        Status::Scheduled => ("status_scheduled", "Delayed", "waiting for delayed job"),
    }
}

/// The whole of it.
pub(super) fn detailed(scene: &Scene<'_>, project: &Project, row: &PipelineRow) -> Value {
    let warnings = row.has_warnings && row.status == Status::Success;
    let (icon, text, label) = of_pipeline(row.status, row.has_warnings);
    let group = if warnings { "success-with-warnings" } else { row.status.as_str() };
    let path = scene.page(project, &format!("pipelines/{}", row.id));
    json!({
        "icon": icon,
        "text": text,
        "label": label,
        "group": group.replace('_', "-"),
        "tooltip": label,
        "has_details": true,
        "details_path": path.strip_prefix(scene.url).unwrap_or(&path),
        "illustration": null,
        "favicon": format!("/assets/ci_favicons/favicon_{}.png", icon),
    })
}
