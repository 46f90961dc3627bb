//! Cancels, by people and by themselves.

use super::bench::Bench;
use crate::*;

#[test]
fn a_graceful_runner_is_waited_for() {
    let mut bench = Bench::new("a:0; b:1");
    let job = bench.id("a");
    bench.apply(Event::Taken { job, graceful: true });
    let actions = bench.apply(Event::Cancel(job));
    assert_eq!(actions[0], Action::Stop { job, how: How::Gracefully });
    assert_eq!(bench.show(), "a canceling, b created");
    assert!(!bench.pipeline.is_over());
    bench.end("a", super::bench::failed("unknown_failure", None));
    assert_eq!(bench.show(), "a canceled, b skipped");
    assert_eq!(bench.job("a").failure_reason, None);
    assert_eq!(bench.status(), "canceled");
}

#[test]
fn another_runner_is_stopped_at_once() {
    let mut bench = Bench::new("a:0");
    let job = bench.id("a");
    bench.take("a");
    assert_eq!(bench.apply(Event::Cancel(job))[0], Action::Stop { job, how: How::AtOnce });
    assert_eq!(bench.show(), "a canceled");
    assert!(bench.attempt(Event::Ended { job, end: End::Success }).is_err());
}

#[test]
fn nobody_has_to_wait_for_a_graceful_end() {
    let mut bench = Bench::new("a:0");
    let job = bench.id("a");
    bench.apply(Event::Taken { job, graceful: true });
    bench.apply(Event::Cancel(job));
    assert_eq!(bench.apply(Event::ForceCancel(job))[0], Action::Stop { job, how: How::AtOnce });
    assert_eq!(bench.status(), "canceled");
}

#[test]
fn a_canceled_pipeline_waits_for_nobody() {
    let mut bench = Bench::new("done:0; a:1; b:1; w:1 group=g; m:1 B; d:1 delayed; c:2 always");
    bench.succeed("done");
    bench.take("a");
    let b = bench.id("b");
    bench.apply(Event::Taken { job: b, graceful: true });
    let actions = bench.apply(Event::CancelAll);
    assert_eq!(
        bench.show(),
        "done success, a canceled, b canceling, w canceled, m canceled, d canceled, c canceled"
    );
    assert!(actions.contains(&Action::Release { job: bench.id("w"), group: "g".into() }));
    assert_eq!(bench.status(), "canceling");
    assert_eq!(bench.attempt(Event::CancelAll), Err(Refused::Nothing { wanted: "canceled" }));
    bench.end("b", End::Success);
    assert_eq!(bench.status(), "canceled");
    assert!(bench.pipeline.is_over());
}

fn redundant(on_new_commit: OnNewCommit, start: &[&str]) -> String {
    let auto_cancel = AutoCancel { on_new_commit, on_job_failure: false };
    let mut bench = Bench::quiet("i:0 intr; n:0; m:0 M; l:1 intr", auto_cancel);
    bench.apply(Event::Begin);
    for job in start {
        bench.take(job);
    }
    bench.apply(Event::Redundant);
    bench.show()
}

#[test]
fn a_newer_commit_cancels_what_may_be() {
    use OnNewCommit::{Conservative, Interruptible, None};
    assert_eq!(redundant(Conservative, &["i"]), "i canceled, n canceled, m canceled, l canceled");
    assert_eq!(redundant(Conservative, &["i", "n"]), "i running, n running, m manual, l created");
    assert_eq!(redundant(Interruptible, &["i", "n"]), "i canceled, n running, m manual, l canceled");
    assert_eq!(redundant(None, &["i"]), "i running, n pending, m manual, l created");
}

#[test]
fn a_job_that_failed_for_good_may_cancel_all_others() {
    let mut bench = Bench::strict("a:0; b:0; g:0; c:1 always; m:0 M");
    bench.take("b");
    let g = bench.id("g");
    bench.apply(Event::Taken { job: g, graceful: true });
    bench.fail("a");
    assert_eq!(bench.show(), "a failed, b canceled, g canceling, c canceled, m canceled");
    bench.end("g", End::Success);
    assert_eq!(bench.status(), "failed");
}

#[test]
fn a_forgiven_failure_cancels_nothing() {
    let mut bench = Bench::strict("a:0 af; b:0; c:1");
    bench.drain(&["a"]);
    assert_eq!(bench.show(), "a failed, b success, c success");
}

#[test]
fn a_failure_that_is_tried_again_cancels_nothing() {
    let mut bench = Bench::strict("a:0 retry=1; b:0; c:1");
    bench.fail("a");
    bench.drain(&[]);
    assert_eq!(bench.show(), "a success, b success, c success");
}

#[test]
fn a_pipeline_may_be_canceled_before_it_begins() {
    let mut bench = Bench::quiet("a:0; b:1", AutoCancel::default());
    bench.apply(Event::CancelAll);
    assert_eq!(bench.show(), "a canceled, b canceled");
    bench.apply(Event::Begin);
    assert_eq!(bench.status(), "canceled");
    assert!(bench.pipeline.is_over());
}
