//! What jobs get, what they leave, and what runners say of them.

use crate::kernel::testing::{Bench, machine};
use crate::kernel::{Act, Handout, JobVerdict, JobWord, LatestJob};
use crate::model::{ArtifactRow, ProjectId, RunnerChange, UserId, Variable};
use pipeline::{JobId, Moment, Status};
use protocol::{FailureReason, Secret};
use std::time::Duration;

fn archive(job: JobId, expire_at: Option<Moment>) -> ArtifactRow {
    ArtifactRow {
        job,
        project: ProjectId(0),
        kind: "archive".into(),
        format: "zip".into(),
        filename: "artifacts.zip".into(),
        size: 10,
        sha256: "00".into(),
        path: format!("artifacts/0/{job}/archive/artifacts.zip"),
        expire_at,
        locked: false,
        created_at: Moment(0),
    }
}

#[tokio::test]
async fn a_payload_has_all_that_a_runner_needs() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let own = |key: &str, value: &str| Variable::new(Some(bench.project.id), key, value);
    for variable in [
        own("PLAIN", "1"),
        Variable { protected: true, ..own("PROTECTED", "2") },
        Variable { scope: "prod*".into(), ..own("SCOPED", "3") },
        Variable { scope: "test".into(), ..own("OTHER", "4") },
        Variable::new(None, "PLAIN", "of the instance"),
    ] {
        bench.kernel.set_variable(variable).await.unwrap();
    }
    let id = bench.push("a: {script: [x], environment: production, timeout: 20 minutes}").await;
    let job = bench.take(&token).await;
    let value = |name: &str| job.variable(name).map(|variable| variable.value.as_str());
    assert_eq!((value("PLAIN"), value("PROTECTED")), (Some("1"), Some("2")));
    assert_eq!((value("SCOPED"), value("OTHER")), (Some("3"), None));
    assert_eq!(value("CI_PIPELINE_ID"), Some("1"));
    assert_eq!(value("CI_SERVER_URL"), Some("http://127.0.0.1:8000"));
    let url = format!("http://gitlab-ci-token:{}@127.0.0.1:8000/g/p.git", job.token.expose());
    assert_eq!(job.git_info.repo_url.expose(), url);
    assert_eq!(job.git_info.refspecs[0], "+refs/pipelines/1:refs/pipelines/1");
    assert_eq!(job.runner_info.timeout, 1200);
    let row = bench.named(id, "a").await;
    assert_eq!(
        (row.timeout, row.runner.is_some(), row.system_id.as_deref()),
        (Some(1200), true, Some("s_1"))
    );
    // A branch that is not protected does not see protected variables.
    let branch = crate::model::GitRef::Branch("topic".into());
    bench.push_to(&branch, "m", "a: {script: [x]}").await;
    let job = bench.take(&token).await;
    assert!(job.variable("PROTECTED").is_none() && job.variable("PLAIN").is_some());
}

#[tokio::test]
async fn a_token_opens_its_job_and_only_while_it_runs() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    bench.push("a: {script: [x]}\nb: {script: [y]}").await;
    let (one, other) = (bench.take(&token).await, bench.take(&token).await);
    let id = JobId(one.id);
    assert!(bench.kernel.authenticate_job(id, &one.token).is_some());
    assert!(bench.kernel.authenticate_job(id, &other.token).is_none());
    assert!(bench.kernel.authenticate_job(id, &Secret::new("")).is_none());
    assert_eq!(bench.kernel.job_of_token(&one.token).unwrap().job, id);
    let foreign = bench.kernel.job_update(id, &other.token, JobWord::Success).await.unwrap();
    assert_eq!((foreign.verdict, foreign.status), (JobVerdict::Forbidden, None));
    let alive = bench.say(&one, JobWord::Alive).await;
    assert_eq!((alive.verdict, alive.status), (JobVerdict::Accepted, Some(Status::Running)));
    let done = bench.say(&one, JobWord::Success).await;
    assert_eq!((done.verdict, done.status), (JobVerdict::Accepted, Some(Status::Success)));
    let twice = bench.say(&one, JobWord::Success).await;
    assert_eq!((twice.verdict, twice.status), (JobVerdict::Forbidden, Some(Status::Success)));
    assert!(bench.kernel.job_of_token(&one.token).is_none());
    let unknown = bench.kernel.job_update(JobId(999), &one.token, JobWord::Alive).await.unwrap();
    assert_eq!((unknown.verdict, unknown.status), (JobVerdict::Forbidden, None));
}

