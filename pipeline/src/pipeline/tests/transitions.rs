//! What may happen to a job in each status: all else is refused.

use super::bench::{Bench, failed};
use crate::*;

/// A pipeline with one job `j` in a status.
fn with(status: Status) -> Bench {
    let flags = match status {
        Status::Manual => "B",
        Status::Scheduled => "delayed",
        Status::WaitingForResource => "group=g",
        Status::Skipped => "on_failure",
        _ => "",
    };
    let mut bench =
        Bench::new(&format!("a:0; j:1 {flags} {{{}}}", if status == Status::Created { "a" } else { "" }));
    let job = bench.id("j");
    match status {
        Status::Running => drop(bench.take("j")),
        Status::Success => drop(bench.succeed("j")),
        Status::Failed => drop(bench.fail("j")),
        Status::Canceled => drop(bench.apply(Event::Cancel(job))),
        Status::Canceling => {
            bench.apply(Event::Taken { job, graceful: true });
            bench.apply(Event::Cancel(job));
        }
        _ => {}
    }
    assert_eq!(bench.job("j").status, status);
    bench.now += 60_000;
    bench
}

/// The statuses that jobs without a bridge are in.
const OWN: [Status; 11] = [
    Status::Created,
    Status::WaitingForResource,
    Status::Pending,
    Status::Running,
    Status::Success,
    Status::Failed,
    Status::Canceling,
    Status::Canceled,
    Status::Skipped,
    Status::Manual,
    Status::Scheduled,
];

/// Tries an event in every status; gives those in which it was taken, with what the job was then.
fn taken_in(event: impl Fn(JobId) -> Event) -> String {
    let mut found = Vec::new();
    for status in OWN {
        let mut bench = with(status);
        let job = bench.id("j");
        if bench.attempt(event(job)).is_ok() {
            found.push(format!("{status}>{}", bench.pipeline.job(job).unwrap().status));
        }
    }
    found.join(" ")
}

#[test]
fn a_runner_takes_pending_jobs() {
    assert_eq!(taken_in(|job| Event::Taken { job, graceful: false }), "pending>running");
}

#[test]
fn jobs_succeed() {
    assert_eq!(
        taken_in(|job| Event::Ended { job, end: End::Success }),
        "created>success waiting_for_resource>success pending>success running>success canceling>canceled"
    );
}

#[test]
fn jobs_fail() {
    let all = "created>failed waiting_for_resource>failed pending>failed running>failed canceling>canceled \
               manual>failed scheduled>failed";
    assert_eq!(taken_in(|job| Event::Ended { job, end: failed("script_failure", Some(1)) }), all);
    assert_eq!(taken_in(|job| Event::Drop { job, reason: "stuck_or_timeout_failure".into() }), all);
}

#[test]
fn jobs_are_canceled() {
    assert_eq!(
        taken_in(Event::Cancel),
        "created>canceled waiting_for_resource>canceled pending>canceled running>canceled manual>canceled \
         scheduled>canceled"
    );
    assert_eq!(taken_in(Event::ForceCancel), "canceling>canceled");
}

#[test]
fn jobs_are_retried() {
    assert_eq!(
        taken_in(Event::Retry),
        "success>success failed>failed canceling>canceling canceled>canceled",
        "the old attempts stay as they are"
    );
}

#[test]
fn people_start_manual_and_scheduled_jobs() {
    assert_eq!(taken_in(Event::Play), "manual>pending scheduled>pending");
    assert_eq!(taken_in(Event::Unschedule), "scheduled>manual");
    assert_eq!(taken_in(Event::Due), "scheduled>pending");
    assert_eq!(taken_in(Event::Granted), "waiting_for_resource>pending");
}

#[test]
fn builds_start_no_pipelines() {
    assert_eq!(taken_in(|job| Event::Triggered { job, pipeline: PipelineId(9) }), "");
    assert_eq!(taken_in(|job| Event::Downstream { job, status: Status::Running }), "");
}

#[test]
fn refusals_say_why() {
    let mut bench = Bench::new("a:0; b:1 bridge {}");
    let (a, b) = (bench.id("a"), bench.id("b"));
    let mut why = |event| bench.attempt(event).unwrap_err().to_string();
    assert_eq!(why(Event::Retry(JobId(99))), "no job 99 in this pipeline");
    assert_eq!(why(Event::Retry(a)), "job 1 cannot be retried: it is pending");
    assert_eq!(why(Event::Play(a)), "job 1 is started by the pipeline, not by hand");
    assert_eq!(why(Event::Taken { job: b, graceful: true }), "job 2 is a bridge");
    assert_eq!(why(Event::Triggered { job: a, pipeline: PipelineId(1) }), "job 1 is no bridge");
    assert_eq!(why(Event::RetryAll), "no job of this pipeline can be retried");
}
