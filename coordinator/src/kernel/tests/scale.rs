//! Many jobs and many runners. What this takes in a release build is measured by `cargo run -p bench`; here it is
//! only to be right.

use crate::kernel::testing::{Bench, machine};
use crate::kernel::{Handout, JobWord};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

#[tokio::test]
async fn every_job_goes_to_one_of_the_runners_that_wait() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (kernel, token) = (bench.kernel.clone(), token.clone());
        waiting.spawn(async move {
            let mut mine = Vec::new();
            loop {
                let answer =
                    kernel.request_job(&token, machine(), None, Duration::from_secs(2)).await.unwrap();
                let Handout::Job(job) = answer else { return mine };
                mine.push(job.id);
                kernel.job_update(pipeline::JobId(job.id), &job.token, JobWord::Success).await.unwrap();
            }
        });
    }
    let mut text = String::new();
    for job in 0..400 {
        let _ = writeln!(text, "j{job}: {{script: [x]}}");
    }
    let started = Instant::now();
    let id = bench.push(&text).await;
    let taken: Vec<i64> = waiting.join_all().await.into_iter().flatten().collect();
    println!("400 jobs over 100 runners in {:?}, the last wait of 2 s included", started.elapsed());
    assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), 400);
    assert_eq!(taken.len(), 400, "none was handed out twice");
    assert_eq!(bench.status(id).await, pipeline::Status::Success);
}
