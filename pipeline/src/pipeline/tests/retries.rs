//! Jobs that are made once more.

use super::bench::{Bench, failed, spec};
use crate::*;

#[test]
fn a_retried_job_brings_back_what_was_skipped_and_leaves_what_ran() {
    let mut bench = Bench::new("a:0; b:1; c:2 always");
    bench.drain(&["a"]);
    assert_eq!(bench.show(), "a failed, b skipped, c success");
    let old = bench.id("a");
    let actions = bench.apply(Event::Retry(old));
    let new = bench.id("a");
    assert_eq!(actions[0], Action::Retried { old, new });
    assert_eq!(bench.show(), "a pending, b created, c success");
    assert_eq!(bench.status(), "running");
    assert_eq!(bench.pipeline.job(old).unwrap().status, Status::Failed);
    assert_eq!(bench.job("a").retry_of, Some(old));
    bench.drain(&[]);
    assert_eq!(bench.show(), "a success, b success, c success");
    assert_eq!(bench.status(), "success");
    assert_eq!(bench.attempt(Event::Retry(old)), Err(Refused::Retried { job: old }));
}

#[test]
fn what_an_exit_code_forgave_is_not_forgiven_for_good() {
    let mut bench = Bench::new("a:0 af=3");
    bench.run("a", failed("script_failure", Some(3)));
    assert!(bench.job("a").allow_failure);
    bench.apply(Event::Retry(bench.id("a")));
    assert!(!bench.job("a").allow_failure);
    bench.fail("a");
    assert_eq!(bench.status(), "failed");
}

#[test]
fn a_job_behind_an_unfinished_one_waits_again() {
    let mut bench = Bench::new("a:0; b:1");
    bench.drain(&["b"]);
    bench.apply(Event::Retry(bench.id("a")));
    bench.apply(Event::Retry(bench.id("b")));
    assert_eq!(bench.show(), "a pending, b created");
    bench.drain(&[]);
    assert_eq!(bench.show(), "a success, b success");
}

#[test]
fn the_whole_pipeline_once_more() {
    let mut bench = Bench::new("ok:0; a:0; m:0 B; b:1; c:2 on_failure");
    bench.apply(Event::Play(bench.id("m")));
    bench.drain(&["a", "m"]);
    assert_eq!(bench.show(), "ok success, a failed, m failed, b skipped, c success");
    assert!(bench.pipeline.finished_at.is_some());
    bench.apply(Event::RetryAll);
    assert_eq!(bench.show(), "ok success, a pending, m manual, b created, c success");
    assert_eq!(bench.status(), "running");
    assert_eq!(bench.pipeline.finished_at, None);
    bench.drain(&[]);
    assert_eq!(bench.status(), "manual");
    bench.apply(Event::Play(bench.id("m")));
    bench.drain(&[]);
    assert_eq!(bench.status(), "success");
    assert_eq!(bench.attempt(Event::RetryAll), Err(Refused::Nothing { wanted: "retried" }));
}

#[test]
fn a_job_that_is_being_canceled_may_be_retried() {
    let mut bench = Bench::new("a:0 group=g");
    let old = bench.id("a");
    bench.apply(Event::Granted(old));
    bench.apply(Event::Taken { job: old, graceful: true });
    bench.apply(Event::Cancel(old));
    let actions = bench.apply(Event::Retry(old));
    assert!(actions.contains(&Action::Release { job: old, group: "g".into() }));
    assert!(!bench.pipeline.is_over());
    let actions = bench.apply(Event::Ended { job: old, end: End::Success });
    assert_eq!(actions, [Action::Job { job: old, from: Status::Canceling, to: Status::Canceled }]);
    assert_eq!(bench.show(), "a waiting_for_resource");
}

