//! What happens by itself: bridges, delayed jobs, jobs whose runners are gone, time limits, artifacts that expire.

use super::evaluate::beside;
use super::flow::Flow;
use super::live::Lease;
use super::memory::{Effect, Memory};
use super::open::{Inner, Kernel};
use super::queue::Wish;
use super::{Topic, pending};
use crate::error::{KernelError, StoreError};
use crate::model::PipelineRow;
use crate::store::{artifacts, jobs, pipelines, projects, runners};
use pipeline::{Event, JobId, Moment, PipelineId};
use rusqlite::Connection;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::mpsc;

/// How long nothing may be heard of a runner that has a job, in milliseconds: its job is given up within a minute, the
/// time until somebody looks included.
const LEASE: u64 = 55_000;
/// How much longer than its limit a job may take, so that its runner's own word comes first.
const GRACE: u64 = 60_000;
/// The same for one that is being canceled: its `after_script` still runs.
const CANCELING_GRACE: u64 = 15 * 60_000;
/// How long a job waits for a runner at most; without any that would take it.
const STUCK: u64 = 24 * 3600 * 1000;
const STUCK_ALONE: u64 = 3600 * 1000;
/// How often is looked for jobs whose runners are gone, while there are any with runners; and for everything else.
const OFTEN: u64 = 5000;
const SELDOM: u64 = 60_000;
/// How often is looked for jobs that wait too long, and for environments that stop by themselves.
const CLEAN: u64 = 600_000;
const STOP: u64 = 10_000;

/// Begins what happens by itself. It ends with the kernel.
pub(super) fn start(kernel: &Kernel, effects: mpsc::UnboundedReceiver<Effect>) {
    let weak = Arc::downgrade(&kernel.inner);
    tokio::spawn(serve(weak.clone(), effects));
    let timer = kernel.inner.timer.clone();
    tokio::spawn(async move {
        loop {
            let Some(kernel) = again(&weak) else { return };
            match kernel.tick().await {
                Err(KernelError::Store(StoreError::Closed)) => return,
                Err(error) => tracing::error!(%error, "what is due cannot be done"),
                Ok(()) => {}
            }
            let pause = kernel.pause().await;
            drop(kernel);
            let _ = tokio::time::timeout(Duration::from_millis(pause), timer.notified()).await;
        }
    });
}

fn again(weak: &Weak<Inner>) -> Option<Kernel> {
    weak.upgrade().map(|inner| Kernel { inner })
}

async fn serve(weak: Weak<Inner>, mut effects: mpsc::UnboundedReceiver<Effect>) {
    while let Some(effect) = effects.recv().await {
        let Some(kernel) = again(&weak) else { return };
        match effect {
            Effect::Timer => kernel.inner.timer.notify_one(),
            other => {
                tokio::spawn(async move { kernel.done(other).await });
            }
        }
    }
}

impl Inner {
    /// Whether something was not done for so long.
    fn is_time(&self, last: &AtomicU64, now: Moment, every: u64) -> bool {
        let before = last.load(Ordering::Relaxed);
        let due = now.0.saturating_sub(before) >= every;
        if due {
            last.store(now.0, Ordering::Relaxed);
        }
        due
    }
}

impl Kernel {
    async fn done(&self, effect: Effect) {
        let result = match effect {
            Effect::Trigger(pipeline, job) => self.triggered(pipeline, job).await,
            Effect::Deployed(job) => self.deployed(job).await,
            Effect::Over(project, pipeline) => self.release_ref(project, pipeline).await,
            Effect::RemoveJobs(jobs) => self.remove_files(move |files| files.remove(&jobs)).await,
            Effect::RemovePaths(paths) => self.remove_files(move |files| files.remove_paths(&paths)).await,
            Effect::Tell(_)
            | Effect::Leased(_)
            | Effect::Canceling(..)
            | Effect::Unleased(_)
            | Effect::Timer => Ok(()),
        };
        match result {
            // It is done at the next start.
            Err(KernelError::Store(StoreError::Closed)) | Ok(()) => {}
            Err(error) => tracing::error!(%error, "what follows from a change cannot be done"),
        }
    }

