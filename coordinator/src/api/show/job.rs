//! Jobs and bridges.

use super::{Scene, commit_row, manager, moment, moment_of, pipeline_basic, runner, seconds, user};
use crate::model::{ArtifactRow, JobRow, PipelineRow, Project, RunnerView};
use pipeline::Status;
use serde_json::{Map, Value, json};

/// What both have.
fn common(scene: &Scene<'_>, project: &Project, row: &JobRow, of: &PipelineRow) -> Map<String, Value> {
    let shown = json!({
        "id": row.id,
        "status": row.status,
        "stage": row.stage,
        "name": row.name,
        "ref": of.reference.name(),
        "tag": of.reference.is_tag(),
        "coverage": row.coverage,
        "allow_failure": row.allow_failure,
        "created_at": moment(row.created_at),
        "started_at": moment_of(row.started_at),
        "finished_at": moment_of(row.finished_at),
        "erased_at": moment_of(row.erased_at),
        "duration": seconds(row.duration(scene.now)),
        "queued_duration": seconds(row.queued(scene.now)),
        "user": user(scene, row.user),
        "commit": commit_row(&of.sha, &of.commit),
        "pipeline": pipeline_basic(scene, project, of),
        "web_url": scene.page(project, &format!("jobs/{}", row.id)),
        "project": {"ci_job_token_scope_enabled": false},
    });
    let Value::Object(mut shown) = shown else { return Map::new() };
    if row.status == Status::Failed {
        shown.insert("failure_reason".into(), row.failure_reason.clone().into());
    }
    shown
}

/// A job. `taken_by` is the runner that took it.
pub(in crate::api) fn job(
    scene: &Scene<'_>,
    project: &Project,
    row: &JobRow,
    of: &PipelineRow,
    artifacts: &[ArtifactRow],
    taken_by: Option<&RunnerView>,
) -> Value {
    let mut shown = common(scene, project, row, of);
    let archive = artifacts.iter().find(|artifact| artifact.kind == "archive");
    if let Some(archive) = archive {
        let file = json!({"filename": archive.filename, "size": archive.size});
        shown.insert("artifacts_file".into(), file);
    }
    let machine = taken_by.and_then(|view| {
        let id = row.system_id.as_deref()?;
        view.managers.iter().position(|manager| manager.system_id == id).map(|at| (at, &view.managers[at]))
    });
    let more = json!({
        "artifacts": artifacts.iter().map(artifact).collect::<Vec<_>>(),
        "runner": taken_by.map(|view| runner(scene, view)),
        "runner_manager": machine.map(|(at, machine)| manager(scene, at, machine)),
        "artifacts_expire_at": moment_of(row.artifacts_expire_at),
        "archived": false,
        "tag_list": row.tags,
    });
    if let Value::Object(more) = more {
        shown.extend(more);
    }
    Value::Object(shown)
}

fn artifact(row: &ArtifactRow) -> Value {
    json!({
        "file_type": row.kind,
        "size": row.size,
        "filename": row.filename,
        "file_format": row.format,
    })
}

/// A bridge, with the pipeline it started.
pub(in crate::api) fn bridge(
    scene: &Scene<'_>,
    project: &Project,
    row: &JobRow,
    of: &PipelineRow,
    downstream: Option<(&Project, &PipelineRow)>,
) -> Value {
    let mut shown = common(scene, project, row, of);
    let downstream = downstream.map(|(project, row)| pipeline_basic(scene, project, row));
    shown.insert("downstream_pipeline".into(), downstream.unwrap_or_default());
    Value::Object(shown)
}
