//! Requests for jobs that wait.

use crate::rig::Rig;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_runner_gets_a_job_at_once() {
    let rig = Rig::start().await;
    let nothing = rig.ask("").await;
    assert_eq!(nothing.status, 204);
    let version = nothing.header("x-gitlab-last-update").unwrap().to_owned();
    let more = format!(r#","last_update":"{version}""#);
    let ask = rig.ask(&more);
    // A job that nobody takes tells who waits.
    let other = rig.push("other: {script: [make], tags: [nobody]}").await;
    let other = rig.kernel.pipeline(other).await.unwrap().jobs[0].id;
    let push = async {
        while rig.kernel.why_pending(other).await.unwrap()[0].waiting == 0 {
            tokio::task::yield_now().await;
        }
        rig.push("job: {script: [make]}").await;
        Instant::now()
    };
    let (answer, pushed) = tokio::join!(async { (ask.await, Instant::now()) }, push);
    assert_eq!(answer.0.status, 201);
    let late = answer.1.saturating_duration_since(pushed);
    assert!(late < Duration::from_millis(500), "{late:?} after the push");
}

#[tokio::test]
async fn a_request_that_waited_in_vain_is_told_the_version() {
    let settings =
        coordinator::runner_api::RunnerApi { patience: Duration::from_millis(200), ..crate::rig::settings() };
    let rig = Rig::with(settings, coordinator::files::FileLimits::default()).await;
    let first = rig.ask("").await;
    let version = first.header("x-gitlab-last-update").unwrap();
    let began = Instant::now();
    let second = rig.ask(&format!(r#","last_update":"{version}""#)).await;
    assert!(began.elapsed() >= Duration::from_millis(200));
    assert_eq!((second.status, second.header("x-gitlab-last-update")), (204, Some(version)));
}
