//! Manual and delayed jobs, forgiven exit codes, times, and whose artifacts a job gets.

use super::bench::{Bench, failed, spec};
use crate::*;
use std::time::Duration;

#[test]
fn a_delayed_job_starts_on_time() {
    let mut bench = Bench::quiet("d:0 delayed; e:1", AutoCancel::default());
    let job = bench.id("d");
    let due = Moment(bench.now + 60_000);
    let actions = bench.apply(Event::Begin);
    assert_eq!(actions[1], Action::Wake { job, at: due });
    assert_eq!(bench.pipeline.next_due(), Some(due));
    bench.now += 59_999;
    assert_eq!(bench.attempt(Event::Due(job)), Err(Refused::TooEarly { job, due }));
    bench.now += 1;
    assert!(bench.apply(Event::Due(job)).contains(&Action::Queue(job)));
    assert_eq!(bench.pipeline.next_due(), None);
    bench.drain(&[]);
    assert_eq!(bench.show(), "d success, e success");
}

#[test]
fn a_delayed_job_that_is_an_hour_late_fails() {
    for (late, status) in [(3_600_000, "pending"), (3_600_001, "failed")] {
        let mut bench = Bench::new("d:0 delayed");
        bench.now += 60_000 + late;
        bench.apply(Event::Due(bench.id("d")));
        assert_eq!(bench.job("d").status.as_str(), status);
        let reason = bench.job("d").failure_reason.as_deref();
        assert_eq!(reason, (status == "failed").then_some("stale_schedule"));
    }
}

#[test]
fn a_timer_is_stopped_or_not_waited_for() {
    let mut bench = Bench::new("d:0 delayed; e:0 delayed");
    let (d, e) = (bench.id("d"), bench.id("e"));
    bench.apply(Event::Unschedule(d));
    bench.apply(Event::Play(e));
    assert_eq!(bench.show(), "d manual, e pending");
    assert!(bench.attempt(Event::Due(d)).is_err());
    bench.apply(Event::Play(d));
    assert_eq!(bench.show(), "d pending, e pending");
}

#[test]
fn a_delay_of_ages_does_not_overflow() {
    let mut long = spec("d:0 delayed");
    long.start_in = Some(u64::MAX);
    let mut bench = Bench::of(vec![long], AutoCancel::default());
    bench.apply(Event::Begin);
    assert_eq!(bench.job("d").scheduled_at, Some(Moment(u64::MAX)));
}

#[test]
fn a_delayed_job_without_a_time_waits_for_somebody() {
    let mut odd = spec("d:0 delayed");
    odd.start_in = None;
    let mut bench = Bench::of(vec![odd], AutoCancel::default());
    bench.apply(Event::Begin);
    assert_eq!(bench.show(), "d manual");
}

#[test]
fn playing_brings_back_what_was_skipped() {
    let mut bench = Bench::new("build:0; gate:1 M; deploy:2 {gate}; check:2 {deploy}; done:3");
    bench.drain(&[]);
    assert_eq!(bench.show(), "build success, gate manual, deploy skipped, check skipped, done success");
    bench.apply(Event::Play(bench.id("gate")));
    assert_eq!(bench.show(), "build success, gate pending, deploy created, check created, done success");
    assert_eq!(bench.status(), "running");
    bench.drain(&[]);
    assert_eq!(bench.show(), "build success, gate success, deploy success, check success, done success");
}

#[test]
fn playing_what_is_over_is_a_retry() {
    let mut bench = Bench::new("m:0 M");
    let old = bench.id("m");
    bench.apply(Event::Play(old));
    bench.succeed("m");
    bench.apply(Event::Play(old));
    assert_ne!(bench.id("m"), old);
    assert_eq!(bench.show(), "m pending", "it does not wait for a person once more");
    assert_eq!(bench.attempt(Event::Play(old)), Err(Refused::Retried { job: old }));
}