/// Fails a job with `retry` until it stays failed; gives the number of attempts.
fn attempts(retry: Retry, end: &End) -> usize {
    let mut job = spec("a:0");
    job.retry = retry;
    let mut bench =
        Bench::of(vec![job, spec("b:1")], AutoCancel { on_job_failure: true, ..AutoCancel::default() });
    bench.apply(Event::Begin);
    for attempt in 1.. {
        bench.run("a", end.clone());
        if bench.job("a").status == Status::Failed {
            assert_eq!(bench.show(), "a failed, b canceled");
            assert_eq!(bench.pipeline.jobs().count(), attempt + 1);
            return attempt;
        }
        assert_eq!(bench.show(), "a pending, b created", "the failure never shows");
        assert_eq!(bench.status(), "running");
        assert!(attempt < 9);
    }
    unreachable!()
}

#[test]
fn a_job_is_tried_again_as_often_as_it_says() {
    let retry = |max: Option<u8>, when: &[&str], codes: &[i64]| Retry {
        max,
        when: (!when.is_empty()).then(|| when.iter().map(|&reason| reason.to_owned()).collect()),
        exit_codes: (!codes.is_empty()).then(|| codes.to_vec()),
    };
    let script = failed("script_failure", Some(7));
    let of = |reason| failed(reason, None);
    for (retry, end, expected) in [
        (retry(None, &[], &[]), &script, 1),
        (retry(Some(0), &[], &[]), &script, 1),
        (retry(Some(1), &[], &[]), &script, 2),
        (retry(Some(2), &[], &[]), &script, 3),
        (retry(Some(2), &["always"], &[]), &of("unknown_failure"), 3),
        (retry(Some(2), &["script_failure"], &[]), &script, 3),
        (retry(Some(2), &["runner_system_failure", "api_failure"], &[]), &script, 1),
        (retry(Some(1), &["stuck_or_timeout_failure"], &[]), &of("no_updates_running"), 2),
        (retry(Some(1), &["no_updates_running"], &[]), &of("stuck_or_timeout_failure"), 1),
        (retry(Some(1), &["job_execution_timeout"], &[]), &of("job_execution_server_timeout"), 2),
        (retry(Some(2), &[], &[7, 8]), &script, 3),
        (retry(Some(2), &[], &[8]), &script, 1),
        (retry(Some(2), &["script_failure"], &[8]), &script, 3),
        (retry(Some(2), &["api_failure"], &[7]), &script, 3),
        (retry(Some(2), &[], &[7]), &of("runner_system_failure"), 1),
        (retry(None, &["script_failure"], &[]), &script, 1),
        (retry(None, &[], &[]), &of("scheduler_failure"), 3),
        (retry(Some(0), &[], &[]), &of("scheduler_failure"), 1),
        (retry(Some(1), &["script_failure"], &[]), &of("scheduler_failure"), 3),
        (retry(Some(2), &["always"], &[]), &of("ci_quota_exceeded"), 1),
        (retry(Some(2), &["always"], &[]), &of("missing_dependency_failure"), 1),
    ] {
        assert_eq!(attempts(retry.clone(), end), expected, "{retry:?} {end:?}");
    }
}

#[test]
fn retries_by_hand_use_up_those_by_itself() {
    let mut bench = Bench::new("a:0 retry=1");
    bench.succeed("a");
    bench.apply(Event::Retry(bench.id("a")));
    bench.fail("a");
    assert_eq!(bench.show(), "a failed");
}

#[test]
fn a_manual_job_is_tried_again_without_anybody() {
    let mut bench = Bench::new("m:0 B retry=1");
    bench.apply(Event::Play(bench.id("m")));
    bench.fail("m");
    assert_eq!(bench.show(), "m pending");
}

#[test]
fn a_dropped_job_is_tried_again_too() {
    let mut bench = Bench::new("a:0 retry=2");
    let job = bench.id("a");
    bench.take("a");
    let actions = bench.apply(Event::Drop { job, reason: "stuck_or_timeout_failure".into() });
    assert_eq!(actions[0], Action::Stop { job, how: How::AtOnce });
    assert_eq!(bench.show(), "a pending");
}
