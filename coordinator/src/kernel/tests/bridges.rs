//! Pipelines that jobs start.

use crate::kernel::testing::Bench;
use crate::kernel::{Act, Created, JobWord, NewPipeline, Topic};
use crate::model::{GitRef, NewProject, UserId};
use pipeline::{PipelineId, Status};
use std::time::Duration;

/// A child whose configuration is of another commit's file cannot be had here, so it is of the same file by rules.
const FAMILY: &str = "
up:
  trigger: {include: .gitlab-ci.yml, strategy: depend}
  rules: [{if: '$CI_PIPELINE_SOURCE != \"parent_pipeline\"'}]
down:
  script: [x]
  rules: [{if: '$CI_PIPELINE_SOURCE == \"parent_pipeline\"'}]
";

#[tokio::test]
async fn a_child_runs_and_its_end_is_the_bridges() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let id = bench.push(FAMILY).await;
    bench.until(id, Status::Running).await;
    let view = bench.kernel.pipeline(id).await.unwrap();
    let child = view.children[0].id;
    assert_eq!((view.jobs[0].downstream, view.children[0].source.as_str()), (Some(child), "parent_pipeline"));
    assert_eq!(bench.kernel.pipeline(child).await.unwrap().parent.unwrap().id, id);
    let job = bench.take(&token).await;
    bench.clock.advance(3);
    bench.say(&job, JobWord::Success).await;
    assert_eq!(bench.status(child).await, Status::Success);
    let row = bench.kernel.pipeline(id).await.unwrap().row;
    assert_eq!((row.status, row.duration), (Status::Success, Some(3000)));
}

#[tokio::test]
async fn a_cancel_reaches_children_and_deleting_takes_them_along() {
    let bench = Bench::new().await;
    let id = bench.push(FAMILY).await;
    bench.until(id, Status::Running).await;
    let child = bench.kernel.pipeline(id).await.unwrap().children[0].id;
    bench.kernel.act(UserId::ROOT, Act::CancelPipeline(id)).await.unwrap();
    assert_eq!((bench.status(id).await, bench.status(child).await), (Status::Canceled, Status::Canceled));
    bench.kernel.act(UserId::ROOT, Act::DeletePipeline(id)).await.unwrap();
    assert!(bench.kernel.pipeline(child).await.is_err());
}

#[tokio::test]
async fn a_bridge_fails_with_words_where_nothing_can_be_started() {
    let bench = Bench::new().await;
    let id = bench.push("up: {trigger: {include: missing.yml}}").await;
    bench.until(id, Status::Failed).await;
    let row = bench.named(id, "up").await;
    assert_eq!(row.failure_reason.as_deref(), Some("downstream_pipeline_creation_failed"));
    assert!(row.message.unwrap().contains("missing.yml"));
    let id = bench.push("up: {trigger: g/nowhere}").await;
    bench.until(id, Status::Failed).await;
    let row = bench.named(id, "up").await;
    assert_eq!(row.failure_reason.as_deref(), Some("downstream_bridge_project_not_found"));
}

#[tokio::test]
async fn pipelines_that_start_themselves_come_to_an_end() {
    let bench = Bench::new().await;
    let id = bench.push("up: {trigger: {project: g/p, strategy: depend}}").await;
    bench.until(id, Status::Failed).await;
}

/// The pipeline that a bridge started or shows, once it has one.
async fn downstream(bench: &Bench, id: PipelineId, name: &str) -> PipelineId {
    let mut watcher = bench.kernel.watch(Topic::Pipeline(id));
    let found = async {
        loop {
            if let Some(found) = bench.named(id, name).await.downstream {
                return found;
            }
            assert!(watcher.changed().await);
        }
    };
    tokio::time::timeout(Duration::from_secs(20), found).await.unwrap()
}

/// A bridge that shows the status of a pipeline of another project that was there before.
#[tokio::test]
async fn a_mirror_follows_and_leaves_what_it_shows_alone() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let upstream = bench.kernel.create_project(NewProject::at("g/up")).await.unwrap();
    bench.repositories.commit(&"f".repeat(40), "up", "a: {script: [x]}\nb: {stage: deploy, script: [x]}");
    let main = GitRef::Branch("main".into());
    let new = NewPipeline::push(upstream.id, main, "f".repeat(40), UserId::ROOT);
    let Created::Pipeline(shown) = bench.kernel.create_pipeline(new).await.unwrap() else {
        panic!("no pipeline")
    };
    let id = bench.push("follow: {needs: [{pipeline: g/up}]}").await;
    let mut bench = bench;
    assert_eq!(downstream(&bench, id, "follow").await, shown);
    assert_eq!(bench.named(id, "follow").await.status, Status::Pending);
    bench.succeed(&token).await;
    assert_eq!(bench.named(id, "follow").await.status, Status::Running);
    bench.reopen().await;
    let job = bench.take(&token).await;
    bench.say(&job, JobWord::Failed { reason: None, exit_code: Some(1) }).await;
    assert_eq!((bench.status(shown).await, bench.status(id).await), (Status::Failed, Status::Failed));
    bench.kernel.act(UserId::ROOT, Act::RetryPipeline(shown)).await.unwrap();
    assert_eq!(bench.status(id).await, Status::Running, "what is shown came back to life");
    bench.kernel.act(UserId::ROOT, Act::CancelPipeline(id)).await.unwrap();
    assert_ne!(bench.status(shown).await, Status::Canceled, "it is not ours to cancel");
}

#[tokio::test]
async fn a_pipeline_that_shows_itself_fails() {
    let bench = Bench::new().await;
    let id = bench.push("follow: {needs: [{pipeline: g/p}]}").await;
    bench.until(id, Status::Failed).await;
    assert_eq!(bench.named(id, "follow").await.failure_reason.as_deref(), Some("pipeline_loop_detected"));
}

/// `strategy: mirror`: the bridge is what its child is, at any time.
#[tokio::test]
async fn a_bridge_with_the_strategy_mirror_follows_its_child() {
    let mut bench = Bench::new().await;
    let token = bench.runner().await;
    let id = bench.push(&FAMILY.replace("strategy: depend", "strategy: mirror")).await;
    let child = downstream(&bench, id, "up").await;
    let job = bench.take(&token).await;
    assert_eq!((bench.status(child).await, bench.status(id).await), (Status::Running, Status::Running));
    bench.reopen().await;
    bench.say(&job, JobWord::Failed { reason: None, exit_code: Some(1) }).await;
    assert_eq!((bench.status(child).await, bench.status(id).await), (Status::Failed, Status::Failed));
    bench.kernel.act(UserId::ROOT, Act::RetryPipeline(child)).await.unwrap();
    assert_eq!(bench.named(id, "up").await.status, bench.status(child).await);
}
