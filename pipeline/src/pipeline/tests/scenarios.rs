//! Whole pipelines, and what GitLab makes of them.

use super::bench::Bench;
use crate::{Event, Status};

#[test]
fn build_fails() {
    let mut bench = Bench::new("build:0; test:1; cleanup:2 always; notify:2 on_failure");
    bench.drain(&["build"]);
    assert_eq!(bench.show(), "build failed, test skipped, cleanup success, notify success");
    assert_eq!(bench.status(), "failed");
}

#[test]
fn build_fails_and_is_forgiven() {
    let mut bench = Bench::new("build:0 af; test:1; cleanup:2 always; notify:2 on_failure");
    bench.drain(&["build"]);
    assert_eq!(bench.show(), "build failed, test success, cleanup success, notify skipped");
    assert_eq!(bench.status(), "success");
    assert!(bench.pipeline.has_warnings());
}

#[test]
fn build_is_canceled() {
    let mut bench = Bench::new("build:0; test:1; cleanup:2 always; notify:2 on_failure");
    bench.apply(Event::Cancel(bench.id("build")));
    bench.drain(&[]);
    assert_eq!(bench.show(), "build canceled, test skipped, cleanup skipped, notify skipped");
    assert_eq!(bench.status(), "canceled");
}

#[test]
fn one_is_canceled_and_one_fails() {
    let mut bench = Bench::new("a:0; b:0; test:1; cleanup:2 always; notify:2 on_failure");
    bench.apply(Event::Cancel(bench.id("a")));
    bench.drain(&["b"]);
    assert_eq!(bench.show(), "a canceled, b failed, test skipped, cleanup success, notify success");
    assert_eq!(bench.status(), "failed");
}

#[test]
fn an_optional_gate_is_no_gate() {
    let mut bench = Bench::new("build:0; gate:1 M; deploy:2");
    bench.drain(&[]);
    assert_eq!(bench.show(), "build success, gate manual, deploy success");
    assert_eq!(bench.status(), "success");
}

#[test]
fn a_blocking_gate_holds_all_behind_it() {
    let mut bench = Bench::new("build:0; gate:1 B; deploy:2; clean:2 always");
    bench.drain(&[]);
    assert_eq!(bench.show(), "build success, gate manual, deploy created, clean created");
    assert_eq!(bench.status(), "manual");
    assert!(bench.pipeline.is_over());
    bench.apply(Event::Play(bench.id("gate")));
    assert!(!bench.pipeline.is_over());
    bench.drain(&[]);
    assert_eq!(bench.show(), "build success, gate success, deploy success, clean success");
    assert_eq!(bench.status(), "success");
}

#[test]
fn blocked_beats_failed() {
    let mut bench = Bench::new("build:0; gate:1 B; lint:1; deploy:2; clean:2 always");
    bench.drain(&["lint"]);
    assert_eq!(bench.show(), "build success, gate manual, lint failed, deploy created, clean created");
    assert_eq!(bench.status(), "manual");
}

#[test]
fn an_optional_gate_that_is_needed_skips_at_once() {
    let mut bench = Bench::new("build:0; gate:1 M; deploy:2 {gate}; report:2 always {gate, build}");
    bench.drain(&[]);
    assert_eq!(bench.show(), "build success, gate manual, deploy skipped, report success");
    assert_eq!(bench.status(), "success");
}

#[test]
fn a_report_does_not_wait_for_other_needs_behind_an_optional_gate() {
    let mut bench = Bench::new("gate:0 M; build:0; report:1 always {gate, build}");
    assert_eq!(bench.show(), "gate manual, build pending, report pending");
    bench.drain(&[]);
    assert_eq!(bench.status(), "success");
}

#[test]
fn a_blocking_gate_holds_only_those_that_need_it() {
    let mut bench = Bench::new("build:0; gate:1 B; deploy:2 {gate}; docs:2 {build}");
    bench.drain(&[]);
    assert_eq!(bench.show(), "build success, gate manual, deploy created, docs success");
    assert_eq!(bench.status(), "manual");
}

#[test]
fn a_failure_goes_along_needs() {
    let mut bench = Bench::new("a:0; b:0; ta:1 {a}; tb:1 {b}; d:2 {ta, tb}; f:2 on_failure {ta}");
    bench.drain(&["a"]);
    assert_eq!(bench.show(), "a failed, b success, ta skipped, tb success, d skipped, f skipped");
    assert_eq!(bench.status(), "failed");
}

#[test]
fn no_needs_start_at_once() {
    let mut bench = Bench::new("a:0; b:1; quick:2 {}");
    assert_eq!(bench.job("quick").status, Status::Pending);
    bench.drain(&["a"]);
    assert_eq!(bench.show(), "a failed, b skipped, quick success");
    assert_eq!(bench.status(), "failed");
}

