//! Why an event cannot be.

use crate::{JobId, Moment, Status};
use thiserror::Error;

/// An event that a pipeline does not take. It has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// The job is of another pipeline, or of none.
    #[error("no job {job} in this pipeline")]
    UnknownJob {
        /// The job.
        job: JobId,
    },
    /// The job's status does not allow it.
    #[error("job {job} cannot be {wanted}: it is {status}")]
    Status {
        /// The job.
        job: JobId,
        /// What was wanted, as a participle.
        wanted: &'static str,
        /// What it is.
        status: Status,
    },
    /// A later attempt has taken the job's place.
    #[error("job {job} counts no more: it was retried")]
    Retried {
        /// The job.
        job: JobId,
    },
    /// Only manual and delayed jobs can be played.
    #[error("job {job} is started by the pipeline, not by hand")]
    NotPlayable {
        /// The job.
        job: JobId,
    },
    /// The time of a delayed job has not come.
    #[error("job {job} is not due yet")]
    TooEarly {
        /// The job.
        job: JobId,
        /// Its time.
        due: Moment,
    },
    /// Only a bridge starts pipelines, and no runner takes one.
    #[error("job {job} is {}", kind(*.is_bridge))]
    Kind {
        /// The job.
        job: JobId,
        /// Whether it is a bridge.
        is_bridge: bool,
    },
    /// A bridge whose pipeline would only start the same again.
    #[error("bridge {job} cannot be retried after {reason}")]
    NotRetryable {
        /// The bridge.
        job: JobId,
        /// GitLab's word for why it failed.
        reason: String,
    },
    /// There is nothing in the pipeline to which it could happen.
    #[error("no job of this pipeline can be {wanted}")]
    Nothing {
        /// What was wanted, as a participle.
        wanted: &'static str,
    },
}

fn kind(is_bridge: bool) -> &'static str {
    if is_bridge { "a bridge" } else { "no bridge" }
}
