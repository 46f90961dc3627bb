//! Projects.

use super::{Scene, merged, moment};
use crate::model::Project;
use serde_json::{Value, json};

/// A project whole.
pub(in crate::api) fn project(scene: &Scene<'_>, project: &Project) -> Value {
    let namespace = project.namespace();
    let last = namespace.rsplit('/').next().unwrap_or(namespace);
    let web = scene.page(project, "");
    let ssh_host = scene.url.split("://").nth(1).unwrap_or_default();
    let ssh_host = ssh_host.split(['/', ':']).next().unwrap_or_default();
    let what = json!({
        "id": project.id,
        "name": project.name,
        "name_with_namespace": format!("{} / {}", namespace.replace('/', " / "), project.name),
        "path": project.slug(),
        "path_with_namespace": project.path,
        "description": if project.description.is_empty() { Value::Null } else { project.description.clone().into() },
        "default_branch": project.default_branch,
        "visibility": project.visibility,
        "ssh_url_to_repo": format!("git@{ssh_host}:{}.git", project.path),
        "http_url_to_repo": format!("{web}.git"),
        "web_url": web,
        "readme_url": null,
        "avatar_url": null,
        "archived": false,
        "empty_repo": false,
        "topics": [],
        "tag_list": [],
        "star_count": 0,
        "forks_count": 0,
        "created_at": moment(project.created_at),
        "last_activity_at": moment(project.created_at),
        "namespace": {
            "id": project.user,
            "name": last,
            "path": last,
            "kind": if namespace.contains('/') || !is_of_user(scene, project) { "group" } else { "user" },
            "full_path": namespace,
            "parent_id": null,
            "avatar_url": null,
            "web_url": format!("{}/{namespace}", scene.url),
        },
    });
    let settings = json!({
        "creator_id": project.user,
        "jobs_enabled": project.builds_enabled,
        "builds_access_level": if project.builds_enabled { "enabled" } else { "disabled" },
        "repository_access_level": "enabled",
        "public_jobs": true,
        "shared_runners_enabled": project.instance_runners,
        "group_runners_enabled": false,
        "ci_config_path": project.config_path,
        "ci_default_git_depth": project.git_depth,
        "build_timeout": project.timeout,
        "build_git_strategy": if project.git_fetch { "fetch" } else { "clone" },
        "auto_cancel_pending_pipelines": if project.auto_cancel { "enabled" } else { "disabled" },
        "keep_latest_artifact": project.keep_latest_artifacts,
        "ci_separated_caches": project.separate_caches,
        "ci_job_token_scope_enabled": false,
        "runners_token": null,
        "permissions": {"project_access": {"access_level": 50, "notification_level": 3}, "group_access": null},
        "_links": {
            "self": format!("{}/api/v4/projects/{}", scene.url, project.id),
            "repo_branches": format!("{}/api/v4/projects/{}/repository/branches", scene.url, project.id),
        },
    });
    merged(what, settings)
}

fn is_of_user(scene: &Scene<'_>, project: &Project) -> bool {
    scene.users.get(&project.user).is_some_and(|user| user.login == project.namespace())
}

/// A project, as a runner's details name it.
pub(in crate::api) fn project_short(project: &Project) -> Value {
    json!({
        "id": project.id,
        "name": project.name,
        "name_with_namespace": format!("{} / {}", project.namespace().replace('/', " / "), project.name),
        "path": project.slug(),
        "path_with_namespace": project.path,
        "created_at": moment(project.created_at),
    })
}