#[test]
fn an_exit_code_may_be_forgiven() {
    for (code, test, pipeline) in
        [(3, "success", "success"), (1, "skipped", "failed"), (40_000, "success", "success")]
    {
        let mut bench = Bench::new("a:0 af=3,40000; b:1");
        bench.run("a", failed("script_failure", Some(code)));
        bench.drain(&[]);
        assert_eq!(bench.job("a").allow_failure, pipeline == "success", "{code}");
        assert_eq!(bench.job("a").exit_code, Some(code.min(32_767)));
        assert_eq!(bench.job("b").status.as_str(), test, "{code}");
        assert_eq!(bench.status(), pipeline, "{code}");
    }
}

#[test]
fn times_are_noted() {
    let mut bench = Bench::new("a:0; b:0; c:1");
    let start = bench.now;
    bench.now += 5_000;
    bench.take("a");
    bench.now += 2_000;
    bench.take("b");
    bench.now += 3_000;
    bench.end("a", End::Success);
    bench.now += 4_000;
    bench.end("b", End::Success);
    let a = bench.job("a");
    assert_eq!((a.queued_at, a.started_at), (Some(Moment(start)), Some(Moment(start + 5_000))));
    assert_eq!(a.duration(Moment(bench.now)), Some(Duration::from_secs(5)));
    assert_eq!(a.queued(Moment(bench.now)), Some(Duration::from_secs(5)));
    assert_eq!(bench.pipeline.duration(Moment(bench.now)), Duration::from_secs(9));
    bench.now += 10_000;
    bench.take("c");
    bench.now += 1_000;
    assert_eq!(bench.pipeline.duration(Moment(bench.now)), Duration::from_secs(10), "the gap does not count");
    bench.end("c", End::Success);
    assert_eq!(bench.pipeline.started_at, Some(Moment(start + 5_000)));
    assert_eq!(bench.pipeline.finished_at, Some(Moment(bench.now)));
    assert_eq!(bench.pipeline.queued_duration(), Some(Duration::from_secs(5)));
    bench.apply(Event::Retry(bench.id("a")));
    bench.now += 30_000;
    assert_eq!(
        bench.pipeline.duration(Moment(bench.now)),
        Duration::from_secs(8),
        "the old attempt counts no more"
    );
    assert_eq!(bench.pipeline.started_at, Some(Moment(start + 5_000)));
}

#[test]
fn coverage_is_a_mean() {
    let bench = Bench::new("a:0; b:0; c:0");
    let of = |job: &Job| [("a", 50.0), ("c", 100.0)].into_iter().find(|(name, _)| *name == job.spec.name);
    assert_eq!(bench.pipeline.coverage(|job| of(job).map(|(_, coverage)| coverage)), Some(75.0));
    assert_eq!(bench.pipeline.coverage(|_| None), None);
}

#[test]
fn artifacts_come_from_earlier_stages_or_from_needs() {
    let mut specs: Vec<Spec> =
        ["t:1", "a:0", "b:0", "s:2", "d:2 {t, a}", "n:2", "some:2", "both:2 {a, b}", "e:2 {}"]
            .into_iter()
            .map(spec)
            .collect();
    specs[4].needs.as_mut().unwrap()[1].artifacts = false;
    specs[5].dependencies = Some(Vec::new());
    specs[6].dependencies = Some(vec!["b".into(), "s".into(), "gone".into()]);
    specs[7].dependencies = Some(vec!["b".into(), "t".into()]);
    let mut bench = Bench::of(specs, AutoCancel::default());
    bench.apply(Event::Begin);
    let names = |bench: &Bench, name: &str| {
        let ids = bench.pipeline.dependencies_of(bench.id(name));
        ids.into_iter()
            .map(|id| bench.pipeline.job(id).unwrap().spec.name.clone())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(names(&bench, "a"), "");
    assert_eq!(names(&bench, "t"), "a b");
    assert_eq!(names(&bench, "s"), "a b t");
    assert_eq!(names(&bench, "d"), "t");
    assert_eq!(names(&bench, "n"), "");
    assert_eq!(names(&bench, "some"), "b");
    assert_eq!(names(&bench, "both"), "b");
    assert_eq!(names(&bench, "e"), "");
    let old = bench.id("b");
    bench.succeed("b");
    bench.apply(Event::Retry(old));
    assert_eq!(bench.pipeline.dependencies_of(bench.id("some")), [bench.id("b")], "the latest attempt");
    assert_eq!(bench.pipeline.dependencies_of(JobId(99)), []);
}
