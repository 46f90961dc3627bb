//! The jobs that runners have at this moment, for those who cannot wait for the database: every piece of a trace asks.

use super::Executing;
use super::keys::TokenHash;
use pipeline::{JobId, Moment, Status};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A job that a runner has.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    pub(crate) executing: Executing,
    pub(crate) token: TokenHash,
    /// When its runner was last heard of.
    pub(crate) seen: Moment,
    /// Whether its runner was ever heard of.
    pub(crate) heard: bool,
    /// When it was told to end gracefully.
    pub(crate) canceling_since: Option<Moment>,
}

#[derive(Default)]
pub(crate) struct Live {
    leases: Mutex<Leases>,
}

#[derive(Default)]
struct Leases {
    by_job: HashMap<JobId, Lease>,
    /// Git, downloads and the API ask by token alone.
    by_token: HashMap<TokenHash, JobId>,
}

impl Leases {
    fn remove(&mut self, job: JobId) {
        if let Some(lease) = self.by_job.remove(&job) {
            self.by_token.remove(&lease.token);
        }
    }
}

impl Live {
    pub(crate) fn insert(&self, lease: Lease) {
        let (job, mut leases) = (lease.executing.job, self.lock());
        leases.remove(job);
        leases.by_token.insert(lease.token, job);
        leases.by_job.insert(job, lease);
    }

    pub(crate) fn remove(&self, job: JobId) {
        self.lock().remove(job);
    }

    /// The job is to end gracefully.
    pub(crate) fn canceling(&self, job: JobId, now: Moment) {
        if let Some(lease) = self.lock().by_job.get_mut(&job) {
            lease.executing.status = Status::Canceling;
            lease.canceling_since = Some(now);
        }
    }

    /// All at once: whoever asks meanwhile finds what was or what is, never a part.
    pub(crate) fn replace(&self, all: Vec<Lease>) {
        let mut next = Leases::default();
        for lease in all {
            next.by_token.insert(lease.token, lease.executing.job);
            next.by_job.insert(lease.executing.job, lease);
        }
        *self.lock() = next;
    }

    /// The job of a token, if it is this one.
    pub(crate) fn check(&self, job: JobId, token: &TokenHash) -> Option<Executing> {
        let leases = self.lock();
        leases.by_job.get(&job).filter(|lease| lease.token == *token).map(|lease| lease.executing.clone())
    }

    /// The job of a token.
    pub(crate) fn of_token(&self, token: &TokenHash) -> Option<Executing> {
        let leases = self.lock();
        leases.by_job.get(leases.by_token.get(token)?).map(|lease| lease.executing.clone())
    }

    /// Its runner was heard of.
    pub(crate) fn seen(&self, job: JobId, now: Moment) {
        if let Some(lease) = self.lock().by_job.get_mut(&job) {
            lease.seen = now;
            lease.heard = true;
        }
    }

    pub(crate) fn all(&self) -> Vec<Lease> {
        self.lock().by_job.values().cloned().collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().by_job.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Leases> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ProjectId, RunnerId, UserId};
    use pipeline::PipelineId;

    fn lease(job: i64, token: u8) -> Lease {
        Lease {
            executing: Executing {
                job: JobId(job),
                pipeline: PipelineId(1),
                project: ProjectId(1),
                runner: RunnerId(1),
                status: Status::Running,
                user: UserId::ROOT,
                started_at: Moment(0),
                timeout: 60,
            },
            token: [token; 32],
            seen: Moment(0),
            heard: false,
            canceling_since: None,
        }
    }

    #[test]
    fn tokens_lead_to_their_jobs_as_long_as_these_have_runners() {
        let live = Live::default();
        live.insert(lease(1, 1));
        live.insert(lease(2, 2));
        assert_eq!(live.of_token(&[2; 32]).unwrap().job, JobId(2));
        assert!(live.check(JobId(1), &[1; 32]).is_some() && live.check(JobId(1), &[2; 32]).is_none());
        live.insert(lease(1, 3));
        assert!(live.of_token(&[1; 32]).is_none(), "a job has one token");
        live.remove(JobId(1));
        assert!(live.of_token(&[3; 32]).is_none() && live.all().len() == 1);
        live.replace(Vec::new());
        assert!(live.of_token(&[2; 32]).is_none() && live.is_empty());
    }
}
