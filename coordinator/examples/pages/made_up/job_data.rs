//! Made-up jobs of every status.

use super::NOW;
use coordinator::model::{JobRow, ProjectId, RunnerId, TimeoutSource, UserId};
use pipeline::{JobId, Moment, PipelineId, Status, When};

const STAGES: [&str; 4] = ["build", "test", "package", "deploy"];

pub(crate) fn job(id: i64, stage: usize, name: &str, status: Status) -> JobRow {
    let at = Moment(NOW - 170_000);
    let started = (status.is_executing() || status.is_complete() && status != Status::Skipped)
        .then_some(Moment(at.0 + 4000));
    JobRow {
        id: JobId(id),
        pipeline: PipelineId(48),
        project: ProjectId(1),
        name: name.into(),
        stage: STAGES[stage].into(),
        stage_index: stage,
        status,
        bridge: false,
        when: When::OnSuccess,
        allow_failure: false,
        failure_reason: (status == Status::Failed).then(|| "script_failure".into()),
        exit_code: (status == Status::Failed).then_some(101),
        created_at: at,
        queued_at: (status != Status::Created && status != Status::Manual).then_some(at),
        started_at: started,
        finished_at: (started.is_some() && status.is_complete()).then_some(Moment(at.0 + 76_000)),
        scheduled_at: None,
        retried: false,
        retry_of: None,
        needs: None,
        tags: Vec::new(),
        resource_group: None,
        environment: None,
        manual_confirmation: None,
        coverage_regex: None,
        downstream: None,
        user: UserId::ROOT,
        runner: started.map(|_| RunnerId(3)),
        system_id: started.map(|_| "s_1a2b3c".into()),
        timeout: started.map(|_| 3600),
        timeout_source: started.map(|_| TimeoutSource::Project),
        coverage: None,
        erased_at: None,
        erased_by: None,
        artifacts_expire_at: None,
        debug_trace: false,
        artifact_access: pipeline::ArtifactAccess::All,
        message: None,
    }
}

pub(crate) fn jobs() -> Vec<JobRow> {
    let needs = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let manual = |job: JobRow| JobRow { when: When::Manual, ..job };
    vec![
        JobRow {
            artifacts_expire_at: Some(Moment(NOW + 86_400_000 * 6)),
            needs: Some(vec![]),
            coverage: Some(81.5),
            ..job(901, 0, "compile", Status::Success)
        },
        job(902, 0, "long log", Status::Success),
        JobRow { allow_failure: true, ..job(903, 0, "lint", Status::Failed) },
        JobRow { needs: needs(&["compile"]), ..job(911, 1, "test 1/3", Status::Running) },
        JobRow { needs: needs(&["compile"]), ..job(912, 1, "test 2/3", Status::Success) },
        JobRow {
            needs: needs(&["compile"]),
            tags: vec!["linux".into(), "gpu".into()],
            ..job(913, 1, "test 3/3", Status::Pending)
        },
        JobRow { retried: true, ..job(914, 1, "integration", Status::Failed) },
        JobRow {
            retry_of: Some(JobId(914)),
            needs: needs(&["compile", "long log"]),
            ..job(915, 1, "integration", Status::Failed)
        },
        JobRow { tags: vec!["arm64".into()], ..job(916, 1, "hardware", Status::Pending) },
        job(917, 1, "<script>alert('name')</script>", Status::Canceled),
        JobRow { bridge: true, downstream: Some(PipelineId(49)), ..job(918, 1, "docs", Status::Success) },
        JobRow {
            needs: needs(&["test 1/3", "test 2/3", "test 3/3", "integration"]),
            ..job(921, 2, "package: [deb, amd64]", Status::Created)
        },
        JobRow { needs: needs(&["test 1/3"]), ..job(922, 2, "package: [rpm, amd64]", Status::Created) },
        JobRow {
            resource_group: Some("registry".into()),
            ..job(923, 2, "image", Status::WaitingForResource)
        },
        job(924, 2, "a job with a name that is much too long for its card", Status::Skipped),
        manual(JobRow {
            environment: Some("production".into()),
            manual_confirmation: Some("Deploy to production now?".into()),
            ..job(931, 3, "deploy production", Status::Manual)
        }),
        manual(JobRow {
            environment: Some("staging".into()),
            allow_failure: true,
            ..job(932, 3, "deploy staging", Status::Manual)
        }),
        JobRow {
            when: When::Delayed,
            scheduled_at: Some(Moment(NOW + 754_000)),
            ..job(933, 3, "rollout 50%", Status::Scheduled)
        },
        job(934, 3, "stopping", Status::Canceling),
    ]
}

/// One more step of a pipeline that never ends.
pub(crate) fn turn(jobs: &mut [JobRow], round: u64) {
    let next = [Status::Pending, Status::Running, Status::Success, Status::Created];
    if let Some(job) = jobs.iter_mut().find(|job| job.id == JobId(913)) {
        job.status = next[usize::try_from(round).unwrap_or(0) % next.len()];
    }
}
