//! Runners and their machines.

use super::{Projects, Scene, merged, moment, moment_of, project_short};
use crate::model::{Manager, RunnerKind, RunnerState, RunnerView};
use serde_json::{Value, json};

/// A runner, as lists have it.
pub(in crate::api) fn runner(scene: &Scene<'_>, view: &RunnerView) -> Value {
    let of = &view.runner;
    let creator = scene.users.get(&of.user);
    json!({
        "id": of.id,
        "description": of.description,
        "ip_address": view.managers.first().and_then(|manager| manager.ip_address.clone()).unwrap_or_default(),
        "active": !of.paused,
        "paused": of.paused,
        "is_shared": of.kind == RunnerKind::InstanceType,
        "runner_type": of.kind,
        "name": view.managers.first().map(|manager| manager.info.name.clone()),
        "online": view.state == RunnerState::Online,
        "created_by": creator.map(|user| json!({"id": user.id, "username": user.login, "name": user.name})),
        "created_at": moment(of.created_at),
        "status": view.state,
        "job_execution_status": if view.running.is_empty() { "idle" } else { "active" },
    })
}

/// A runner whole.
pub(in crate::api) fn runner_details(scene: &Scene<'_>, view: &RunnerView, projects: &Projects) -> Value {
    let of = &view.runner;
    let info = view.managers.first().map(|manager| &manager.info);
    let known: Vec<Value> = of.projects.iter().filter_map(|id| projects.get(id)).map(project_short).collect();
    let more = json!({
        "tag_list": of.tags,
        "run_untagged": of.run_untagged,
        "locked": of.locked,
        "maximum_timeout": of.maximum_timeout,
        "access_level": of.access_level,
        "version": info.map(|info| info.version.clone()),
        "revision": info.map(|info| info.revision.clone()),
        "platform": info.map(|info| info.platform.clone()),
        "architecture": info.map(|info| info.architecture.clone()),
        "contacted_at": moment_of(view.contacted_at),
        "maintenance_note": if of.maintenance_note.is_empty() { Value::Null } else { of.maintenance_note.clone().into() },
        "projects": known,
        "groups": [],
        "token_expires_at": moment_of(of.token_expires_at),
    });
    merged(runner(scene, view), more)
}

/// A machine; they have no numbers of their own, so its place stands for one.
pub(in crate::api) fn manager(scene: &Scene<'_>, at: usize, manager: &Manager) -> Value {
    let state = RunnerState::of(manager.contacted_at, manager.created_at, scene.now);
    json!({
        "id": at + 1,
        "system_id": manager.system_id,
        "version": manager.info.version,
        "revision": manager.info.revision,
        "platform": manager.info.platform,
        "architecture": manager.info.architecture,
        "created_at": moment(manager.created_at),
        "contacted_at": moment_of(manager.contacted_at),
        "ip_address": manager.ip_address,
        "status": state,
        "job_execution_status": "idle",
    })
}
