//! What an event changed, written down, and what is to be done because of it.

use super::{Flow, lost, place};
use crate::error::KernelError;
use crate::kernel::Topic;
use crate::kernel::memory::{Alive, Effect};
use crate::store::kept::Extra;
use crate::store::{artifacts, jobs, pipelines};
use pipeline::{Action, Event, JobId, Status};
use std::collections::{BTreeMap, BTreeSet};

/// The job that an event is about.
fn subject(event: &Event) -> Option<JobId> {
    match event {
        Event::Taken { job, .. }
        | Event::Ended { job, .. }
        | Event::Triggered { job, .. }
        | Event::Downstream { job, .. }
        | Event::Drop { job, .. }
        | Event::Due(job)
        | Event::Granted(job)
        | Event::Play(job)
        | Event::Unschedule(job)
        | Event::Retry(job)
        | Event::Cancel(job)
        | Event::ForceCancel(job) => Some(*job),
        Event::Begin | Event::RetryAll | Event::CancelAll | Event::Redundant => None,
    }
}

impl Flow<'_> {
    /// Writes down what changed, and does what is asked for.
    pub(super) fn record(
        &mut self,
        alive: &mut Alive,
        event: &Event,
        actions: &[Action],
    ) -> Result<(), KernelError> {
        self.write_jobs(alive, event, actions)?;
        for action in actions {
            self.act(alive, action)?;
        }
        self.refresh(alive)?;
        let (pipeline, project) = (alive.pipeline.id, alive.row.project);
        self.memory.tell(Topic::Pipeline(pipeline));
        if let Some(parent) = alive.row.parent {
            // Its page shows what becomes of its children.
            self.memory.tell(Topic::Pipeline(parent.pipeline));
        }
        self.memory.tell(Topic::Project(project));
        Ok(())
    }

    fn write_jobs(&mut self, alive: &Alive, event: &Event, actions: &[Action]) -> Result<(), KernelError> {
        let mut changed: BTreeSet<JobId> = subject(event).into_iter().collect();
        let mut new: BTreeMap<JobId, JobId> = BTreeMap::new();
        for action in actions {
            match action {
                Action::Retried { old, new: made } => {
                    changed.insert(*old);
                    new.insert(*made, *old);
                }
                Action::Job { job, .. }
                | Action::Want { job, .. }
                | Action::Release { job, .. }
                | Action::Queue(job)
                | Action::Trigger(job)
                | Action::Wake { job, .. }
                | Action::Stop { job, .. }
                | Action::CancelDownstream { job, .. } => {
                    changed.insert(*job);
                }
                Action::Pipeline { .. } => {}
            }
        }
        for (made, old) in &new {
            changed.remove(made);
            self.insert_attempt(alive, event, *made, *old)?;
        }
        for id in changed {
            let job = alive.pipeline.job(id).ok_or(lost("a job"))?;
            jobs::update(self.db, job)?;
            self.memory.tell(Topic::Job(id));
            if let Some(group) = &job.spec.resource_group {
                self.groups.insert((alive.row.project, group.clone()));
            }
        }
        self.reassign(event, actions)
    }

    /// Another attempt is for who wanted it, or for whom the first one was.
    fn insert_attempt(
        &mut self,
        alive: &Alive,
        event: &Event,
        made: JobId,
        old: JobId,
    ) -> Result<(), KernelError> {
        let job = alive.pipeline.job(made).ok_or(lost("a job"))?;
        let user = match self.actor {
            Some(actor) if is_by_hand(event) => actor,
            _ => jobs::extra(self.db, old)?.user,
        };
        let variables = match self.variables.take() {
            Some(given) => Some(given),
            None => jobs::variables(self.db, old)?,
        };
        jobs::insert(self.db, place(alive), job, &Extra::of(user), variables.as_deref())?;
        self.attempt_deploys(old, made)
    }

    /// Jobs that a person started, or brought back to life, are theirs.
    fn reassign(&mut self, event: &Event, actions: &[Action]) -> Result<(), KernelError> {
        let Some(actor) = self.actor.filter(|_| is_by_hand(event)) else { return Ok(()) };
        let played = if let Event::Play(job) = event { Some(*job) } else { None };
        let revived = actions.iter().filter_map(|action| match action {
            Action::Job { job, from: Status::Skipped, to: Status::Created } => Some(*job),
            _ => None,
        });
        for job in played.into_iter().chain(revived) {
            let mut extra = jobs::extra(self.db, job)?;
            if extra.user != actor {
                extra.user = actor;
                jobs::set_extra(self.db, job, &extra)?;
            }
        }
        if let (Some(job), Some(given)) = (played, self.variables.take()) {
            jobs::set_variables(self.db, job, &given)?;
        }
        Ok(())
    }

    fn act(&mut self, alive: &mut Alive, action: &Action) -> Result<(), KernelError> {
        let (id, project) = (alive.pipeline.id, alive.row.project);
        match action {
            Action::Job { job, from, to } => self.moved(alive, *job, *from, *to)?,
            Action::Pipeline { from, to } => self.pipeline_moved(alive, *from, *to)?,
            Action::Queue(job) => {
                let wish = self.wish(alive, *job)?;
                self.memory.enqueue(*job, id, wish);
            }
            Action::Trigger(job) => self.effect(Effect::Trigger(id, *job)),
            Action::Wake { job, at } => {
                self.memory.timers.insert((*at, *job, id));
                self.effect(Effect::Timer);
            }
            Action::Want { group, .. } | Action::Release { group, .. } => {
                self.groups.insert((project, group.clone()));
            }
            Action::CancelDownstream { job, pipeline } => {
                // A pipeline that is only shown goes on.
                let started = pipelines::row(self.db, *pipeline)?.and_then(|row| row.parent);
                if started.is_some_and(|parent| parent.job == *job) {
                    self.push(*pipeline, Event::CancelAll);
                }
            }
            // Runners are told by the answers to their calls; new attempts are written already.
            Action::Stop { .. } | Action::Retried { .. } => {}
        }
        Ok(())
    }

    fn moved(&mut self, alive: &Alive, job: JobId, from: Status, to: Status) -> Result<(), KernelError> {
        if from == Status::Pending {
            self.memory.queue.remove(job);
        }
        if from == Status::Scheduled {
            let pipeline = alive.pipeline.id;
            self.memory.timers.retain(|(_, of, at)| (*of, *at) != (job, pipeline));
        }
        let is_bridge = alive.pipeline.job(job).is_some_and(pipeline::Job::is_bridge);
        if from.is_executing() && !to.is_executing() && !is_bridge {
            self.memory.release(job);
            self.effect(Effect::Unleased(job));
            self.memory.tell(Topic::Runners);
        }
        if to == Status::Canceling && !is_bridge {
            self.effect(Effect::Canceling(job, self.now));
        }
        self.deployment_moved(alive, job, to)
    }

    fn pipeline_moved(&mut self, alive: &mut Alive, from: Status, to: Status) -> Result<(), KernelError> {
        let row = &mut alive.row;
        if from == Status::Canceled {
            row.auto_canceled_by = None;
        }
        if to == Status::Canceled && self.newer.is_some() && self.newer != Some(row.id) {
            row.auto_canceled_by = self.newer;
        }
        // The bridge that started it, and those that show the status of a pipeline that others started.
        for (pipeline, job) in jobs::bridges_to(self.db, row.id)? {
            self.push(pipeline, Event::Downstream { job, status: to });
        }
        if row.parent.is_none() && matches!(to, Status::Success | Status::Manual) {
            artifacts::unlock_before(self.db, row.project, &row.reference, row.id)?;
        }
        if to.is_complete() {
            let (project, id) = (row.project, row.id);
            self.effect(Effect::Over(project, id));
        }
        Ok(())
    }
}

fn is_by_hand(event: &Event) -> bool {
    matches!(event, Event::Play(_) | Event::Retry(_) | Event::RetryAll)
}
