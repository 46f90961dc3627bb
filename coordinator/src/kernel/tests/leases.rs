//! Time: runners that vanish, limits, delays, queues that nobody serves.

use crate::kernel::testing::Bench;
use crate::kernel::{Act, JobWord};
use crate::model::UserId;
use pipeline::{JobId, Status};

#[tokio::test]
async fn a_job_whose_runner_vanished_is_given_up_after_a_minute_and_retried() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let id = bench
        .push("a: {script: [x], retry: {max: 2, when: [runner_system_failure, stuck_or_timeout_failure]}}")
        .await;
    let first = bench.take(&token).await;
    bench.clock.advance(55);
    bench.kernel.tick().await.unwrap();
    assert_eq!(bench.rows(id).await.len(), 1, "its time is not over");
    bench.clock.advance(1);
    bench.kernel.tick().await.unwrap();
    let rows = bench.rows(id).await;
    assert_eq!(rows[0].failure_reason.as_deref(), Some("runner_system_failure"), "it was never heard of");
    assert_eq!(bench.say(&first, JobWord::Alive).await.status, Some(Status::Failed));
    // One that was heard of, by a piece of its trace say.
    let second = bench.take(&token).await;
    for _ in 0..4 {
        bench.clock.advance(40);
        bench.kernel.job_seen(JobId(second.id));
        bench.kernel.tick().await.unwrap();
    }
    assert_eq!(bench.status(id).await, Status::Running);
    bench.clock.advance(61);
    bench.kernel.tick().await.unwrap();
    let rows = bench.rows(id).await;
    assert_eq!(rows[1].failure_reason.as_deref(), Some("stuck_or_timeout_failure"));
    bench.succeed(&token).await;
    assert_eq!(bench.status(id).await, Status::Success);
}

#[tokio::test]
async fn the_server_ends_what_takes_too_long() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let id = bench.push("a: {script: [x], timeout: 10 minutes}").await;
    let job = bench.take(&token).await;
    for _ in 0..13 {
        bench.clock.advance(50);
        bench.say(&job, JobWord::Alive).await;
        bench.kernel.tick().await.unwrap();
    }
    assert_eq!(bench.status(id).await, Status::Running, "its runner has the first word");
    bench.clock.advance(20);
    bench.kernel.tick().await.unwrap();
    assert_eq!(bench.named(id, "a").await.failure_reason.as_deref(), Some("job_execution_server_timeout"));
}

#[tokio::test]
async fn a_canceled_job_of_a_vanished_runner_is_canceled_in_the_end() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let id = bench.push("a: {script: [x]}").await;
    let job = bench.take(&token).await;
    bench.kernel.act(UserId::ROOT, Act::CancelJob { job: JobId(job.id), force: false }).await.unwrap();
    assert_eq!(bench.status(id).await, Status::Canceling);
    bench.clock.advance(61);
    bench.kernel.tick().await.unwrap();
    assert_eq!(bench.status(id).await, Status::Canceled);
}

#[tokio::test]
async fn delayed_jobs_start_on_time_or_not_at_all() {
    let mut bench = Bench::new().await;
    let token = bench.runner().await;
    let text = "a: {script: [x], when: delayed, start_in: 30 minutes}";
    let id = bench.push(text).await;
    assert_eq!(bench.status(id).await, Status::Scheduled);
    bench.clock.advance(1799);
    bench.kernel.tick().await.unwrap();
    assert_eq!(bench.status(id).await, Status::Scheduled);
    bench.reopen().await;
    bench.clock.advance(1);
    bench.kernel.tick().await.unwrap();
    assert_eq!(bench.status(id).await, Status::Pending);
    bench.succeed(&token).await;
    let late = bench.push(text).await;
    bench.clock.advance(1800 + 3601);
    bench.reopen().await;
    bench.kernel.tick().await.unwrap();
    assert_eq!(bench.named(late, "a").await.failure_reason.as_deref(), Some("stale_schedule"));
    let stopped = bench.push(text).await;
    let job = bench.named(stopped, "a").await.id;
    bench.kernel.act(UserId::ROOT, Act::Unschedule(job)).await.unwrap();
    assert_eq!(bench.named(stopped, "a").await.status, Status::Manual);
}

#[tokio::test]
async fn jobs_that_nobody_takes_fail_in_the_end() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let text = "a: {script: [x], tags: [rare]}\nb: {script: [y]}";
    let id = bench.push(text).await;
    bench.clock.advance(3601);
    assert!(bench.kernel.verify_runner(&token, crate::kernel::testing::machine()).await.is_ok());
    bench.kernel.tick().await.unwrap();
    assert_eq!(bench.named(id, "a").await.failure_reason.as_deref(), Some("stuck_or_timeout_failure"));
    assert_eq!(bench.named(id, "b").await.status, Status::Pending, "a runner is there that would take it");
    bench.clock.advance(24 * 3600);
    bench.kernel.tick().await.unwrap();
    assert_eq!(bench.named(id, "b").await.status, Status::Failed);
}

#[tokio::test]
async fn a_runner_at_work_does_not_ask_and_is_there_all_the_same() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let id = bench.push("a: {script: [x], timeout: 4h}\nb: {script: [y]}").await;
    let job = bench.take(&token).await;
    for _ in 0..160 {
        bench.clock.advance(50);
        bench.kernel.job_seen(JobId(job.id));
    }
    bench.kernel.tick().await.unwrap();
    assert_eq!(bench.named(id, "a").await.status, Status::Running);
    assert_eq!(
        bench.named(id, "b").await.status,
        Status::Pending,
        "more than two hours after its last request"
    );
}
