//! Jobs and pipelines that are canceled.

use crate::turn::Turn;
use crate::{Action, How, Job, OnNewCommit, Pipeline, Refused, Status};

impl Pipeline {
    /// Somebody cancels a job.
    pub(crate) fn cancel(&mut self, at: usize, turn: &mut Turn<'_>) -> Result<(), Refused> {
        if !self.jobs[at].is_cancelable() {
            return self.refuse(at, "canceled");
        }
        self.cancel_downstream(at, turn);
        self.cancel_job(at, turn);
        Ok(())
    }

    /// Somebody does not want to wait for a job that is being canceled.
    pub(crate) fn force_cancel(&mut self, at: usize, turn: &mut Turn<'_>) -> Result<(), Refused> {
        if self.jobs[at].status != Status::Canceling {
            return self.refuse(at, "canceled by force");
        }
        self.cancel_downstream(at, turn);
        self.stop_at_once(at, turn);
        Ok(())
    }

    /// Somebody cancels the pipeline.
    pub(crate) fn cancel_all(&mut self, turn: &mut Turn<'_>) -> Result<(), Refused> {
        self.cancel_others(turn);
        if turn.actions.is_empty() {
            return Err(Refused::Nothing { wanted: "canceled" });
        }
        Ok(())
    }

    /// Cancels whatever can be: bridges first, so that none starts a pipeline meanwhile, and their pipelines.
    pub(crate) fn cancel_others(&mut self, turn: &mut Turn<'_>) {
        let latest = self.index.latest.clone();
        let (bridges, builds): (Vec<usize>, Vec<usize>) =
            latest.into_iter().partition(|&at| self.jobs[at].is_bridge());
        for &at in &bridges {
            self.cancel_downstream(at, turn);
        }
        for at in bridges.into_iter().chain(builds) {
            if self.jobs[at].is_cancelable() {
                self.cancel_job(at, turn);
            }
        }
    }

    /// A newer commit came.
    pub(crate) fn redundant(&mut self, turn: &mut Turn<'_>) {
        let keeps = |job: &Job| {
            !job.spec.interruptible
                && job.started_at.is_some()
                && matches!(job.status, Status::Running | Status::Success | Status::Failed)
        };
        match self.auto_cancel.on_new_commit {
            OnNewCommit::None => {}
            OnNewCommit::Conservative if self.jobs.iter().any(keeps) => {}
            OnNewCommit::Conservative => self.cancel_others(turn),
            OnNewCommit::Interruptible => {
                for at in self.index.latest.clone() {
                    if self.jobs[at].spec.interruptible && self.jobs[at].is_cancelable() {
                        self.cancel_downstream(at, turn);
                        self.cancel_job(at, turn);
                    }
                }
            }
        }
    }

    fn cancel_job(&mut self, at: usize, turn: &mut Turn<'_>) {
        let job = &self.jobs[at];
        if job.status == Status::Running && job.graceful {
            turn.tell(Action::Stop { job: job.id, how: How::Gracefully });
            self.shift(at, Status::Canceling, turn);
        } else {
            self.stop_at_once(at, turn);
        }
    }

    fn stop_at_once(&mut self, at: usize, turn: &mut Turn<'_>) {
        let job = &self.jobs[at];
        if job.status.is_executing() && !job.is_bridge() {
            turn.tell(Action::Stop { job: job.id, how: How::AtOnce });
        }
        self.shift(at, Status::Canceled, turn);
    }

    /// The pipeline of a bridge is to be canceled, unless it is known to be over.
    fn cancel_downstream(&self, at: usize, turn: &mut Turn<'_>) {
        let job = &self.jobs[at];
        let over = job.downstream_status.is_some_and(Status::is_complete);
        if let Some(pipeline) = job.downstream.filter(|_| !over) {
            turn.tell(Action::CancelDownstream { job: job.id, pipeline });
        }
    }
}
