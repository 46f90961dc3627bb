//! Made-up runners.

use super::NOW;
use coordinator::model::{
    AccessLevel, GitRef, Manager, Runner, RunnerId, RunnerKind, RunnerState, RunnerView, UserId,
};
use coordinator::pages::views::{RunnerItem, RunningJob};
use pipeline::{JobId, Moment, Status};

fn runner(id: i64, description: &str, tags: &[&str]) -> Runner {
    Runner {
        id: RunnerId(id),
        kind: RunnerKind::InstanceType,
        projects: Vec::new(),
        description: description.into(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        run_untagged: true,
        access_level: AccessLevel::NotProtected,
        locked: false,
        paused: false,
        maximum_timeout: None,
        maintenance_note: String::new(),
        short_token: "AbCdEf12".into(),
        token_expires_at: None,
        registered: false,
        user: UserId::ROOT,
        created_at: Moment(NOW - 86_400_000),
    }
}

fn item(runner: Runner, state: RunnerState, jobs: Vec<RunningJob>) -> RunnerItem {
    let contacted_at = (state != RunnerState::NeverContacted).then_some(Moment(NOW - 20_000));
    let manager = Manager {
        runner: runner.id,
        system_id: "s_1a2b3c4d5e6f".into(),
        info: protocol::Info {
            name: "gitlab-runner".into(),
            version: "18.5.0".into(),
            platform: "linux".into(),
            architecture: "amd64".into(),
            ..protocol::Info::default()
        },
        created_at: Moment(NOW - 86_400_000),
        contacted_at,
        ip_address: Some("192.0.2.7".into()),
    };
    let managers = contacted_at.map(|_| manager).into_iter().collect();
    let running = jobs.iter().map(|job| job.id).collect();
    let past = vec![
        running_job(902, "long log", Status::Success, Some(72_000)),
        running_job(915, "integration", Status::Failed, Some(9_000)),
    ];
    RunnerItem {
        view: RunnerView { runner, state, contacted_at, managers, running },
        jobs,
        past,
        projects: Vec::new(),
    }
}

fn running_job(id: i64, name: &str, status: Status, duration: Option<u64>) -> RunningJob {
    RunningJob {
        id: JobId(id),
        name: name.into(),
        project: "root/hello".into(),
        reference: GitRef::Branch("main".into()),
        status,
        started_at: Some(Moment(NOW - 166_000)),
        duration,
    }
}

pub(crate) fn runners() -> Vec<RunnerItem> {
    vec![
        item(
            runner(3, "demo shell runner", &["linux", "shell"]),
            RunnerState::Online,
            vec![running_job(911, "test 1/3", Status::Running, None)],
        ),
        item(
            Runner { paused: true, ..runner(4, "build box <two>", &["docker", "gpu"]) },
            RunnerState::Online,
            vec![],
        ),
        item(
            Runner { locked: true, kind: RunnerKind::ProjectType, ..runner(5, "old laptop", &[]) },
            RunnerState::NeverContacted,
            vec![],
        ),
    ]
}
