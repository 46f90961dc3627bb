//! What a worker is asked for.

use super::Task;
use super::destination::Destination;
use crate::Order;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Tasks for a worker, with all that they depend on. It holds the job's secrets: it travels on standard input and
/// is never written down.
#[derive(Serialize, Deserialize)]
pub(super) struct Request<'a> {
    /// The job.
    pub(super) order: Cow<'a, Order>,
    /// What is to be done, in order.
    pub(super) tasks: Cow<'a, [Task]>,
    /// `CI_JOB_STATUS`, once it has changed.
    pub(super) status: Option<Cow<'a, str>>,
    /// Where artifacts go to and come from.
    pub(super) destination: Destination,
}

/// A request that cannot be read; shows where and nothing of it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request of a stage is damaged at line {line}, column {column}")]
pub struct Damaged {
    /// Line of the fault, from 1.
    line: usize,
    /// Column of the fault, from 1.
    column: usize,
}

impl Request<'_> {
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Request<'static>, Damaged> {
        serde_json::from_slice(bytes).map_err(|error| Damaged { line: error.line(), column: error.column() })
    }
}
