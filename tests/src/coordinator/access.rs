//! Who may call for a job: the rules that `PUT`, `PATCH` and uploads share.

use super::call::{Call, Reply};
use super::job::{Cancel, JobRecord, Phase, Verdict};
use super::state::State;
use std::time::Instant;

/// Why a call for a job is refused, or the job.
pub(super) enum Access {
    Refused(Reply),
    Granted,
}

impl State {
    /// Checks the job token and the job's state. A refused call of a runner that did nothing wrong (a
    /// revoked token, a job that was put back or canceled) is no violation.
    pub(super) fn access(&mut self, call: &Call) -> Access {
        let now = Instant::now();
        self.put_back_expired(now);
        let token = call.header("job-token").unwrap_or_default().to_owned();
        let Some(job) = call.route.id.and_then(|id| self.jobs.get_mut(&id)) else {
            self.blame(call, vec!["there is no such job".to_owned()]);
            return Access::Refused(Reply::forbidden());
        };
        if !job.deliveries.iter().any(|d| d.token == token) {
            self.blame(call, vec!["the job token is not this job's".to_owned()]);
            return Access::Refused(Reply::forbidden());
        }
        if job.token_revoked || job.token() != Some(token.as_str()) {
            return Access::Refused(Reply::forbidden());
        }
        end_if_canceled(job, now);
        let Some(verdict) = job.verdict() else { return Access::Granted };
        let expected = job.calls_after_end_expected;
        let reply = Reply::forbidden().with("job-status", verdict.as_str());
        if !expected {
            self.blame(call, vec!["the job is over and its runner knows it".to_owned()]);
        }
        Access::Refused(reply)
    }
}

/// A job that is canceled without grace is over for the coordinator.
fn end_if_canceled(job: &mut JobRecord, now: Instant) {
    let due = job.canceled(now) == Some(Cancel::Canceled);
    if due && matches!(job.phase, Phase::Running | Phase::Reserved) {
        job.end(Verdict::Canceled, now);
        job.calls_after_end_expected = true;
    }
}
