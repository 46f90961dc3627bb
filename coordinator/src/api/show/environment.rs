//! Environments and deployments.

use super::{Scene, moment, moment_of, user};
use crate::model::{Deployment, Environment};
use pipeline::Status;
use serde_json::{Value, json};

/// An environment.
pub(in crate::api) fn environment(scene: &Scene<'_>, of: &Environment) -> Value {
    json!({
        "id": of.id,
        "name": of.name,
        "slug": of.slug,
        "external_url": of.url,
        "tier": of.tier,
        "state": of.state,
        "created_at": moment(of.created_at),
        "updated_at": moment(of.updated_at),
        "auto_stop_at": moment_of(of.auto_stop_at),
        "last_deployment": of.last.as_ref().map(|last| deployed(scene, last)),
    })
}

/// What was deployed, and where.
pub(in crate::api) fn deployment(scene: &Scene<'_>, to: &Environment, of: &Deployment) -> Value {
    let to = json!({"environment": {"id": to.id, "name": to.name, "external_url": to.url}});
    super::merged(deployed(scene, of), to)
}

fn deployed(scene: &Scene<'_>, of: &Deployment) -> Value {
    json!({
        "id": of.id,
        "iid": of.iid,
        "ref": of.reference,
        "sha": of.sha,
        "status": deployment_status(of.status),
        "created_at": moment(of.created_at),
        "updated_at": moment(of.finished_at.unwrap_or(of.created_at)),
        "finished_at": moment_of(of.finished_at),
        "user": user(scene, of.user),
        "deployable": {"id": of.job, "status": of.status, "pipeline": {"id": of.pipeline}},
    })
}

/// GitLab's word for how a deployment stands, of its job's.
pub(in crate::api) fn deployment_status(of: Status) -> &'static str {
    match of {
        Status::Running | Status::Canceling => "running",
        Status::Success => "success",
        Status::Failed => "failed",
        Status::Canceled => "canceled",
        Status::Skipped => "skipped",
        Status::Manual => "blocked",
        Status::Created
        | Status::WaitingForResource
        | Status::Preparing
        | Status::WaitingForCallback
        | Status::Pending
        | Status::Scheduled => "created",
    }
}
