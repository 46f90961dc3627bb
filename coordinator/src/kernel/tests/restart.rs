//! A process that is gone without a word, and one after it.

use crate::error::KernelError;
use crate::kernel::testing::Bench;
use crate::kernel::{Act, JobVerdict, JobWord, Topic};
use crate::model::{Environment, UserId};
use crate::store::{environments, jobs};
use pipeline::{JobId, PipelineId, Status};
use std::time::{Duration, SystemTime};

#[tokio::test]
async fn everything_goes_on_where_it_was() {
    let mut bench = Bench::new().await;
    let token = bench.runner().await;
    let id =
        bench.push("a: {stage: build, script: [x]}\nb: {stage: build, script: [y]}\nc: {script: [z]}").await;
    let first = bench.take(&token).await;
    bench.reopen().await;
    // A runner that went on meanwhile is known, and its job is not given up at once.
    bench.kernel.tick().await.unwrap();
    assert_eq!(bench.say(&first, JobWord::Alive).await.verdict, JobVerdict::Accepted);
    assert_eq!(bench.kernel.authenticate_job(JobId(first.id), &first.token).unwrap().pipeline, id);
    let second = bench.take(&token).await;
    assert_ne!(second.id, first.id);
    bench.say(&first, JobWord::Success).await;
    bench.reopen().await;
    bench.say(&second, JobWord::Success).await;
    bench.succeed(&token).await;
    assert_eq!(bench.status(id).await, Status::Success);
    bench.reopen().await;
    let row = bench.named(id, "a").await;
    bench.kernel.act(UserId::ROOT, Act::Retry(row.id)).await.unwrap();
    assert_eq!(bench.take(&token).await.job_info.name, "a");
}

#[tokio::test]
async fn a_bridge_that_had_not_started_its_pipeline_does() {
    let mut bench = Bench::new().await;
    let id = bench.push("up: {trigger: {include: missing.yml}}").await;
    bench.reopen().await;
    bench.until(id, Status::Failed).await;
}

async fn deployed(bench: &Bench) -> Environment {
    let (kernel, project) = (&bench.kernel, bench.project.id);
    let settled = async {
        let mut watcher = kernel.watch(Topic::Project(project));
        loop {
            let found = kernel.environment_named(project, "prod").await.unwrap().unwrap();
            if found.url.is_some() {
                return found;
            }
            assert!(watcher.changed().await);
        }
    };
    tokio::time::timeout(Duration::from_secs(20), settled).await.unwrap()
}

/// The end of a deployment is written down, and what follows from it was not done when the process died.
#[tokio::test]
async fn a_deployment_that_was_not_settled_is_at_the_next_start() {
    let mut bench = Bench::new().await;
    let token = bench.runner().await;
    let text = "a: {script: [x], environment: {name: prod, url: 'http://$CI_JOB_NAME', auto_stop_in: 1 day}}";
    bench.push(text).await;
    let job = JobId(bench.succeed(&token).await.id);
    let mut before = deployed(&bench).await;
    let unsettled = |db: &rusqlite::Connection| Ok::<_, KernelError>(jobs::unsettled(db)?);
    assert_eq!(bench.kernel.inner.store.read(unsettled).await.unwrap(), []);
    let undo = bench.kernel.inner.store.write(move |db, _| {
        (before.url, before.auto_stop_at) = (None, None);
        environments::update(db, &before)?;
        Ok::<_, KernelError>(jobs::put_unsettled(db, job, before.id)?)
    });
    undo.await.unwrap();
    bench.reopen().await;
    let found = deployed(&bench).await;
    assert_eq!(found.url.as_deref(), Some("http://a"));
    assert!(found.auto_stop_at.is_some());
    assert_eq!(bench.kernel.inner.store.read(unsettled).await.unwrap(), []);
}

/// A ref was kept for a pipeline that was never written down, another one's was not removed in time.
#[tokio::test]
async fn refs_of_pipelines_that_are_over_or_never_were_go() {
    let mut bench = Bench::new().await;
    let token = bench.runner().await;
    let over = bench.push("a: {script: [x]}").await;
    bench.succeed(&token).await;
    let alive = bench.push("a: {script: [x]}").await;
    bench.reopen().await;
    bench.repositories.kept.lock().unwrap().extend([over, PipelineId(99)]);
    bench.kernel.sweep(SystemTime::now()).await.unwrap();
    let kept: Vec<_> = bench.repositories.kept.lock().unwrap().iter().copied().collect();
    assert_eq!(kept, [alive, PipelineId(99)], "that of a later number may be on its way");
}