#[tokio::test]
async fn watched_traces_are_wanted_sooner() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    bench.push("a: {script: [x]}").await;
    let job = bench.take(&token).await;
    assert_eq!(bench.say(&job, JobWord::Alive).await.interval, 10);
    let _watcher = bench.kernel.watch(crate::kernel::Topic::Trace(JobId(job.id)));
    assert_eq!(bench.say(&job, JobWord::Alive).await.interval, 3);
}

#[tokio::test]
async fn artifacts_and_dotenv_reach_those_who_depend_on_them() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let text = "a: {stage: build, script: [x], artifacts: {paths: [f]}}\nb: {script: [y]}\nc: {script: [z], needs: []}";
    let id = bench.push(text).await;
    let first = bench.take(&token).await;
    let free = bench.take(&token).await;
    assert!(free.dependencies.is_empty());
    let job = JobId(first.id);
    let stored = bench.kernel.artifact_stored(archive(job, None)).await.unwrap();
    assert!(stored.locked, "it may be the latest of its ref");
    assert!(bench.kernel.artifact_stored(archive(job, None)).await.is_ok(), "the same once more");
    let other = ArtifactRow { sha256: "11".into(), ..archive(job, None) };
    assert!(bench.kernel.artifact_stored(other).await.is_err());
    bench.kernel.dotenv_stored(job, vec![("FROM_A".into(), "yes".into())]).await.unwrap();
    bench.kernel.coverage(job, 80.0).await.unwrap();
    bench.say(&first, JobWord::Success).await;
    let second = bench.take(&token).await;
    assert_eq!(second.dependencies.len(), 1);
    assert_eq!(second.dependencies[0].artifacts_file.size, 10);
    assert_eq!(second.dependencies[0].token, second.token);
    assert_eq!(second.variable("FROM_A").unwrap().value, "yes");
    bench.say(&second, JobWord::Success).await;
    bench.say(&free, JobWord::Success).await;
    let row = bench.kernel.pipeline(id).await.unwrap().row;
    assert_eq!((row.status, row.coverage), (Status::Success, Some(80.0)));
    let wanted = LatestJob { reference: "main".into(), job: "a".into() };
    assert_eq!(bench.kernel.latest_job(bench.project.id, wanted).await.unwrap().artifacts.len(), 1);
}

#[tokio::test]
async fn a_job_fails_when_artifacts_it_depends_on_are_gone() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let text = "a: {stage: build, script: [x]}\nm: {script: [y], when: manual}\n";
    let id = bench.push(text).await;
    let first = bench.take(&token).await;
    bench.say(&first, JobWord::Success).await;
    bench.kernel.act(UserId::ROOT, Act::Erase(JobId(first.id))).await.unwrap();
    let manual = bench.named(id, "m").await;
    let play = Act::Play { job: manual.id, variables: Vec::new() };
    bench.kernel.act(UserId::ROOT, play).await.unwrap();
    assert!(matches!(bench.ask(&token).await, Handout::Conflict));
    let row = bench.named(id, "m").await;
    assert_eq!(row.failure_reason.as_deref(), Some("missing_dependency_failure"));
}

#[tokio::test]
async fn artifacts_expire_unless_they_are_the_latest_of_their_ref() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let mut stored = Vec::new();
    for _ in 0..2 {
        bench.push("a: {script: [x]}").await;
        let job = bench.take(&token).await;
        let soon = Moment(bench.kernel.now().0 + 10_000);
        bench.kernel.artifact_stored(archive(JobId(job.id), Some(soon))).await.unwrap();
        bench.say(&job, JobWord::Success).await;
        stored.push(JobId(job.id));
    }
    bench.clock.advance(20);
    bench.kernel.tick().await.unwrap();
    assert_eq!(bench.kernel.artifacts(stored[0]).await.unwrap(), []);
    assert_eq!(bench.kernel.artifacts(stored[1]).await.unwrap().len(), 1);
    let main = crate::model::GitRef::Branch("main".into());
    bench.kernel.ref_deleted(bench.project.id, main).await.unwrap();
    bench.kernel.tick().await.unwrap();
    assert_eq!(bench.kernel.artifacts(stored[1]).await.unwrap(), []);
}

