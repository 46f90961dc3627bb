//! What may start next: GitLab's atomic processing.

use crate::turn::Turn;
use crate::{Action, Job, Pipeline, Status, Statuses, When};
use std::sync::Arc;

/// What becomes of a created job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Wait,
    Skip,
    Enqueue,
    /// Seconds.
    Schedule(u64),
    Actionize,
}

impl Pipeline {
    /// Starts and skips all that may be, then brings the statuses of the stages and the pipeline up to date.
    pub(crate) fn process(&mut self, turn: &mut Turn<'_>) {
        // One pass does nearly all, since jobs come after what they wait for; a second one finds nothing, unless a
        // job needs one of a later stage.
        while self.begun && self.pass(turn) {}
        self.settle(turn);
    }

    fn pass(&mut self, turn: &mut Turn<'_>) -> bool {
        let plan = Arc::clone(&self.index.plan);
        let mut before = Statuses::default();
        let mut changed = false;
        for stage in &plan.stages {
            for &planned in &stage.jobs {
                let at = self.index.latest[planned];
                if self.jobs[at].status != Status::Created {
                    continue;
                }
                let (previous, of_needs) = match &plan.needs[planned] {
                    Some(needs) => {
                        (self.statuses(needs.iter().map(|&(need, _)| need)).composite_of_needs(), true)
                    }
                    None => (before.composite(), false),
                };
                let previous = previous.unwrap_or(Status::Success);
                changed |= self.start(at, verdict(&self.jobs[at], previous, of_needs), turn);
            }
            before.join(self.statuses(stage.jobs.iter().copied()));
        }
        changed
    }

    fn start(&mut self, at: usize, verdict: Verdict, turn: &mut Turn<'_>) -> bool {
        match verdict {
            Verdict::Wait => return false,
            Verdict::Skip => self.shift(at, Status::Skipped, turn),
            Verdict::Enqueue => self.enqueue(at, turn),
            Verdict::Actionize => self.shift(at, Status::Manual, turn),
            Verdict::Schedule(seconds) => self.schedule(at, seconds, turn),
        }
        true
    }

    /// The statuses of the latest attempts of some planned jobs.
    fn statuses(&self, planned: impl Iterator<Item = usize>) -> Statuses {
        planned
            .map(|planned| {
                let job = &self.jobs[self.index.latest[planned]];
                (job.status, job.allow_failure)
            })
            .collect()
    }

    fn settle(&mut self, turn: &mut Turn<'_>) {
        let plan = Arc::clone(&self.index.plan);
        let mut all = Statuses::default();
        for (place, stage) in plan.stages.iter().enumerate() {
            let statuses = self.statuses(stage.jobs.iter().copied());
            all.join(statuses);
            let status = statuses.composite().unwrap_or(Status::Skipped);
            // As GitLab does: nothing goes back to `created`.
            if status != Status::Created {
                self.stages[place].status = status;
            }
        }
        if let Some(status) = all.composite() {
            self.settle_pipeline(status, turn);
        }
    }

    fn settle_pipeline(&mut self, composite: Status, turn: &mut Turn<'_>) {
        let from = self.status;
        let to = match (composite, from) {
            (Status::Created, _) => return,
            // A pipeline that has run does not queue again.
            (
                Status::Pending,
                Status::Running | Status::Success | Status::Failed | Status::Canceling | Status::Canceled,
            ) => Status::Running,
            _ => composite,
        };
        if from == to {
            return;
        }
        self.status = to;
        match to {
            Status::Running
                if matches!(
                    from,
                    Status::Created | Status::WaitingForResource | Status::Preparing | Status::Pending
                ) =>
            {
                self.started_at = self.started_at.or(Some(turn.now));
            }
            Status::Success | Status::Failed | Status::Canceled => self.finished_at = Some(turn.now),
            _ => {}
        }
        turn.tell(Action::Pipeline { from, to });
    }
}

/// Whether a created job may start after what came before it, and how.
fn verdict(job: &Job, previous: Status, of_needs: bool) -> Verdict {
    if !previous.is_complete() {
        return Verdict::Wait;
    }
    let accepted = match job.spec.when {
        When::OnSuccess | When::Manual | When::Delayed => {
            previous == Status::Success || (previous == Status::Skipped && !of_needs)
        }
        When::OnFailure => previous == Status::Failed,
        When::Always => previous != Status::Canceled,
    };
    match (accepted, job.spec.when, job.spec.start_in) {
        (false, ..) => Verdict::Skip,
        _ if job.at_once => Verdict::Enqueue,
        (_, When::Delayed, Some(seconds)) => Verdict::Schedule(seconds),
        (_, When::Manual | When::Delayed, _) => Verdict::Actionize,
        (_, When::OnSuccess | When::OnFailure | When::Always, _) => Verdict::Enqueue,
    }
}
