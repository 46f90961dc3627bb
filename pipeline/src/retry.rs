//! Jobs that are made once more, by themselves or by somebody, and those that come back with them.

use crate::turn::Turn;
use crate::{Action, Job, Pipeline, Refused, Status};
use std::sync::Arc;

/// Failures after which no other attempt would end differently.
const NEVER_AGAIN: [&str; 5] = [
    "ci_quota_exceeded",
    "no_matching_runner",
    "missing_dependency_failure",
    "forward_deployment_failure",
    "environment_creation_failure",
];

/// What `retry:when` names, where that is more than one reason.
const GROUPS: [(&str, &[&str]); 2] = [
    (
        "stuck_or_timeout_failure",
        &[
            "stuck_pending_with_matching_runners",
            "stuck_pending_no_matching_runners",
            "no_updates_running",
            "no_updates_canceling",
        ],
    ),
    (
        "job_execution_timeout",
        &["job_execution_server_timeout", "server_timeout_running", "server_timeout_canceling"],
    ),
];

/// Failures of a bridge that every other attempt would have too.
const LOOPS: [&str; 2] = ["pipeline_loop_detected", "reached_max_descendant_pipelines_depth"];

/// Whether a failed job is tried again by itself, after so many attempts that were retried.
pub(crate) fn is_tried_again(job: &Job, retried: usize) -> bool {
    !job.is_bridge() && !job.retried && usize::from(most(job)) > retried
}

/// How often a job may be tried again after such a failure.
fn most(job: &Job) -> u8 {
    let reason = job.failure_reason.as_deref().unwrap_or("unknown_failure");
    if NEVER_AGAIN.contains(&reason) {
        return 0;
    }
    let configured = job.spec.retry.max.filter(|_| is_named(job, reason));
    configured.unwrap_or(if reason == "scheduler_failure" { 2 } else { 0 })
}

/// Whether `retry` is for this failure.
fn is_named(job: &Job, reason: &str) -> bool {
    let retry = &job.spec.retry;
    let by_reason = match &retry.when {
        Some(reasons) => reasons.iter().any(|named| covers(named, reason)),
        None => retry.exit_codes.is_none(),
    };
    let by_code = match (&retry.exit_codes, job.exit_code) {
        (Some(codes), Some(code)) => codes.contains(&code),
        _ => false,
    };
    by_reason || by_code
}

fn covers(named: &str, reason: &str) -> bool {
    named == "always"
        || named == reason
        || GROUPS.iter().any(|(group, members)| *group == named && members.contains(&reason))
}

impl Pipeline {
    /// Somebody wants a job once more.
    pub(crate) fn retry(&mut self, at: usize, turn: &mut Turn<'_>) -> Result<(), Refused> {
        self.counts(at)?;
        self.may_be_retried(at)?;
        let (planned, at_once) = (self.jobs[at].planned, self.jobs[at].is_action());
        self.renew(at, at_once, turn);
        self.revive(&[planned], turn);
        Ok(())
    }

    /// Somebody wants all jobs once more that did not succeed. Manual ones wait for somebody again.
    pub(crate) fn retry_all(&mut self, turn: &mut Turn<'_>) -> Result<(), Refused> {
        let failed = |job: &Job| matches!(job.status, Status::Failed | Status::Canceled | Status::Canceling);
        let again: Vec<usize> = self
            .index
            .latest
            .iter()
            .copied()
            .filter(|&at| failed(&self.jobs[at]) && self.may_be_retried(at).is_ok())
            .collect();
        if again.is_empty() {
            return Err(Refused::Nothing { wanted: "retried" });
        }
        for at in again {
            self.renew(at, false, turn);
        }
        self.reset(|_| true, turn);
        self.finished_at = None;
        Ok(())
    }

    fn may_be_retried(&self, at: usize) -> Result<(), Refused> {
        let job = &self.jobs[at];
        match &job.failure_reason {
            Some(reason) if job.is_bridge() && LOOPS.contains(&reason.as_str()) => {
                return Err(Refused::NotRetryable { job: job.id, reason: reason.clone() });
            }
            _ => {}
        }
        match job.status {
            Status::Success | Status::Failed | Status::Canceled | Status::Canceling => Ok(()),
            _ => self.refuse(at, "retried"),
        }
    }

    /// Makes another attempt of a job, which takes its place. What an exit code forgave the old one is not forgiven
    /// to the new one.
    pub(crate) fn renew(&mut self, at: usize, at_once: bool, turn: &mut Turn<'_>) {
        let new = (turn.ids)();
        let old = &mut self.jobs[at];
        old.retried = true;
        let mut job = Job::new(new, old.planned, Arc::clone(&old.spec), turn.now);
        job.retry_of = Some(old.id);
        job.at_once = at_once;
        turn.tell(Action::Retried { old: old.id, new });
        self.release(at, turn);
        self.index.latest[job.planned] = self.jobs.len();
        self.index.by_id.insert(new, self.jobs.len());
        self.jobs.push(job);
    }

    /// Jobs came back to life: whatever was skipped behind them is looked at again.
    pub(crate) fn revive(&mut self, planned: &[usize], turn: &mut Turn<'_>) {
        let plan = Arc::clone(&self.index.plan);
        let Some(earliest) = planned.iter().map(|&planned| plan.stage_of[planned]).min() else {
            return;
        };
        let mut dependent = vec![false; self.index.latest.len()];
        plan.dependents(planned).into_iter().for_each(|planned| dependent[planned] = true);
        self.reset(|planned| plan.stage_of[planned] > earliest || dependent[planned], turn);
    }

    /// Makes skipped jobs created again. A bridge that mirrors a skipped pipeline was not skipped itself.
    fn reset(&mut self, which: impl Fn(usize) -> bool, turn: &mut Turn<'_>) {
        let plan = Arc::clone(&self.index.plan);
        for &planned in plan.stages.iter().flat_map(|stage| &stage.jobs) {
            let at = self.index.latest[planned];
            let job = &self.jobs[at];
            if job.status == Status::Skipped && !job.is_started_bridge() && which(planned) {
                self.shift(at, Status::Created, turn);
            }
        }
    }
}
