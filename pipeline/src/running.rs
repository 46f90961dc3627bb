//! Jobs that are taken, end, or are given up.

use crate::retry;
use crate::turn::Turn;
use crate::{Action, End, How, Pipeline, Refused, Status};

impl Pipeline {
    /// A runner has taken a job.
    pub(crate) fn taken(&mut self, at: usize, graceful: bool, turn: &mut Turn<'_>) -> Result<(), Refused> {
        let job = &self.jobs[at];
        if job.is_bridge() {
            return Err(Refused::Kind { job: job.id, is_bridge: true });
        }
        if job.status != Status::Pending {
            return self.refuse(at, "taken");
        }
        self.jobs[at].graceful = graceful;
        self.shift(at, Status::Running, turn);
        Ok(())
    }

    /// A job is over.
    pub(crate) fn ended(&mut self, at: usize, end: End, turn: &mut Turn<'_>) -> Result<(), Refused> {
        let job = &self.jobs[at];
        match (job.status, end) {
            // What a runner says of a job that was canceled is only that it is over.
            (Status::Canceling, _) => self.shift(at, Status::Canceled, turn),
            (status, End::Success) if status.is_alive() => self.shift(at, Status::Success, turn),
            (status, End::Failed { reason, exit_code }) if !status.is_complete() => {
                self.fail(at, Some(reason), exit_code, turn);
            }
            _ => return self.refuse(at, "ended"),
        }
        Ok(())
    }

    /// A job fails without a runner's word.
    pub(crate) fn drop_job(&mut self, at: usize, reason: String, turn: &mut Turn<'_>) -> Result<(), Refused> {
        let status = self.jobs[at].status;
        if status.is_complete() {
            return self.refuse(at, "dropped");
        }
        if status.is_executing() && !self.jobs[at].is_bridge() {
            turn.tell(Action::Stop { job: self.jobs[at].id, how: How::AtOnce });
        }
        self.ended(at, End::Failed { reason, exit_code: None }, turn)
    }

    /// Fails a job, and does what its failure brings: another attempt, or the end of all others.
    pub(crate) fn fail(
        &mut self,
        at: usize,
        reason: Option<String>,
        exit_code: Option<i64>,
        turn: &mut Turn<'_>,
    ) {
        let job = &mut self.jobs[at];
        job.failure_reason = reason;
        job.exit_code = exit_code.map(|code| code.clamp(0, 0x7fff));
        job.allow_failure |= exit_code.is_some_and(|code| job.spec.allow_exit_codes.contains(&code));
        self.shift(at, Status::Failed, turn);
        let job = &self.jobs[at];
        let before = self.jobs.iter().filter(|other| other.planned == job.planned && other.retried).count();
        if retry::is_tried_again(job, before) {
            self.renew(at, job.is_action(), turn);
        } else if self.auto_cancel.on_job_failure && !job.allow_failure {
            self.cancel_others(turn);
        }
    }
}
