//! Random pipelines and whatever may happen to them.

use super::bench::{Bench, failed};
use super::model::Model;
use crate::Strategy;
use crate::*;
use proptest::prelude::{Strategy as Draw, *};
use proptest::sample::Index;
use std::collections::HashMap;

const WHENS: [When; 7] = [
    When::OnSuccess,
    When::OnSuccess,
    When::OnSuccess,
    When::OnFailure,
    When::Always,
    When::Manual,
    When::Delayed,
];

prop_compose! {
    fn job()(
        stage in 0usize..4,
        when in proptest::sample::select(&WHENS[..]),
        kind in 0..8,
        needs in proptest::option::of(proptest::collection::vec(any::<Index>(), 0..3)),
        flags in any::<[bool; 3]>(),
        retry in proptest::option::weighted(0.3, 0u8..3),
        group in proptest::option::weighted(0.2, 0..2),
    ) -> (Spec, Option<Vec<Index>>) {
        let strategy = match kind {
            0 => Some(Strategy::None),
            1 => Some(Strategy::Depend),
            2 => Some(Strategy::Mirror),
            _ => None,
        };
        let spec = Spec {
            name: String::new(),
            stage: format!("s{stage}"),
            stage_index: stage,
            kind: strategy.map_or(Kind::Build, |strategy| Kind::Bridge { strategy }),
            when,
            start_in: (when == When::Delayed).then_some(60),
            allow_failure: flags[0],
            allow_exit_codes: if flags[1] { vec![2] } else { Vec::new() },
            needs: None,
            dependencies: None,
            retry: Retry { max: retry, ..Retry::default() },
            interruptible: flags[2],
            resource_group: group.map(|group| format!("g{group}")),
        };
        (spec, needs)
    }
}

/// Jobs in any order of their stages, which need jobs of their own stage or earlier ones, never in a circle.
fn jobs(bridges: bool) -> impl Draw<Value = Vec<Spec>> {
    proptest::collection::vec(job(), 1..9).prop_map(move |drawn| {
        let mut specs: Vec<Spec> = Vec::new();
        for (at, (mut spec, needs)) in drawn.into_iter().enumerate() {
            spec.name = format!("j{at}");
            if !bridges {
                spec.kind = Kind::Build;
            }
            let may: Vec<String> = specs
                .iter()
                .filter(|other| other.stage_index <= spec.stage_index)
                .map(|other| other.name.clone())
                .chain(["gone".to_owned()])
                .collect();
            let pick = |index: &Index| Need { job: index.get(&may).clone(), artifacts: true };
            spec.needs = needs.map(|needs| needs.iter().map(pick).collect());
            specs.push(spec);
        }
        specs.reverse();
        specs
    })
}

/// One thing that happens: what, to which job, with which choice.
type Step = (u8, Index, u8);

fn steps() -> impl Draw<Value = Vec<Step>> {
    proptest::collection::vec((0u8..24, any::<Index>(), any::<u8>()), 0..60)
}

/// What usually happens is likely; what people do is rare.
fn event(what: u8, job: JobId, choice: u8) -> Event {
    match what {
        0..=5 => Event::Taken { job, graceful: choice.is_multiple_of(2) },
        6..=8 => Event::Ended { job, end: End::Success },
        9..=10 => Event::Ended { job, end: failed("script_failure", Some(i64::from(choice % 3))) },
        11 => Event::Drop { job, reason: "stuck_or_timeout_failure".to_owned() },
        12 => Event::Due(job),
        13..=14 => Event::Granted(job),
        15 => Event::Play(job),
        16 => Event::Unschedule(job),
        17 => Event::Retry(job),
        18 => Event::Cancel(job),
        19 => Event::ForceCancel(job),
        20 => Event::Triggered { job, pipeline: PipelineId(100 + i64::from(choice)) },
        21 => Event::Downstream { job, status: Status::ALL[usize::from(choice) % Status::ALL.len()] },
        22 if choice < 64 => Event::CancelAll,
        22 if choice < 128 => Event::RetryAll,
        22 => Event::Redundant,
        _ => Event::Begin,
    }
}

/// Jobs that hold or want a group, as told by actions.
fn follow_groups(held: &mut HashMap<JobId, String>, actions: &[Action]) {
    for action in actions {
        match action {
            Action::Want { job, group } => assert_eq!(held.insert(*job, group.clone()), None, "wanted twice"),
            Action::Release { job, group } => {
                assert_eq!(held.remove(job).as_ref(), Some(group), "released, but never wanted");
            }
            _ => {}
        }
    }
}