    /// A bridge whose pipeline cannot even be tried fails.
    async fn triggered(&self, pipeline: PipelineId, job: JobId) -> Result<(), KernelError> {
        let Err(error) = self.trigger(pipeline, job).await else { return Ok(()) };
        let (now, message) = (self.now(), error.to_string());
        let write = self.inner.store.write(move |db, memory| {
            if jobs::place(db, job)?.is_none() {
                return Ok(());
            }
            let mut extra = jobs::extra(db, job)?;
            extra.message = Some(message);
            jobs::set_extra(db, job, &extra)?;
            let reason = "downstream_pipeline_creation_failed".to_owned();
            Flow::new(db, memory, now).try_run(pipeline, Event::Drop { job, reason })?;
            Ok::<_, KernelError>(())
        });
        write.await
    }

    /// The ref of a pipeline goes that is over, unless it came back to life.
    async fn release_ref(
        &self,
        project: crate::model::ProjectId,
        pipeline: PipelineId,
    ) -> Result<(), KernelError> {
        let inner = self.inner.clone();
        let released = beside(move || {
            let row = || inner.store.read_now(|db| Ok::<_, KernelError>(pipelines::row(db, pipeline)?));
            let over = |row: &Option<PipelineRow>| row.as_ref().is_none_or(|row| row.status.is_complete());
            let project =
                inner.store.read_now(|db| Ok::<_, KernelError>(projects::find(db, &project.into())?))?;
            let Some(project) = project.filter(|_| row().is_ok_and(|row| over(&row))) else {
                return Ok(());
            };
            inner.repositories.release(&project, pipeline)?;
            // Somebody may have retried it at that moment.
            match row()?.filter(|row| !row.status.is_complete()) {
                Some(row) => Ok(inner.repositories.keep(&project, pipeline, &row.sha)?),
                None => Ok::<_, KernelError>(()),
            }
        });
        released.await?
    }

    async fn remove_files(
        &self,
        work: impl FnOnce(&dyn super::Files) + Send + 'static,
    ) -> Result<(), KernelError> {
        let inner = self.inner.clone();
        beside(move || work(&*inner.files)).await
    }

    /// How long nothing will be due, in milliseconds.
    async fn pause(&self) -> u64 {
        let next = self.inner.store.write(|_, memory: &mut Memory| {
            Ok::<_, KernelError>(memory.timers.first().map(|(at, _, _)| *at))
        });
        let now = self.now();
        let due = next.await.ok().flatten().map(|at| at.0.saturating_sub(now.0).max(1));
        let usual = if self.inner.live.is_empty() { SELDOM } else { OFTEN };
        due.unwrap_or(usual).min(usual)
    }

    /// Does all that is due by the kernel's clock. It is done by itself; tests that set the clock call it.
    ///
    /// # Errors
    /// Where the database fails; what was not done is done the next time.
    pub async fn tick(&self) -> Result<(), KernelError> {
        let now = self.now();
        self.inner.store.write(move |db, memory| start_due(db, memory, now)).await?;
        self.fail_lost_jobs().await?;
        self.inner.store.write(move |db, memory| expire(db, memory, now)).await?;
        if self.inner.is_time(&self.inner.cleaned, now, CLEAN) {
            self.drop_stuck_jobs(now).await?;
        }
        if self.inner.is_time(&self.inner.stopped, now, STOP) {
            self.auto_stop().await?;
        }
        Ok(())
    }

