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
    leases: Mutex<HashMap<JobId, Lease>>,
}

impl Live {
    pub(crate) fn insert(&self, lease: Lease) {
        self.lock().insert(lease.executing.job, lease);
    }

    pub(crate) fn remove(&self, job: JobId) {
        self.lock().remove(&job);
    }

    /// The job is to end gracefully.
    pub(crate) fn canceling(&self, job: JobId, now: Moment) {
        if let Some(lease) = self.lock().get_mut(&job) {
            lease.executing.status = Status::Canceling;
            lease.canceling_since = Some(now);
        }
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// The job of a token, if it is this one.
    pub(crate) fn check(&self, job: JobId, token: &TokenHash) -> Option<Executing> {
        self.lock().get(&job).filter(|lease| lease.token == *token).map(|lease| lease.executing.clone())
    }

    /// The job of a token.
    pub(crate) fn of_token(&self, token: &TokenHash) -> Option<Executing> {
        self.lock().values().find(|lease| lease.token == *token).map(|lease| lease.executing.clone())
    }

    /// Its runner was heard of.
    pub(crate) fn seen(&self, job: JobId, now: Moment) {
        if let Some(lease) = self.lock().get_mut(&job) {
            lease.seen = now;
            lease.heard = true;
        }
    }

    pub(crate) fn all(&self) -> Vec<Lease> {
        self.lock().values().cloned().collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<JobId, Lease>> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
