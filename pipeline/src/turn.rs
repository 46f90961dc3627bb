//! What one event brings about, and the change of a job's status.

use crate::job::Hold;
use crate::{Action, JobId, Kind, Moment, Pipeline, Refused, Status};

/// The handling of one event.
pub(crate) struct Turn<'a> {
    /// When.
    pub(crate) now: Moment,
    /// Numbers of new jobs.
    pub(crate) ids: &'a mut dyn FnMut() -> JobId,
    /// What is to be done.
    pub(crate) actions: Vec<Action>,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(now: Moment, ids: &'a mut dyn FnMut() -> JobId) -> Self {
        Self { now, ids, actions: Vec::new() }
    }

    pub(crate) fn tell(&mut self, action: Action) {
        self.actions.push(action);
    }
}

impl Pipeline {
    /// Gives a job another status, with all that always goes with it. Whether it may be is the caller's matter.
    pub(crate) fn shift(&mut self, at: usize, to: Status, turn: &mut Turn<'_>) {
        let job = &mut self.jobs[at];
        let from = std::mem::replace(&mut job.status, to);
        if from == to {
            return;
        }
        if from == Status::Scheduled {
            job.scheduled_at = None;
        }
        match to {
            Status::Pending => job.queued_at = Some(turn.now),
            Status::Running => job.started_at = job.started_at.or(Some(turn.now)),
            _ => {}
        }
        job.finished_at =
            matches!(to, Status::Success | Status::Failed | Status::Canceled).then_some(turn.now);
        turn.tell(Action::Job { job: job.id, from, to });
        if to.is_complete() {
            self.release(at, turn);
        }
    }

    /// A job wants its resource group no more.
    pub(crate) fn release(&mut self, at: usize, turn: &mut Turn<'_>) {
        let job = &mut self.jobs[at];
        let hold = std::mem::take(&mut job.resource);
        if let Some(group) = job.spec.resource_group.clone().filter(|_| hold != Hold::Nothing) {
            turn.tell(Action::Release { job: job.id, group });
        }
    }

    /// A job may start: it waits for its resource group, if it has one.
    pub(crate) fn enqueue(&mut self, at: usize, turn: &mut Turn<'_>) {
        let Some(group) = self.jobs[at].spec.resource_group.clone() else {
            return self.make_pending(at, turn);
        };
        self.jobs[at].resource = Hold::Wanted;
        self.shift(at, Status::WaitingForResource, turn);
        turn.tell(Action::Want { job: self.jobs[at].id, group });
    }

    /// A job has all it wants.
    pub(crate) fn make_pending(&mut self, at: usize, turn: &mut Turn<'_>) {
        self.shift(at, Status::Pending, turn);
        let job = &self.jobs[at];
        turn.tell(match job.spec.kind {
            Kind::Build => Action::Queue(job.id),
            Kind::Bridge { .. } => Action::Trigger(job.id),
        });
    }

    /// That the status of a job does not allow something.
    pub(crate) fn refuse<T>(&self, at: usize, wanted: &'static str) -> Result<T, Refused> {
        let job = &self.jobs[at];
        Err(Refused::Status { job: job.id, wanted, status: job.status })
    }

    /// That a job still counts.
    pub(crate) fn counts(&self, at: usize) -> Result<(), Refused> {
        let job = &self.jobs[at];
        if job.retried { Err(Refused::Retried { job: job.id }) } else { Ok(()) }
    }
}