    async fn drop_stuck_jobs(&self, now: Moment) -> Result<(), KernelError> {
        let before = Moment(now.0.saturating_sub(STUCK_ALONE));
        let read = self.inner.store.read(move |db| Ok::<_, KernelError>(jobs::waiting_since(db, before)?));
        let waiting = read.await?;
        if waiting.is_empty() {
            return Ok(());
        }
        self.inner.store.write(move |db, memory| drop_stuck(db, memory, now, waiting)).await
    }

    /// Gives up jobs whose runners are gone, or that take longer than they may.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn fail_lost_jobs(&self) -> Result<(), KernelError> {
        let now = self.now();
        let lost: Vec<(JobId, PipelineId, &'static str)> = self
            .inner
            .live
            .all()
            .iter()
            .filter_map(|lease| Some((lease.executing.job, lease.executing.pipeline, verdict(lease, now)?)))
            .collect();
        if lost.is_empty() {
            return Ok(());
        }
        let write = self.inner.store.write(move |db, memory| {
            for (job, pipeline, reason) in lost {
                tracing::warn!(%job, reason, "a job is given up");
                let reason = reason.to_owned();
                Flow::new(db, memory, now).try_run(pipeline, Event::Drop { job, reason })?;
            }
            Ok::<_, KernelError>(())
        });
        write.await
    }
}

/// Why a job is given up, if it is. A runner that was never heard of after it took the job has not got it.
fn verdict(lease: &Lease, now: Moment) -> Option<&'static str> {
    let since = |moment: Moment| now.0.saturating_sub(moment.0);
    if since(lease.seen) > LEASE {
        return Some(if lease.heard { "stuck_or_timeout_failure" } else { "runner_system_failure" });
    }
    let limit = lease.executing.timeout.saturating_mul(1000);
    match lease.canceling_since {
        None if since(lease.executing.started_at) > limit.saturating_add(GRACE) => {
            Some("job_execution_server_timeout")
        }
        Some(from) if since(from) > CANCELING_GRACE => Some("job_execution_server_timeout"),
        _ => None,
    }
}

fn start_due(db: &Connection, memory: &mut Memory, now: Moment) -> Result<(), KernelError> {
    while let Some((at, job, pipeline)) = memory.timers.first().copied().filter(|(at, _, _)| *at <= now) {
        memory.touch();
        memory.timers.remove(&(at, job, pipeline));
        Flow::new(db, memory, now).try_run(pipeline, Event::Due(job))?;
    }
    Ok(())
}

/// Jobs that wait too long fail: after a day in any case, after an hour where no runner would take them.
fn drop_stuck(
    db: &Connection,
    memory: &mut Memory,
    now: Moment,
    waiting: Vec<(JobId, PipelineId, Moment)>,
) -> Result<(), KernelError> {
    let managers = runners::managers(db)?;
    let mut taken: HashMap<Wish, bool> = HashMap::new();
    for (job, pipeline, since) in waiting {
        let Some(wish) = memory.queue.wish_of(job).cloned() else { continue };
        let takes = match taken.get(&wish) {
            Some(takes) => *takes,
            None => {
                let project = memory.project(db, wish.project)?.ok_or(KernelError::NotFound("project"))?;
                let takes = pending::has_taker(memory, &managers, (&wish, &project), now);
                taken.insert(wish, takes);
                takes
            }
        };
        if !takes || now.0.saturating_sub(since.0) > STUCK {
            let reason = "stuck_or_timeout_failure".to_owned();
            Flow::new(db, memory, now).try_run(pipeline, Event::Drop { job, reason })?;
        }
    }
    Ok(())
}

fn expire(db: &Connection, memory: &mut Memory, now: Moment) -> Result<(), KernelError> {
    let mut paths = Vec::new();
    for row in artifacts::expired(db, now)? {
        // Reports that pages show were read already.
        artifacts::delete(db, row.job, &row.kind)?;
        memory.tell(Topic::Job(row.job));
        paths.push(row.path);
    }
    if !paths.is_empty() {
        memory.effect(Effect::RemovePaths(paths));
    }
    Ok(())
}