/// No job starts behind one that is not over: what GitLab's stages are for.
fn stages_keep_order(after: &Pipeline, actions: &[Action]) {
    for action in actions {
        let Action::Job { job, from: Status::Created, to } = action else { continue };
        let job = after.job(*job).unwrap();
        if job.spec.needs.is_some() || *to == Status::Canceled || to.is_complete() && *to != Status::Skipped {
            continue;
        }
        for other in after.latest().filter(|other| other.spec.stage_index < job.spec.stage_index) {
            let passed = other.status.is_complete() || other.status == Status::Manual && other.allow_failure;
            assert!(passed, "{} starts behind {}", job.spec.name, other.spec.name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn builds_go_as_the_rules_say(specs in jobs(false), steps in steps(), strict in any::<bool>()) {
        let auto_cancel = AutoCancel { on_job_failure: strict, on_new_commit: OnNewCommit::None };
        let mut model = Model::new(&specs, strict);
        let mut bench = Bench::of(specs, auto_cancel);
        prop_assert!(model.apply(&Event::Begin, 0, bench.now));
        bench.apply(Event::Begin);
        for (what, which, choice) in steps {
            let at = which.index(bench.pipeline.latest().count());
            let job = bench.pipeline.latest().nth(at).unwrap().id;
            let event = match event(what, job, choice) {
                // The model knows one way to fail, and no other pipelines.
                Event::Drop { .. } | Event::Triggered { .. } | Event::Downstream { .. } | Event::Redundant => continue,
                event => event,
            };
            bench.now += u64::from(choice) * 500;
            let (mine, theirs) = (model.apply(&event, at, bench.now), bench.attempt(event.clone()));
            prop_assert_eq!(mine, theirs.is_ok(), "{:?}: {:?}", event, theirs);
            prop_assert_eq!(model.compare(&bench), Ok(()), "after {:?}", event);
        }
    }

    #[test]
    fn whatever_happens_it_stays_whole(specs in jobs(true), steps in steps(), mode in any::<(bool, u8)>()) {
        let on_new_commit = [OnNewCommit::Conservative, OnNewCommit::Interruptible, OnNewCommit::None]
            [usize::from(mode.1 % 3)];
        let mut bench = Bench::of(specs, AutoCancel { on_job_failure: mode.0, on_new_commit });
        let mut held = HashMap::new();
        for (what, which, choice) in steps {
            let count = bench.pipeline.jobs().count();
            let job = bench.pipeline.jobs().nth(which.index(count)).unwrap().id;
            bench.now += u64::from(choice) * 20_000;
            if let Ok(actions) = bench.attempt(event(what, job, choice)) {
                follow_groups(&mut held, &actions);
                stages_keep_order(&bench.pipeline, &actions);
            }
        }
        for job in bench.pipeline.jobs() {
            prop_assert_eq!(held.contains_key(&job.id), job.resource != Hold::Nothing);
        }
    }

    #[test]
    fn every_pipeline_comes_to_its_end(specs in jobs(false), outcomes in proptest::collection::vec(any::<bool>(), 40)) {
        let mut bench = Bench::of(specs, AutoCancel::default());
        bench.apply(Event::Begin);
        let mut outcomes = outcomes.into_iter().cycle();
        let mut groups = 0;
        while !bench.pipeline.is_over() {
            let job = bench.pipeline.latest().find(|job| job.status.is_alive() && job.status != Status::Created
                || job.status == Status::Scheduled).cloned();
            let job = job.expect("something can be done about a pipeline that is not over");
            bench.now += 60_000;
            match job.status {
                Status::Pending => bench.apply(Event::Taken { job: job.id, graceful: false }),
                Status::Running if outcomes.next() == Some(true) => {
                    bench.apply(Event::Ended { job: job.id, end: End::Success })
                }
                Status::Running => bench.apply(Event::Ended { job: job.id, end: failed("script_failure", Some(1)) }),
                Status::WaitingForResource => bench.apply(Event::Granted(job.id)),
                _ => bench.apply(Event::Due(job.id)),
            };
            groups += 1;
            prop_assert!(groups < 200, "it goes on for ever");
        }
        for job in bench.pipeline.latest() {
            prop_assert!(job.status.is_complete() || matches!(job.status, Status::Manual | Status::Created));
        }
    }
}
