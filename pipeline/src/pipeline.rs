//! A pipeline and the events it takes.

use crate::plan::Plan;
use crate::turn::Turn;
use crate::{Action, AutoCancel, Event, Job, JobId, Moment, PipelineId, Refused, Spec, Status};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// A pipeline, as it stands. It does nothing by itself: [`Pipeline::apply`] takes what happened and tells what to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "crate::stored::Stored")]
pub struct Pipeline {
    /// Its number.
    pub id: PipelineId,
    /// Its status.
    pub status: Status,
    /// The stages that have jobs, in order.
    pub stages: Vec<StageState>,
    /// What cancels it by itself.
    pub auto_cancel: AutoCancel,
    /// When it was made.
    pub created_at: Moment,
    /// When it first ran; a retry leaves it.
    pub started_at: Option<Moment>,
    /// When it last succeeded, failed or was canceled; cleared by [`Event::RetryAll`].
    pub finished_at: Option<Moment>,
    pub(crate) begun: bool,
    /// All attempts of all jobs, in the order in which they were made.
    pub(crate) jobs: Vec<Job>,
    #[serde(skip)]
    pub(crate) index: Index,
}

/// A stage that has jobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageState {
    /// Its name.
    pub name: String,
    /// Its place among all stages of the configuration.
    pub index: usize,
    /// Its status.
    pub status: Status,
}

/// What follows from the jobs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Index {
    pub(crate) plan: Arc<Plan>,
    /// For each planned job, the place of its latest attempt among the jobs.
    pub(crate) latest: Vec<usize>,
    pub(crate) by_id: HashMap<JobId, usize>,
}

impl Pipeline {
    /// A pipeline of these jobs, whose names differ. Nothing starts before [`Event::Begin`].
    pub fn new(
        id: PipelineId,
        specs: Vec<Spec>,
        auto_cancel: AutoCancel,
        ids: &mut dyn FnMut() -> JobId,
        now: Moment,
    ) -> Self {
        let plan = Plan::of(&specs.iter().collect::<Vec<_>>());
        let state = |stage: &crate::plan::PlannedStage| StageState {
            name: stage.name.clone(),
            index: stage.index,
            status: Status::Created,
        };
        let stages = plan.stages.iter().map(state).collect();
        let jobs: Vec<Job> = specs
            .into_iter()
            .enumerate()
            .map(|(planned, spec)| Job::new(ids(), planned, Arc::new(spec), now))
            .collect();
        let by_id = jobs.iter().enumerate().map(|(at, job)| (job.id, at)).collect();
        let index = Index { plan: Arc::new(plan), latest: (0..jobs.len()).collect(), by_id };
        Self {
            id,
            status: Status::Created,
            stages,
            auto_cancel,
            created_at: now,
            started_at: None,
            finished_at: None,
            begun: false,
            jobs,
            index,
        }
    }

    /// Takes an event; gives all that is to be done because of it, in order. New jobs take their numbers from
    /// `ids`, which never gives one twice.
    ///
    /// # Errors
    ///
    /// An event that cannot be, as things stand, is refused and changes nothing.
    pub fn apply(
        &mut self,
        event: Event,
        now: Moment,
        ids: &mut dyn FnMut() -> JobId,
    ) -> Result<Vec<Action>, Refused> {
        let mut turn = Turn::new(now, ids);
        match event {
            Event::Begin => self.begun = true,
            Event::Taken { job, graceful } => self.taken(self.find(job)?, graceful, &mut turn)?,
            Event::Ended { job, end } => self.ended(self.find(job)?, end, &mut turn)?,
            Event::Due(job) => self.due(self.find(job)?, &mut turn)?,
            Event::Granted(job) => self.granted(self.find(job)?, &mut turn)?,
            Event::Triggered { job, pipeline } => self.triggered(self.find(job)?, pipeline, &mut turn)?,
            Event::Downstream { job, status } => self.downstream(self.find(job)?, status, &mut turn)?,
            Event::Play(job) => self.play(self.find(job)?, &mut turn)?,
            Event::Unschedule(job) => self.unschedule(self.find(job)?, &mut turn)?,
            Event::Retry(job) => self.retry(self.find(job)?, &mut turn)?,
            Event::RetryAll => self.retry_all(&mut turn)?,
            Event::Cancel(job) => self.cancel(self.find(job)?, &mut turn)?,
            Event::ForceCancel(job) => self.force_cancel(self.find(job)?, &mut turn)?,
            Event::CancelAll => self.cancel_all(&mut turn)?,
            Event::Redundant => self.redundant(&mut turn),
            Event::Drop { job, reason } => self.drop_job(self.find(job)?, reason, &mut turn)?,
        }
        self.process(&mut turn);
        Ok(turn.actions)
    }

    /// A job by its number; retried ones too.
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.index.by_id.get(&id).and_then(|&at| self.jobs.get(at))
    }

    /// All attempts of all jobs, in the order in which they were made.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs.iter()
    }

    /// The latest attempt of each job, in the order of the specs. Only these count.
    pub fn latest(&self) -> impl Iterator<Item = &Job> {
        self.index.latest.iter().filter_map(|&at| self.jobs.get(at))
    }

    /// The latest attempt of the job of a name.
    pub fn named(&self, name: &str) -> Option<&Job> {
        self.latest().find(|job| job.spec.name == name)
    }

    /// Whether nothing will happen any more unless somebody starts something: no job runs, waits for a runner, for a
    /// resource group or for its time, and all that could start by itself has been started. Pipelines that bridges
    /// started without waiting for them may still go on.
    pub fn is_over(&self) -> bool {
        let still =
            |job: &Job| job.status.is_complete() || matches!(job.status, Status::Manual | Status::Created);
        self.begun && self.jobs.iter().all(still)
    }

    /// Whether a failed or canceled job was forgiven. A pipeline that succeeded so has "passed with warnings".
    pub fn has_warnings(&self) -> bool {
        self.latest().map(|job| (job.status, job.allow_failure)).collect::<crate::Statuses>().has_warnings()
    }

    /// When the next delayed job is due.
    pub fn next_due(&self) -> Option<Moment> {
        self.latest().filter_map(|job| job.scheduled_at).min()
    }

    fn find(&self, job: JobId) -> Result<usize, Refused> {
        self.index.by_id.get(&job).copied().ok_or(Refused::UnknownJob { job })
    }
}

#[cfg(test)]
mod tests;
