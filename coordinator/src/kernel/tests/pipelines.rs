//! Pipelines of pushes, and what people do with them.

use crate::kernel::testing::Bench;
use crate::kernel::{Act, Created, JobWord, NewPipeline};
use crate::model::{GitRef, Page, PipelineFilter, ProjectChange, UserId};
use pipeline::{PipelineId, Status};

const TWO: &str = "a: {stage: build, script: [x]}\nb: {stage: test, script: [y]}\n";

fn by() -> UserId {
    UserId::ROOT
}

#[tokio::test]
async fn a_push_makes_a_pipeline_whose_jobs_run_in_order() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let id = bench.push(TWO).await;
    assert_eq!(bench.status(id).await, Status::Pending);
    assert!(bench.repositories.kept.lock().unwrap().contains(&id));
    let first = bench.take(&token).await;
    assert_eq!((first.job_info.name.as_str(), bench.status(id).await), ("a", Status::Running));
    bench.clock.advance(5);
    bench.say(&first, JobWord::Success).await;
    assert_eq!(bench.succeed(&token).await.job_info.name, "b");
    let view = bench.kernel.pipeline(id).await.unwrap();
    assert_eq!((view.row.status, view.row.duration, view.row.iid), (Status::Success, Some(5000), 1));
    assert_eq!(view.stages.iter().map(|stage| stage.status).collect::<Vec<_>>(), [Status::Success; 2]);
    assert_eq!(view.row.commit.title(), "commit");
    bench.kernel.close().await;
}

#[tokio::test]
async fn skipped_empty_and_wrong_pushes_say_so() {
    let bench = Bench::new().await;
    let main = GitRef::Branch("main".into());
    let skipped = bench.push_to(&main, "x [ci skip]", TWO).await;
    let Created::Skipped(id) = skipped else { panic!("{skipped:?}") };
    let view = bench.kernel.pipeline(id).await.unwrap();
    assert_eq!((view.row.status, view.jobs.len()), (Status::Skipped, 0));
    let invalid = bench.try_push("a: {script: [x], stage: nowhere}").await;
    let Created::Invalid { pipeline: Some(id), errors } = invalid else { panic!("{invalid:?}") };
    let row = bench.kernel.pipeline(id).await.unwrap().row;
    assert_eq!(row.status, Status::Failed);
    assert_eq!(
        (row.yaml_errors.as_deref(), row.failure_reason.as_deref()),
        (Some(&*errors[0]), Some("config_error"))
    );
    assert!(errors[0].contains("nowhere"), "{errors:?}");
    let none = bench.try_push("a: {script: [x], rules: [{if: '$X'}]}").await;
    assert!(matches!(none, Created::None { .. }), "{none:?}");
    let missing = bench.try_push("").await;
    assert!(matches!(missing, Created::None { .. }), "{missing:?}");
    // Asked for by hand, nothing is stored of what is wrong.
    let before =
        bench.kernel.pipelines(None, PipelineFilter::default(), Page::default()).await.unwrap().total;
    let sha = "f".repeat(40);
    bench.repositories.commit(&sha, "m", "a: 1");
    let api = NewPipeline { source: "api".into(), ..NewPipeline::push(bench.project.id, main, sha, by()) };
    let refused = bench.kernel.create_pipeline(api).await.unwrap();
    assert!(matches!(refused, Created::Invalid { pipeline: None, .. }), "{refused:?}");
    let after = bench.kernel.pipelines(None, PipelineFilter::default(), Page::default()).await.unwrap().total;
    assert_eq!((before, after), (2, 2));
}

#[tokio::test]
async fn numbers_count_in_the_project_and_over_all() {
    let bench = Bench::new().await;
    let other = bench.kernel.create_project(crate::model::NewProject::at("g/q")).await.unwrap();
    let first = bench.push(TWO).await;
    let sha = "e".repeat(40);
    bench.repositories.commit(&sha, "m", TWO);
    let new = NewPipeline::push(other.id, GitRef::Tag("v1".into()), sha, by());
    let Created::Pipeline(second) = bench.kernel.create_pipeline(new).await.unwrap() else { panic!() };
    assert_eq!((first, second), (PipelineId(1), PipelineId(2)));
    assert_eq!(bench.kernel.pipeline(second).await.unwrap().row.iid, 1);
    let tags = PipelineFilter { scope: Some("tags".into()), ..PipelineFilter::default() };
    assert_eq!(bench.kernel.pipelines(None, tags, Page::default()).await.unwrap().items[0].id, second);
}

