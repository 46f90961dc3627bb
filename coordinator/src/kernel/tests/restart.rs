//! A process that is gone without a word, and one after it.

use crate::kernel::testing::Bench;
use crate::kernel::{Act, JobVerdict, JobWord};
use crate::model::UserId;
use pipeline::{JobId, Status};

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
