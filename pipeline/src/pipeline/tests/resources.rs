//! Resource groups, over one pipeline and several.

use super::bench::Bench;
use crate::resource::{Groups, Mode};
use crate::*;

fn group(name: &str) -> String {
    name.to_owned()
}

#[test]
fn a_job_waits_for_its_group_and_gives_it_back() {
    let mut bench = Bench::quiet("a:0 group=g; b:1", AutoCancel::default());
    let job = bench.id("a");
    let actions = bench.apply(Event::Begin);
    assert_eq!(actions[1], Action::Want { job, group: group("g") });
    assert_eq!(bench.status(), "waiting_for_resource");
    let actions = bench.apply(Event::Granted(job));
    assert_eq!(actions[1], Action::Queue(job));
    let actions = bench.succeed("a");
    assert_eq!(actions[1], Action::Release { job, group: group("g") });
    assert_eq!(bench.show(), "a success, b pending");
}

#[test]
fn whoever_waits_no_more_says_so() {
    let mut bench = Bench::new("a:0 group=g");
    let job = bench.id("a");
    let actions = bench.apply(Event::Cancel(job));
    assert!(actions.contains(&Action::Release { job, group: group("g") }));
    assert!(bench.attempt(Event::Granted(job)).is_err());
}

#[test]
fn another_attempt_wants_the_group_anew() {
    let mut bench = Bench::new("a:0 group=g retry=1");
    let old = bench.id("a");
    bench.apply(Event::Granted(old));
    let actions = bench.fail("a");
    let told: Vec<_> =
        actions.iter().filter(|a| matches!(a, Action::Want { .. } | Action::Release { .. })).collect();
    let new = bench.id("a");
    assert_eq!(
        told,
        [&Action::Release { job: old, group: group("g") }, &Action::Want { job: new, group: group("g") }]
    );
}

#[test]
fn a_bridge_holds_its_group_until_its_pipeline_ends() {
    let mut bench = Bench::new("b:0 depend group=g");
    let job = bench.id("b");
    assert!(bench.apply(Event::Granted(job)).contains(&Action::Trigger(job)));
    bench.apply(Event::Triggered { job, pipeline: PipelineId(9) });
    let release = Action::Release { job, group: group("g") };
    assert!(!bench.apply(Event::Downstream { job, status: Status::Running }).contains(&release));
    assert!(bench.apply(Event::Downstream { job, status: Status::Success }).contains(&release));
}

/// Does what the actions say about groups; gives the jobs that were granted theirs.
fn follow(bench: &mut Bench, groups: &mut Groups, actions: Vec<Action>) -> Vec<JobId> {
    let mut granted = Vec::new();
    for action in actions {
        let next = match action {
            Action::Want { job, group } => groups.want(&group, bench.pipeline.id, job),
            Action::Release { job, group } => groups.release(&group, job),
            _ => None,
        };
        if let Some(next) = next {
            bench.apply(Event::Granted(next.job));
            granted.push(next.job);
        }
    }
    granted
}

#[test]
fn one_at_a_time() {
    let mut bench = Bench::quiet("a:0 group=g; b:0 group=g; c:0 group=h; d:0 group=g", AutoCancel::default());
    let mut groups = Groups::new();
    let actions = bench.apply(Event::Begin);
    follow(&mut bench, &mut groups, actions);
    assert_eq!(bench.show(), "a pending, b waiting_for_resource, c pending, d waiting_for_resource");
    for (job, then) in [
        ("a", "a success, b pending, c pending, d waiting_for_resource"),
        ("b", "a success, b success, c pending, d pending"),
        ("d", "a success, b success, c pending, d success"),
    ] {
        let actions = bench.succeed(job);
        follow(&mut bench, &mut groups, actions);
        assert_eq!(bench.show(), then);
    }
    assert_eq!(groups.holder("g"), None);
    assert_eq!(groups.holder("h"), Some(bench.id("c")));
}

#[test]
fn an_older_job_that_is_not_ready_comes_first_where_the_order_is_strict() {
    for (mode, now, later) in [(Mode::OldestFirst, None, Some(2)), (Mode::Unordered, Some(3), None)] {
        let mut bench = Bench::new("x:0; a:1 group=g");
        let mut groups = Groups::new();
        groups.set_mode("g", mode);
        assert_eq!(groups.observe(&bench.pipeline), []);
        let other = groups.want("g", PipelineId(bench.pipeline.id.0 + 1), JobId(3));
        assert_eq!(other.map(|candidate| candidate.job.0), now, "{mode:?}");
        let actions = bench.succeed("x");
        for order in [true, false] {
            let (mut bench, mut groups) = (bench.clone(), groups.clone());
            let mut granted = Vec::new();
            if order {
                granted.extend(groups.observe(&bench.pipeline).into_iter().map(|candidate| candidate.job));
            }
            granted.extend(follow(&mut bench, &mut groups, actions.clone()));
            granted.extend(groups.observe(&bench.pipeline).into_iter().map(|candidate| candidate.job));
            assert_eq!(granted, later.map(JobId).into_iter().collect::<Vec<_>>(), "{mode:?}");
        }
    }
}

#[test]
fn an_older_job_that_will_never_be_ready_holds_nobody_up() {
    let mut bench = Bench::new("x:0; a:1 group=g");
    let mut groups = Groups::new();
    groups.set_mode("g", Mode::OldestFirst);
    groups.observe(&bench.pipeline);
    assert_eq!(groups.want("g", PipelineId(8), JobId(3)), None);
    bench.fail("x");
    let granted: Vec<_> = groups.observe(&bench.pipeline).into_iter().map(|c| c.job).collect();
    assert_eq!(granted, [JobId(3)]);
}
