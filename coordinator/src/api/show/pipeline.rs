//! Pipelines.

use super::{Scene, merged, moment, moment_of, status, user};
use crate::model::{PipelineRow, Project};
use serde_json::{Value, json};

/// A pipeline, as lists have it.
pub(in crate::api) fn pipeline_basic(scene: &Scene<'_>, project: &Project, row: &PipelineRow) -> Value {
    json!({
        "id": row.id,
        "iid": row.iid,
        "project_id": row.project,
        "sha": row.sha,
        "ref": row.reference.name(),
        "status": row.status,
        "source": row.source,
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
        "web_url": scene.page(project, &format!("pipelines/{}", row.id)),
        "name": row.name,
    })
}

/// A pipeline whole.
pub(in crate::api) fn pipeline(scene: &Scene<'_>, project: &Project, row: &PipelineRow) -> Value {
    let more = json!({
        "before_sha": row.before_sha,
        "tag": row.reference.is_tag(),
        "yaml_errors": row.yaml_errors,
        "user": user(scene, row.user),
        "started_at": moment_of(row.started_at),
        "finished_at": moment_of(row.finished_at),
        "committed_at": null,
        "duration": row.duration.map(|ms| ms / 1000),
        "queued_duration": row.queued.map(|ms| ms / 1000),
        "coverage": row.coverage.map(|percent| format!("{percent:.2}")),
        "archived": false,
        "detailed_status": status::detailed(scene, project, row),
    });
    merged(pipeline_basic(scene, project, row), more)
}