#[tokio::test]
async fn a_runner_that_lacks_a_feature_fails_the_job() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let id = bench.push("a: {script: [x], allow_failure: {exit_codes: [3]}}").await;
    let mut old = machine();
    old.info.features = protocol::Features::default();
    let answer = bench.kernel.request_job(&token, old, None, Duration::ZERO).await.unwrap();
    assert!(matches!(answer, Handout::Conflict));
    assert_eq!(bench.named(id, "a").await.failure_reason.as_deref(), Some("runner_unsupported"));
}

#[tokio::test]
async fn a_failure_is_retried_as_configured_and_forgiven_by_its_code() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let text = "a: {script: [x], retry: {max: 1, when: script_failure}, allow_failure: {exit_codes: [7]}}";
    let id = bench.push(text).await;
    let failed = JobWord::Failed { reason: Some(FailureReason::ScriptFailure), exit_code: Some(7) };
    let job = bench.take(&token).await;
    bench.say(&job, failed.clone()).await;
    assert_eq!((bench.rows(id).await.len(), bench.status(id).await), (2, Status::Running));
    let job = bench.take(&token).await;
    bench.say(&job, failed).await;
    let row = bench.kernel.pipeline(id).await.unwrap().row;
    assert_eq!((row.status, row.has_warnings), (Status::Success, true));
}

#[tokio::test]
async fn the_smallest_time_limit_counts() {
    let bench = Bench::new().await;
    let (runner, token) =
        bench.kernel.create_runner(crate::model::NewRunner::instance("short")).await.unwrap();
    let limit = RunnerChange { maximum_timeout: Some(Some(600)), ..RunnerChange::default() };
    bench.kernel.update_runner(runner.id, limit).await.unwrap();
    bench.push("a: {script: [x]}").await;
    assert_eq!(bench.take(&token).await.runner_info.timeout, 600);
}

#[tokio::test]
async fn environments_follow_what_is_deployed() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let text = "up: {script: [x], environment: {name: review/$CI_COMMIT_REF_SLUG, url: 'https://$HOST.example.com', on_stop: down}}\n\
                down: {script: [y], when: manual, environment: {name: review/$CI_COMMIT_REF_SLUG, action: stop}}\n";
    bench.push(text).await;
    let all = bench.kernel.environments(bench.project.id, Default::default(), Default::default());
    let environments = all.await.unwrap().items;
    assert_eq!((environments.len(), environments[0].name.as_str()), (1, "review/main"));
    assert_eq!(environments[0].last, None);
    let mut watcher = bench.kernel.watch(crate::kernel::Topic::Project(bench.project.id));
    let up = bench.take(&token).await;
    bench.kernel.dotenv_stored(JobId(up.id), vec![("HOST".into(), "h1".into())]).await.unwrap();
    bench.say(&up, JobWord::Success).await;
    let id = environments[0].id;
    let url = async {
        loop {
            if let Some(url) = bench.kernel.environment(id).await.unwrap().url {
                return url;
            }
            watcher.changed().await;
        }
    };
    let url = tokio::time::timeout(Duration::from_secs(20), url).await.unwrap();
    assert_eq!(url, "https://h1.example.com");
    let found = bench.kernel.environment(id).await.unwrap();
    assert_eq!(found.last.unwrap().status, Status::Success);
    bench.kernel.stop_environment(UserId::ROOT, id).await.unwrap();
    assert_eq!(bench.succeed(&token).await.job_info.name, "down");
    let found = bench.kernel.environment(id).await.unwrap();
    assert_eq!(found.state, crate::model::EnvironmentState::Stopped);
    bench.kernel.delete_environment(id).await.unwrap();
}
