//! Jobs that a person, a time or a resource group starts.

use crate::job::Hold;
use crate::turn::Turn;
use crate::{Action, End, Moment, Pipeline, Refused, Status};

/// How late a delayed job may start, in milliseconds.
const STALE: u64 = 60 * 60 * 1000;

impl Pipeline {
    /// Starts the timer of a delayed job.
    pub(crate) fn schedule(&mut self, at: usize, seconds: u64, turn: &mut Turn<'_>) {
        let due = Moment(turn.now.0.saturating_add(seconds.saturating_mul(1000)));
        self.jobs[at].scheduled_at = Some(due);
        self.shift(at, Status::Scheduled, turn);
        turn.tell(Action::Wake { job: self.jobs[at].id, at: due });
    }

    /// The time of a scheduled job has come, or has long gone.
    pub(crate) fn due(&mut self, at: usize, turn: &mut Turn<'_>) -> Result<(), Refused> {
        let job = &self.jobs[at];
        let Some(due) = job.scheduled_at.filter(|_| job.status == Status::Scheduled) else {
            return self.refuse(at, "started on time");
        };
        if turn.now < due {
            return Err(Refused::TooEarly { job: job.id, due });
        }
        if turn.now.0 - due.0 > STALE {
            let end = End::Failed { reason: "stale_schedule".to_owned(), exit_code: None };
            return self.ended(at, end, turn);
        }
        self.set_off(at, turn);
        Ok(())
    }

    /// A job was given its resource group.
    pub(crate) fn granted(&mut self, at: usize, turn: &mut Turn<'_>) -> Result<(), Refused> {
        let job = &mut self.jobs[at];
        if job.status != Status::WaitingForResource || job.resource != Hold::Wanted {
            return self.refuse(at, "given a resource group");
        }
        job.resource = Hold::Held;
        self.make_pending(at, turn);
        Ok(())
    }

    /// Somebody starts a manual or scheduled job, or one that was and is over.
    pub(crate) fn play(&mut self, at: usize, turn: &mut Turn<'_>) -> Result<(), Refused> {
        self.counts(at)?;
        let job = &self.jobs[at];
        if !job.is_action() {
            return Err(Refused::NotPlayable { job: job.id });
        }
        match job.status {
            Status::Success | Status::Failed | Status::Canceled | Status::Canceling => self.retry(at, turn),
            status if status.is_blocked() && !job.is_started_bridge() => {
                self.set_off(at, turn);
                Ok(())
            }
            _ => self.refuse(at, "played"),
        }
    }

    /// Somebody stops the timer of a scheduled job.
    pub(crate) fn unschedule(&mut self, at: usize, turn: &mut Turn<'_>) -> Result<(), Refused> {
        let job = &self.jobs[at];
        if job.status != Status::Scheduled || job.is_started_bridge() {
            return self.refuse(at, "unscheduled");
        }
        self.shift(at, Status::Manual, turn);
        Ok(())
    }

    fn set_off(&mut self, at: usize, turn: &mut Turn<'_>) {
        self.enqueue(at, turn);
        self.revive(&[self.jobs[at].planned], turn);
    }
}
