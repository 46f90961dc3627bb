//! Jobs that start pipelines.

use super::bench::Bench;
use crate::*;

const CHILD: PipelineId = PipelineId(8);

/// A bridge that has started its pipeline, with one job behind it.
fn started(flag: &str) -> (Bench, JobId) {
    let mut bench = Bench::quiet(&format!("b:0 {flag}; c:1"), AutoCancel::default());
    let job = bench.id("b");
    assert!(bench.apply(Event::Begin).contains(&Action::Trigger(job)));
    bench.apply(Event::Triggered { job, pipeline: CHILD });
    assert_eq!(bench.job("b").downstream, Some(CHILD));
    (bench, job)
}

fn tell(bench: &mut Bench, job: JobId, status: Status) -> Vec<Action> {
    bench.apply(Event::Downstream { job, status })
}

#[test]
fn one_without_a_strategy_has_done_its_work() {
    let (mut bench, job) = started("bridge");
    assert_eq!(bench.show(), "b success, c pending");
    assert_eq!(tell(&mut bench, job, Status::Failed), []);
    assert_eq!(bench.show(), "b success, c pending");
    assert_eq!(bench.job("b").downstream_status, Some(Status::Failed));
}

#[test]
fn one_that_depends_ends_as_its_pipeline_does() {
    for (child, bridge) in [
        (Status::Success, "b success, c pending"),
        (Status::Failed, "b failed, c skipped"),
        (Status::Skipped, "b failed, c skipped"),
        (Status::Canceled, "b canceled, c skipped"),
        (Status::Manual, "b running, c created"),
        (Status::Canceling, "b running, c created"),
    ] {
        let (mut bench, job) = started("depend");
        for status in [Status::Created, Status::Pending, Status::Running] {
            assert_eq!(tell(&mut bench, job, status), []);
        }
        tell(&mut bench, job, child);
        assert_eq!(bench.show(), bridge, "{child}");
    }
}

#[test]
fn one_that_depends_comes_back_with_its_pipeline() {
    let (mut bench, job) = started("depend");
    tell(&mut bench, job, Status::Failed);
    assert_eq!(bench.status(), "failed");
    tell(&mut bench, job, Status::Running);
    assert_eq!(bench.show(), "b running, c created");
    assert_eq!(bench.status(), "running");
    tell(&mut bench, job, Status::Success);
    assert_eq!(bench.show(), "b success, c pending");
}

#[test]
fn one_that_mirrors_is_what_its_pipeline_is() {
    let (mut bench, job) = started("mirror");
    for status in Status::ALL {
        tell(&mut bench, job, status);
        let shown = if status == Status::Created { Status::Running } else { status };
        assert_eq!(bench.job("b").status, shown);
        for event in [Event::Play(job), Event::Due(job), Event::Unschedule(job), Event::Granted(job)] {
            assert!(bench.attempt(event).is_err(), "the status is not its own: {status}");
        }
    }
    tell(&mut bench, job, Status::Skipped);
    bench.fail("c");
    bench.apply(Event::RetryAll);
    assert_eq!(bench.show(), "b skipped, c pending");
}

#[test]
fn a_mirrored_pipeline_holds_what_is_behind_the_bridge() {
    let (mut bench, job) = started("mirror");
    tell(&mut bench, job, Status::Manual);
    assert_eq!(bench.show(), "b manual, c created");
    assert_eq!(bench.status(), "manual");
    tell(&mut bench, job, Status::Running);
    tell(&mut bench, job, Status::Success);
    assert_eq!(bench.show(), "b success, c pending");
}

#[test]
fn a_canceled_pipeline_takes_those_that_it_started_along() {
    for flag in ["bridge", "depend", "mirror"] {
        let (mut bench, job) = started(flag);
        tell(&mut bench, job, Status::Running);
        let actions = bench.apply(Event::CancelAll);
        assert_eq!(actions[0], Action::CancelDownstream { job, pipeline: CHILD }, "{flag}");
        assert_eq!(bench.status(), "canceled");
        tell(&mut bench, job, Status::Canceling);
        tell(&mut bench, job, Status::Canceled);
        assert_eq!(
            bench.show(),
            format!("b {}, c canceled", if flag == "bridge" { "success" } else { "canceled" })
        );
    }
}

#[test]
fn a_pipeline_that_is_over_need_not_be_canceled() {
    let (mut bench, job) = started("bridge");
    tell(&mut bench, job, Status::Success);
    assert!(!bench.apply(Event::CancelAll).contains(&Action::CancelDownstream { job, pipeline: CHILD }));
}

#[test]
fn only_pipelines_that_it_started_may_be_left_to_cancel() {
    let mut bench = Bench::new("b:0 bridge");
    let job = bench.id("b");
    bench.apply(Event::Triggered { job, pipeline: CHILD });
    assert_eq!(bench.apply(Event::CancelAll), [Action::CancelDownstream { job, pipeline: CHILD }]);
}

#[test]
fn a_bridge_that_is_canceled_meanwhile_wants_its_pipeline_no_more() {
    let mut bench = Bench::new("b:0 depend");
    let job = bench.id("b");
    bench.apply(Event::Cancel(job));
    let late = Event::Triggered { job, pipeline: CHILD };
    assert_eq!(bench.apply(late.clone()), [Action::CancelDownstream { job, pipeline: CHILD }]);
    assert_eq!(bench.show(), "b canceled");
    assert!(bench.attempt(late).is_err(), "only once");
}

#[test]
fn a_pipeline_that_cannot_be_made_fails_its_bridge() {
    let mut bench = Bench::new("b:0 bridge; c:1");
    let job = bench.id("b");
    bench.apply(Event::Drop { job, reason: "downstream_pipeline_creation_failed".into() });
    assert_eq!(bench.show(), "b failed, c skipped");
    bench.apply(Event::Retry(job));
    let job = bench.id("b");
    bench.apply(Event::Drop { job, reason: "pipeline_loop_detected".into() });
    assert_eq!(
        bench.attempt(Event::Retry(job)),
        Err(Refused::NotRetryable { job, reason: "pipeline_loop_detected".into() })
    );
    assert_eq!(bench.attempt(Event::RetryAll), Err(Refused::Nothing { wanted: "retried" }));
}

#[test]
fn a_retried_bridge_starts_another_pipeline() {
    let (mut bench, old) = started("depend");
    tell(&mut bench, old, Status::Failed);
    let actions = bench.apply(Event::Retry(old));
    let new = bench.id("b");
    assert!(actions.contains(&Action::Trigger(new)));
    assert_eq!(bench.job("b").downstream, None);
    let late = Event::Downstream { job: old, status: Status::Running };
    assert_eq!(bench.attempt(late), Err(Refused::Retried { job: old }));
}

#[test]
fn the_work_of_its_pipeline_is_counted_there() {
    let (mut bench, job) = started("depend");
    bench.now += 9_000;
    tell(&mut bench, job, Status::Success);
    bench.succeed("c");
    let now = Moment(bench.now);
    assert_eq!(bench.pipeline.duration(now).as_secs(), 1);
    assert_eq!(bench.job("b").duration(now).unwrap().as_secs(), 9);
}
