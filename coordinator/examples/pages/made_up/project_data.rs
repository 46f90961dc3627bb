//! A made-up project with its pipelines.

use super::NOW;
use coordinator::model::{CommitRow, GitRef, PipelineRow, Project, ProjectId, StageRow, UserId};
use pipeline::{Moment, PipelineId, Status};

pub(crate) const SHA: &str = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";

/// The configuration that is edited.
pub(crate) const CONFIG: &str = "stages: [build, test]\n\nvariables:\n  TARGET:\n    value: staging\n    description: Where to deploy to\n    options: [staging, production]\n\ncompile:\n  stage: build\n  script: make\n\ntest:\n  stage: test\n  needs: [compile]\n  script:\n    - make test\n";

pub(crate) fn project() -> Project {
    Project {
        id: ProjectId(1),
        path: "root/hello".into(),
        name: "hello".into(),
        description: "A small program that says hello".into(),
        default_branch: "main".into(),
        visibility: "private".into(),
        config_path: ".gitlab-ci.yml".into(),
        timeout: 3600,
        git_depth: 20,
        git_fetch: true,
        auto_cancel: true,
        builds_enabled: true,
        instance_runners: true,
        keep_latest_artifacts: true,
        separate_caches: true,
        cache_index: 0,
        protected_branches: vec!["main".into()],
        protected_tags: vec!["v*".into()],
        user: UserId::ROOT,
        created_at: Moment(NOW - 86_400_000 * 40),
    }
}

pub(crate) fn pipeline(id: i64, status: Status, reference: GitRef, title: &str, minutes: u64) -> PipelineRow {
    let at = Moment(NOW - minutes * 60_000);
    let over = status.is_complete();
    PipelineRow {
        id: PipelineId(id),
        iid: id as u64,
        project: ProjectId(1),
        reference,
        sha: SHA.into(),
        before_sha: "0".repeat(40),
        source: "push".into(),
        status,
        name: None,
        commit: CommitRow {
            message: format!("{title}\n\nMore about it."),
            author: "Ada <ada@example.com>".into(),
            timestamp: at.iso8601(),
        },
        protected: true,
        yaml_errors: None,
        failure_reason: None,
        warnings: Vec::new(),
        user: UserId::ROOT,
        parent: None,
        auto_canceled_by: None,
        created_at: at,
        updated_at: at,
        started_at: Some(Moment(at.0 + 2000)),
        finished_at: over.then_some(Moment(at.0 + 154_000)),
        duration: over.then_some(152_000),
        queued: Some(2000),
        coverage: None,
        has_warnings: false,
        cancelable: !over,
        retryable: status == Status::Failed,
    }
}

pub(crate) fn pipelines() -> Vec<PipelineRow> {
    let branch = |name: &str| GitRef::Branch(name.into());
    vec![
        PipelineRow {
            coverage: Some(81.5),
            retryable: true,
            warnings: vec!["jobs:a may allow multiple pipelines".into()],
            ..pipeline(
                48,
                Status::Running,
                branch("main"),
                "Parse words as well as numbers, and say so in the documentation of the parser",
                3,
            )
        },
        PipelineRow {
            has_warnings: true,
            ..pipeline(47, Status::Success, GitRef::Tag("v1.2.0".into()), "Release 1.2.0", 90)
        },
        pipeline(
            46,
            Status::Failed,
            branch("feature/a-very-long-name-of-a-branch-that-goes-on"),
            "Try something <b>bold</b>",
            200,
        ),
        PipelineRow {
            yaml_errors: Some("jobs:test config contains unknown keys: scrpt".into()),
            failure_reason: Some("config_error".into()),
            ..pipeline(45, Status::Failed, branch("main"), "Break the configuration", 1500)
        },
        PipelineRow {
            source: "schedule".into(),
            ..pipeline(44, Status::Manual, branch("main"), "Deploy by hand", 3000)
        },
        PipelineRow {
            auto_canceled_by: Some(PipelineId(44)),
            ..pipeline(43, Status::Canceled, branch("main"), "Too late", 3100)
        },
        pipeline(42, Status::Skipped, branch("main"), "Fix a typo [ci skip]", 60_000),
    ]
}

pub(crate) fn child() -> PipelineRow {
    PipelineRow {
        name: Some("Docs".into()),
        ..pipeline(49, Status::Success, GitRef::Branch("main".into()), "Parse words", 2)
    }
}

pub(crate) fn stages() -> Vec<StageRow> {
    let stage = |(index, (name, status)): (usize, (&str, Status))| StageRow {
        name: name.into(),
        index,
        status,
        has_warnings: false,
    };
    let all = [
        ("build", Status::Success),
        ("test", Status::Running),
        ("package", Status::Created),
        ("deploy", Status::Manual),
    ];
    all.into_iter().enumerate().map(stage).collect()
}
