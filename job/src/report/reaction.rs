//! What answers mean.

use client::Answer;
use protocol::JobStatus;

/// What the answer to a trace chunk means for the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PatchReaction {
    /// 202: stored.
    Stored,
    /// 416: goes on from there.
    Resync(u64),
    /// 404: the coordinator has no such job, or no place for its trace.
    Missing,
    /// 403, or a job that is over: no more trace is taken.
    Closed,
    /// Anything else, 200 included: nothing is known to be stored.
    Unclear,
}

impl PatchReaction {
    pub(super) fn of(answer: &Answer) -> Self {
        match answer.status.as_u16() {
            202 => Self::Stored,
            403 => Self::Closed,
            _ if answer.job_status == JobStatus::Stopped => Self::Closed,
            404 => Self::Missing,
            416 => Self::Resync(answer.stored.0),
            _ => Self::Unclear,
        }
    }
}

/// What the answer to the update with the verdict means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FinalReaction {
    /// Taken.
    Accepted,
    /// The job is over already, whatever the verdict.
    Refused,
    /// 202: taken, and to be asked for again until it is applied.
    Pending,
    /// 412: the trace did not arrive as it was sent, and is wanted again.
    Resend,
    /// Anything else.
    Unclear,
}

impl FinalReaction {
    pub(super) fn of(answer: &Answer) -> Self {
        let over = answer.job_status == JobStatus::Stopped;
        match answer.status.as_u16() {
            200 => Self::Accepted,
            202 if over => Self::Accepted,
            202 => Self::Pending,
            403 | 404 => Self::Refused,
            _ if over => Self::Refused,
            412 => Self::Resend,
            _ => Self::Unclear,
        }
    }
}

/// Whether an answer to a trace chunk stops the job. On an update, 404 does as well.
pub(super) fn stops_job(answer: &Answer) -> bool {
    answer.status == 403 || answer.job_status == JobStatus::Stopped
}

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;

    #[test]
    fn only_202_stores_a_chunk() {
        for (status, reaction) in [
            (202, PatchReaction::Stored),
            (200, PatchReaction::Unclear),
            (204, PatchReaction::Unclear),
            (500, PatchReaction::Unclear),
            (404, PatchReaction::Missing),
            (403, PatchReaction::Closed),
            (416, PatchReaction::Resync(0)),
        ] {
            assert_eq!(PatchReaction::of(&answer(status)), reaction, "{status}");
        }
        let over = Answer { job_status: JobStatus::Stopped, ..answer(500) };
        assert_eq!(PatchReaction::of(&over), PatchReaction::Closed);
        let stored = Answer { job_status: JobStatus::Stopped, ..answer(202) };
        assert_eq!(PatchReaction::of(&stored), PatchReaction::Stored);
        assert!(stops_job(&stored));
    }

    #[test]
    fn a_verdict_is_accepted_refused_or_repeated() {
        for (status, running, over) in [
            (200, FinalReaction::Accepted, FinalReaction::Accepted),
            (202, FinalReaction::Pending, FinalReaction::Accepted),
            (403, FinalReaction::Refused, FinalReaction::Refused),
            (404, FinalReaction::Refused, FinalReaction::Refused),
            (412, FinalReaction::Resend, FinalReaction::Refused),
            (409, FinalReaction::Unclear, FinalReaction::Refused),
            (503, FinalReaction::Unclear, FinalReaction::Refused),
        ] {
            assert_eq!(FinalReaction::of(&answer(status)), running, "{status}");
            let answer = Answer { job_status: JobStatus::Stopped, ..answer(status) };
            assert_eq!(FinalReaction::of(&answer), over, "{status}");
        }
    }
}
