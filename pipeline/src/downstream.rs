//! Bridges: jobs that start a pipeline.

use crate::turn::Turn;
use crate::{Action, Kind, Pipeline, PipelineId, Refused, Status, Strategy};

impl Pipeline {
    /// The pipeline that a bridge wants was created.
    pub(crate) fn triggered(
        &mut self,
        at: usize,
        pipeline: PipelineId,
        turn: &mut Turn<'_>,
    ) -> Result<(), Refused> {
        let strategy = self.strategy(at)?;
        let status = self.jobs[at].status;
        if self.jobs[at].downstream.is_some() || !matches!(status, Status::Pending | Status::Canceled) {
            return self.refuse(at, "given a pipeline");
        }
        let job = &mut self.jobs[at];
        job.downstream = Some(pipeline);
        if status == Status::Canceled {
            // It was canceled while its pipeline was being created.
            turn.tell(Action::CancelDownstream { job: job.id, pipeline });
            return Ok(());
        }
        self.shift(at, Status::Running, turn);
        if strategy == Strategy::None {
            self.shift(at, Status::Success, turn);
        }
        Ok(())
    }

    /// The pipeline that a bridge started has another status.
    pub(crate) fn downstream(
        &mut self,
        at: usize,
        status: Status,
        turn: &mut Turn<'_>,
    ) -> Result<(), Refused> {
        let strategy = self.strategy(at)?;
        self.counts(at)?;
        if self.jobs[at].downstream.is_none() {
            return self.refuse(at, "told of a pipeline");
        }
        self.jobs[at].downstream_status = Some(status);
        let from = self.jobs[at].status;
        let to = match strategy {
            Strategy::None => from,
            Strategy::Depend => depend(from, status),
            Strategy::Mirror => mirror(from, status),
        };
        match to {
            _ if to == from => {}
            Status::Failed => self.fail(at, None, None, turn),
            _ => self.shift(at, to, turn),
        }
        if (from.is_complete() || from.is_blocked()) && to.is_alive() {
            self.revive(&[self.jobs[at].planned], turn);
        }
        Ok(())
    }

    fn strategy(&self, at: usize) -> Result<Strategy, Refused> {
        match self.jobs[at].spec.kind {
            Kind::Bridge { strategy } => Ok(strategy),
            Kind::Build => Err(Refused::Kind { job: self.jobs[at].id, is_bridge: false }),
        }
    }
}

/// What a bridge becomes that waits for its pipeline's end. It goes back to running when the pipeline was over and
/// has work again; a pipeline that is only being canceled does not bring it back.
fn depend(from: Status, downstream: Status) -> Status {
    match downstream {
        Status::Success | Status::Canceled | Status::Failed => downstream,
        Status::Skipped => Status::Failed,
        Status::Running | Status::Pending | Status::WaitingForResource if from.is_complete() => {
            Status::Running
        }
        _ => from,
    }
}

/// What a bridge becomes that shows its pipeline's status. Never created: it would start its pipeline once more.
fn mirror(from: Status, downstream: Status) -> Status {
    match downstream {
        Status::Created => Status::Running,
        // What was canceled here is being canceled there.
        Status::Canceling if from == Status::Canceled => from,
        _ => downstream,
    }
}
