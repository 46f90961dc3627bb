//! Made-up environments and deployments.

use super::NOW;
use coordinator::model::{Deployment, Environment, EnvironmentState, Paged, ProjectId, UserId};
use coordinator::pages::views::{DeploymentItem, EnvironmentItem, EnvironmentPage};
use pipeline::{JobId, Moment, PipelineId, Status};

fn environment(id: i64, name: &str, url: &str, state: EnvironmentState) -> Environment {
    Environment {
        id,
        project: ProjectId(1),
        name: name.into(),
        slug: name.into(),
        tier: name.split('/').next().unwrap_or_default().into(),
        url: Some(url.into()),
        state,
        on_stop: Some(JobId(932)),
        auto_stop_at: None,
        created_at: Moment(NOW - 1),
        updated_at: Moment(NOW - 1),
        last: None,
    }
}

fn deployment(iid: u64, job: i64, status: Status, minutes: u64) -> DeploymentItem {
    let at = Moment(NOW - minutes * 60_000);
    let row = Deployment {
        id: iid as i64,
        iid,
        environment: 1,
        job: JobId(job),
        pipeline: PipelineId(47),
        reference: if iid.is_multiple_of(2) { "main".into() } else { "v1.2.0".into() },
        tag: !iid.is_multiple_of(2),
        sha: format!("{iid:02x}{}", &super::project_data::SHA[2..]),
        status,
        user: UserId::ROOT,
        created_at: at,
        finished_at: status.is_complete().then_some(at),
    };
    DeploymentItem {
        row,
        user: "root".into(),
        job: "deploy <production>".into(),
        title: "Release <b>1.2.0</b>".into(),
        again: status.is_complete(),
    }
}

pub(crate) fn environments() -> Vec<EnvironmentItem> {
    vec![
        EnvironmentItem {
            environment: environment(1, "production", "https://example.com", EnvironmentState::Available),
            current: Some(deployment(7, 931, Status::Success, 90)),
            newer: Some(deployment(8, 934, Status::Failed, 10)),
        },
        EnvironmentItem {
            environment: Environment {
                auto_stop_at: Some(Moment(NOW + 7_200_000)),
                ..environment(3, "review/words", "https://words.example.com", EnvironmentState::Available)
            },
            current: None,
            newer: Some(deployment(9, 932, Status::Running, 1)),
        },
        EnvironmentItem {
            environment: environment(2, "review/x", "javascript:alert(1)", EnvironmentState::Stopped),
            current: None,
            newer: None,
        },
    ]
}

pub(crate) fn page(id: i64) -> Option<EnvironmentPage> {
    let item = environments().into_iter().find(|item| item.environment.id == id)?;
    let all = match id {
        1 => vec![
            deployment(8, 934, Status::Failed, 10),
            deployment(7, 931, Status::Success, 90),
            deployment(5, 921, Status::Success, 3000),
            DeploymentItem { again: false, ..deployment(4, 911, Status::Success, 5000) },
        ],
        _ => Vec::new(),
    };
    Some(EnvironmentPage { item, deployments: Paged { total: all.len() as u64, items: all } })
}
