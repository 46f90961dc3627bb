use super::*;
use crate::model::{ArtifactRow, JobRow, PipelineRow, RunnerView, UserId};
use serde_json::json;

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn someone() -> User {
    read(
        json!({"id": 1, "login": "root", "name": "Ana", "email": "ana@example", "admin": true, "created_at": 0}),
    )
}

fn app() -> Project {
    read(json!({
        "id": 7, "path": "acme/app", "name": "App", "default_branch": "main", "visibility": "private",
        "config_path": ".gitlab-ci.yml", "timeout": 3600, "git_depth": 20, "git_fetch": true, "auto_cancel": true,
        "builds_enabled": true, "instance_runners": true, "keep_latest_artifacts": true, "separate_caches": true,
        "cache_index": 0, "protected_branches": [], "protected_tags": [], "user": 1, "created_at": 0,
    }))
}

fn of() -> PipelineRow {
    let sha = "6f1e0a2b".repeat(5);
    read(json!({
        "id": 4711, "iid": 38, "project": 7, "reference": {"kind": "branch", "name": "main"}, "sha": sha,
        "before_sha": "0".repeat(40), "source": "push", "status": "failed", "name": null,
        "commit": {"message": "Add parser\n\nMore", "author": "Ana <ana@example>", "timestamp": "2026-01-05T10:00:00Z"},
        "protected": true, "yaml_errors": null, "failure_reason": null, "user": 1, "parent": null,
        "auto_canceled_by": null, "created_at": 1_767_607_200_120_u64, "updated_at": 1_767_607_391_004_u64,
        "started_at": 1_767_607_204_000_u64, "finished_at": 1_767_607_391_000_u64, "duration": 171_900, "queued": 4_000,
        "coverage": 81.5, "has_warnings": false, "cancelable": false, "retryable": true,
    }))
}

fn unit() -> JobRow {
    read(json!({
        "id": 90_210, "pipeline": 4711, "project": 7, "name": "unit 1/3", "stage": "test", "stage_index": 1,
        "status": "failed", "bridge": false, "when": "on_success", "allow_failure": false,
        "failure_reason": "script_failure", "exit_code": 1, "created_at": 1_767_607_200_200_u64,
        "queued_at": 1_767_607_200_600_u64, "started_at": 1_767_607_202_000_u64, "finished_at": 1_767_607_263_020_u64,
        "scheduled_at": null, "retried": false, "retry_of": null, "needs": null, "tags": ["docker"],
        "resource_group": null, "environment": null, "manual_confirmation": null, "coverage_regex": null,
        "downstream": null, "user": 1, "runner": 3, "system_id": "s_ab12", "timeout": 3600,
        "timeout_source": "project", "coverage": 81.5, "erased_at": null, "erased_by": null,
        "artifacts_expire_at": null, "debug_trace": false, "message": null,
    }))
}

fn runner_view() -> RunnerView {
    let now = 1_767_607_263_000_u64;
    RunnerView {
        runner: read(json!({
            "id": 3, "kind": "project_type", "projects": [7], "description": "host-1", "tags": ["docker"],
            "run_untagged": false, "access_level": "not_protected", "locked": true, "paused": false,
            "maximum_timeout": null, "short_token": "glrt-abc", "token_expires_at": null, "registered": false,
            "user": 1, "created_at": now,
        })),
        state: crate::model::RunnerState::Online,
        contacted_at: Some(Moment(now)),
        managers: vec![read(json!({
            "runner": 3, "system_id": "s_ab12", "created_at": now, "contacted_at": now, "ip_address": "10.0.0.4",
            "info": {"name": "gitlab-runner", "version": "19.4.0", "revision": "abc", "platform": "linux", "architecture": "amd64"},
        }))],
        running: Vec::new(),
    }
}

#[test]
fn a_job_whole() {
    let users = HashMap::from([(UserId(1), someone())]);
    let scene = Scene { url: "https://ci.example", users: &users, now: Moment(1_767_607_300_000) };
    let artifacts: Vec<ArtifactRow> = vec![read(json!({
        "job": 90_210, "project": 7, "kind": "archive", "format": "zip", "filename": "artifacts.zip", "size": 1042,
        "sha256": "", "path": "artifacts/90/90210/archive/x", "expire_at": null, "locked": false, "created_at": 0,
    }))];
    let shown = job(&scene, &app(), &unit(), &of(), &artifacts, Some(&runner_view()));
    insta::assert_snapshot!(serde_json::to_string_pretty(&shown).unwrap());
}

#[test]
fn a_pipeline_whole() {
    let users = HashMap::from([(UserId(1), someone())]);
    let scene = Scene { url: "https://ci.example", users: &users, now: Moment(0) };
    insta::assert_snapshot!(serde_json::to_string_pretty(&pipeline(&scene, &app(), &of())).unwrap());
}

#[test]
fn moments_have_milliseconds() {
    assert_eq!(moment(Moment(1_767_607_200_120)), "2026-01-05T10:00:00.120Z");
    assert_eq!(moment(Moment(0)), "1970-01-01T00:00:00.000Z");
    assert_eq!(moment_of(None), None);
    assert_eq!(seconds(Some(61_020)), Some(61.02));
}
