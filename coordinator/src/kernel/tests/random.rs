//! Anything, in any order, with crashes between: the rows always agree with the state machine.

use crate::kernel::testing::Bench;
use crate::kernel::{Act, Created, Handout, JobWord};
use crate::model::{GitRef, Page, PipelineFilter, UserId};
use pipeline::{JobId, PipelineId, Status};
use proptest::prelude::*;
use std::collections::BTreeSet;

const TEXT: &str = "
stages: [build, test, deploy]
a: {stage: build, script: [x], retry: 1}
b: {stage: build, script: [x], interruptible: true}
m: {stage: test, script: [x], when: manual}
d: {stage: test, script: [x], when: delayed, start_in: 1 minute}
r: {stage: deploy, script: [x], resource_group: g, needs: [a]}
s: {stage: deploy, script: [x], resource_group: g, when: always, environment: prod}
";

#[derive(Clone, Debug)]
enum Step {
    Push(bool),
    Take,
    Succeed(usize),
    Fail(usize),
    Act(u8, usize),
    Wait(u64),
    Crash,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => any::<bool>().prop_map(Step::Push),
        6 => Just(Step::Take),
        5 => (0..50usize).prop_map(Step::Succeed),
        3 => (0..50usize).prop_map(Step::Fail),
        5 => (0..7u8, 0..50usize).prop_map(|(kind, which)| Step::Act(kind, which)),
        2 => (1..100u64).prop_map(Step::Wait),
        1 => Just(Step::Crash),
    ];
    proptest::collection::vec(step, 1..40)
}

struct World {
    bench: Bench,
    token: protocol::Secret,
    taken: Vec<protocol::Job>,
}

impl World {
    async fn step(&mut self, step: Step) {
        match step {
            Step::Push(main) => {
                let branch = GitRef::Branch(if main { "main" } else { "other" }.into());
                assert!(matches!(self.bench.push_to(&branch, "m", TEXT).await, Created::Pipeline(_)));
            }
            Step::Take => {
                if let Handout::Job(job) = self.bench.ask(&self.token).await {
                    self.taken.push(*job);
                }
            }
            Step::Succeed(which) => self.end(which, JobWord::Success).await,
            Step::Fail(which) => {
                self.end(which, JobWord::Failed { reason: None, exit_code: Some(1) }).await;
            }
            Step::Act(kind, which) => self.act(kind, which).await,
            Step::Wait(seconds) => {
                self.bench.clock.advance(seconds);
                self.bench.kernel.tick().await.unwrap();
            }
            Step::Crash => self.bench.reopen().await,
        }
    }

    async fn end(&mut self, which: usize, word: JobWord) {
        if !self.taken.is_empty() {
            let job = self.taken.remove(which % self.taken.len());
            self.bench.say(&job, word).await;
        }
    }

    async fn act(&mut self, kind: u8, which: usize) {
        let all = self.bench.kernel.jobs(None, Default::default(), Page::new(1, 100)).await.unwrap().items;
        let Some(row) = all.get(which % all.len().max(1)) else { return };
        let act = match kind {
            0 => Act::Play { job: row.id, variables: Vec::new() },
            1 => Act::Retry(row.id),
            2 => Act::CancelJob { job: row.id, force: false },
            3 => Act::CancelPipeline(row.pipeline),
            4 => Act::RetryPipeline(row.pipeline),
            5 => Act::Unschedule(row.id),
            _ => Act::CancelJob { job: row.id, force: true },
        };
        // Whether it can be depends on what was before.
        let _ = self.bench.kernel.act(UserId::ROOT, act).await;
    }

    /// What must hold whatever happened.
    async fn check(&self) {
        let kernel = &self.bench.kernel;
        let found = kernel.pipelines(None, PipelineFilter::default(), Page::new(1, 100)).await.unwrap();
        let mut holders = 0;
        let mut executing = BTreeSet::new();
        for row in &found.items {
            let view = kernel.pipeline(row.id).await.unwrap();
            let latest: Vec<_> = view.jobs.iter().filter(|job| !job.retried).collect();
            let names: BTreeSet<_> = latest.iter().map(|job| &job.name).collect();
            assert_eq!((latest.len(), names.len()), (6, 6), "each job counts once");
            let composite =
                latest.iter().map(|job| (job.status, job.allow_failure)).collect::<pipeline::Statuses>();
            let expected = composite.composite().unwrap_or(Status::Skipped);
            // A pipeline that ran, or was over, does not go back to pending.
            let was = row.started_at.is_some() || view.jobs.iter().any(|job| job.retried);
            let ran = expected == Status::Pending && was && row.status == Status::Running;
            assert_eq!(row.status, if ran { Status::Running } else { expected }, "{latest:?}");
            for job in &view.jobs {
                assert_eq!(
                    job.finished_at.is_some(),
                    matches!(job.status, Status::Success | Status::Failed | Status::Canceled)
                );
                assert_eq!(job.scheduled_at.is_some(), job.status == Status::Scheduled);
                if job.status.is_executing() {
                    executing.insert(job.id);
                }
                holders += usize::from(
                    job.resource_group.is_some()
                        && matches!(job.status, Status::Pending | Status::Running | Status::Canceling),
                );
            }
        }
        assert!(holders <= 1, "one job has the group");
        let leased: BTreeSet<JobId> =
            kernel.inner.live.all().iter().map(|lease| lease.executing.job).collect();
        assert_eq!(leased, executing, "runners have what the rows say");
        self.check_memory().await;
    }

    /// What is in memory is what would be read.
    async fn check_memory(&self) {
        let agree = self.bench.kernel.inner.store.write(|db, memory| {
            let queued: BTreeSet<(JobId, PipelineId)> = memory.queue.jobs().collect();
            let rows = crate::store::jobs::waiting(db, "pending")?;
            let rows: BTreeSet<_> = rows.iter().map(|row| (row.job, row.place.pipeline)).collect();
            let timers: BTreeSet<_> =
                memory.timers.iter().map(|(_, job, pipeline)| (*job, *pipeline)).collect();
            let scheduled = crate::store::jobs::waiting(db, "scheduled")?;
            let scheduled: BTreeSet<_> = scheduled.iter().map(|row| (row.job, row.place.pipeline)).collect();
            let ids = crate::store::pipelines::ids(db, crate::model::ProjectId(1))?;
            for id in ids {
                let stored = crate::store::pipelines::state(db, id)?;
                let kept = memory.take(db, id)?;
                assert_eq!(stored.as_ref(), kept.as_ref().map(|alive| &alive.pipeline));
                kept.into_iter().for_each(|alive| memory.put(alive));
            }
            Ok::<_, crate::error::KernelError>((queued == rows, timers == scheduled))
        });
        assert_eq!(agree.await.unwrap(), (true, true));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn rows_and_memory_agree_whatever_happens(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let bench = Bench::new().await;
            let token = bench.runner().await;
            let mut world = World { bench, token, taken: Vec::new() };
            for step in steps {
                world.step(step).await;
                world.check().await;
            }
            world.bench.reopen().await;
            world.check().await;
        });
    }
}