#[tokio::test]
async fn a_newer_commit_cancels_what_has_not_started() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let first = bench.push(TWO).await;
    let second = bench.push(TWO).await;
    let row = bench.kernel.pipeline(first).await.unwrap().row;
    assert_eq!((row.status, row.auto_canceled_by), (Status::Canceled, Some(second)));
    // One that runs something uninterruptible goes on.
    let job = bench.take(&token).await;
    let third = bench.push(TWO).await;
    assert_eq!(bench.status(second).await, Status::Running);
    bench.say(&job, JobWord::Success).await;
    // A tag of the same name is another ref.
    let tag = bench.push_to(&GitRef::Tag("main".into()), "m", TWO).await;
    assert!(matches!(tag, Created::Pipeline(_)));
    assert_eq!(bench.status(third).await, Status::Pending);
    let off = ProjectChange { auto_cancel: Some(false), ..ProjectChange::default() };
    bench.kernel.update_project(bench.project.id, off).await.unwrap();
    bench.push(TWO).await;
    assert_eq!(bench.status(third).await, Status::Pending);
}

#[tokio::test]
async fn buttons_play_retry_and_cancel() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let text =
        "a: {script: [x]}\nm: {script: [y], when: manual, stage: deploy}\nz: {script: [z], stage: deploy}";
    let id = bench.push(text).await;
    let job = bench.take(&token).await;
    let failed = JobWord::Failed { reason: None, exit_code: Some(3) };
    bench.say(&job, failed).await;
    let row = bench.named(id, "a").await;
    assert_eq!(
        (row.status, row.failure_reason.as_deref(), row.exit_code),
        (Status::Failed, Some("unknown_failure"), Some(3))
    );
    assert_eq!(bench.named(id, "z").await.status, Status::Skipped);
    let again = bench.kernel.act(by(), Act::Retry(row.id)).await.unwrap();
    assert_ne!(again.job, Some(row.id));
    assert_eq!(bench.status(id).await, Status::Running);
    assert!(bench.kernel.act(by(), Act::Retry(row.id)).await.is_err(), "it was retried");
    bench.succeed(&token).await;
    let manual = bench.named(id, "m").await;
    assert!(manual.is_playable());
    let variable =
        crate::model::PipelineVariable { key: "V".into(), value: "secret-1".into(), file: false, raw: false };
    let play = Act::Play { job: manual.id, variables: vec![variable] };
    bench.kernel.act(by(), play.clone()).await.unwrap();
    assert!(bench.kernel.act(by(), play).await.is_err(), "it was played");
    let payloads = [bench.take(&token).await, bench.take(&token).await];
    let played = payloads.iter().find(|job| job.job_info.name == "m").unwrap();
    assert_eq!(played.variable("V").unwrap().value, "secret-1");
    bench.kernel.act(by(), Act::CancelPipeline(id)).await.unwrap();
    assert_eq!(bench.status(id).await, Status::Canceling);
    for job in &payloads {
        let answer = bench.say(job, JobWord::Alive).await;
        assert_eq!(answer.status, Some(Status::Canceling));
        bench.say(job, JobWord::Success).await;
    }
    assert_eq!(bench.status(id).await, Status::Canceled);
}

#[tokio::test]
async fn a_pipeline_is_removed_with_its_jobs() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let id = bench.push(TWO).await;
    let job = bench.take(&token).await;
    bench.kernel.act(by(), Act::DeletePipeline(id)).await.unwrap();
    assert!(bench.kernel.pipeline(id).await.is_err());
    assert!(bench.kernel.authenticate_job(pipeline::JobId(job.id), &job.token).is_none());
    let next = bench.push(TWO).await;
    assert!(next > id);
    assert!(bench.rows(next).await[0].id.0 > job.id, "numbers are never given twice");
}

#[tokio::test]
async fn resource_groups_are_held_by_one_job_of_all_pipelines() {
    let mut bench = Bench::new().await;
    let token = bench.runner().await;
    let off = ProjectChange { auto_cancel: Some(false), ..ProjectChange::default() };
    bench.kernel.update_project(bench.project.id, off).await.unwrap();
    let text = "a: {script: [x], resource_group: prod}";
    let ids = [bench.push(text).await, bench.push(text).await, bench.push(text).await];
    assert_eq!(bench.status(ids[0]).await, Status::Pending);
    assert_eq!(bench.status(ids[1]).await, Status::WaitingForResource);
    bench.reopen().await;
    bench.succeed(&token).await;
    assert_eq!(bench.status(ids[1]).await, Status::Pending);
    assert_eq!(bench.status(ids[2]).await, Status::WaitingForResource);
    bench.kernel.act(by(), Act::CancelPipeline(ids[1])).await.unwrap();
    assert_eq!(bench.status(ids[2]).await, Status::Pending);
}