#[test]
fn a_stage_job_runs_after_skipped_ones_and_a_needing_one_does_not() {
    let mut bench = Bench::new("a:0; n:1 on_failure; d:2; e:2 {n}");
    bench.drain(&[]);
    assert_eq!(bench.show(), "a success, n skipped, d success, e skipped");
    assert_eq!(bench.status(), "success");
}

#[test]
fn a_timer_holds_what_is_behind_it() {
    let mut bench = Bench::new("a:0; d:1 delayed; e:2");
    bench.drain(&[]);
    assert_eq!(bench.show(), "a success, d scheduled, e created");
    assert_eq!(bench.status(), "scheduled");
    assert!(!bench.pipeline.is_over());
}

#[test]
fn an_optional_job_first() {
    let mut bench = Bench::new("a:0 M; b:1");
    assert_eq!(bench.show(), "a manual, b pending");
    bench.drain(&[]);
    assert_eq!(bench.status(), "success");
}

#[test]
fn an_optional_job_alone() {
    let mut bench = Bench::new("a:0 M");
    assert_eq!(bench.show(), "a manual");
    assert_eq!(bench.status(), "skipped");
    bench.apply(Event::Play(bench.id("a")));
    assert_eq!(bench.status(), "pending");
    bench.drain(&[]);
    assert_eq!(bench.status(), "success");
}

#[test]
fn a_manual_job_after_a_failure_is_skipped() {
    let mut bench = Bench::new("a:0; m:1 M; b:2 on_failure");
    bench.drain(&["a"]);
    assert_eq!(bench.show(), "a failed, m skipped, b success");
    assert_eq!(bench.status(), "failed");
}

#[test]
fn a_canceled_job_that_is_forgiven_is_a_warning() {
    let mut bench = Bench::new("a:0 af; b:1");
    bench.apply(Event::Cancel(bench.id("a")));
    bench.drain(&[]);
    assert_eq!(bench.show(), "a canceled, b success");
    assert_eq!(bench.status(), "success");
    assert!(bench.pipeline.has_warnings());
}

#[test]
fn needs_within_a_stage_and_optional_needs() {
    let mut bench = Bench::new("c:0 {b}; b:0 {a}; a:0; x:1 {gone}");
    assert_eq!(bench.show(), "c created, b created, a pending, x pending");
    bench.drain(&["a"]);
    assert_eq!(bench.show(), "c skipped, b skipped, a failed, x success");
}

#[test]
fn jobs_in_a_circle_never_start() {
    let mut bench = Bench::new("a:0 {b}; b:0 {a}; c:0; d:1; e:0 {e}");
    bench.drain(&[]);
    assert_eq!(bench.show(), "a created, b created, c success, d created, e created");
    assert!(bench.pipeline.is_over());
}

#[test]
fn a_need_of_a_later_stage_is_waited_for() {
    let mut bench = Bench::new("a:0 {b}; b:1 {c}; c:2 on_failure {d}; d:3 {}");
    bench.drain(&[]);
    assert_eq!(bench.show(), "a skipped, b skipped, c skipped, d success");
}

#[test]
fn stages_have_statuses() {
    let mut bench = Bench::new("a:1; b:4; c:4 M; d:9 on_failure");
    let stages = |bench: &Bench| {
        let one = |stage: &crate::StageState| format!("{} {}", stage.name, stage.status);
        bench.pipeline.stages.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(stages(&bench), "s1 pending, s4 created, s9 created");
    bench.take("a");
    assert_eq!(stages(&bench), "s1 running, s4 created, s9 created");
    bench.end("a", crate::End::Success);
    assert_eq!(stages(&bench), "s1 success, s4 pending, s9 created");
    bench.drain(&[]);
    assert_eq!(stages(&bench), "s1 success, s4 success, s9 skipped");
}

#[test]
fn nothing_starts_before_it_begins() {
    let mut bench = Bench::quiet("a:0; b:1", crate::AutoCancel::default());
    assert!(!bench.pipeline.is_over());
    // What is known from before counts.
    bench.end("a", crate::End::Success);
    assert_eq!(bench.show(), "a success, b created");
    bench.apply(Event::Begin);
    assert_eq!(bench.show(), "a success, b pending");
}

#[test]
fn no_jobs_make_no_pipeline_run() {
    let mut bench = Bench::of(Vec::new(), crate::AutoCancel::default());
    assert_eq!(bench.apply(Event::Begin), []);
    assert_eq!(bench.status(), "created");
    assert!(bench.pipeline.is_over());
}
