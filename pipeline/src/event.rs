//! What happens to a pipeline, and what is to be done about it.

use crate::{JobId, Moment, PipelineId, Status};
use serde::{Deserialize, Serialize};

/// Something that happened, or that somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The pipeline begins: whatever may start is started.
    Begin,
    /// A runner has taken a pending job.
    Taken {
        /// The job.
        job: JobId,
        /// Whether the runner can cancel it gracefully.
        graceful: bool,
    },
    /// A job is over.
    Ended {
        /// The job.
        job: JobId,
        /// How it ended.
        end: End,
    },
    /// The time of a scheduled job has come.
    Due(JobId),
    /// A job was given its resource group.
    Granted(JobId),
    /// The pipeline that a bridge wants was created.
    Triggered {
        /// The bridge.
        job: JobId,
        /// The new pipeline.
        pipeline: PipelineId,
    },
    /// The pipeline that a bridge started has another status.
    Downstream {
        /// The bridge.
        job: JobId,
        /// The status.
        status: Status,
    },
    /// Somebody starts a manual or scheduled job.
    Play(JobId),
    /// Somebody stops the timer of a scheduled job.
    Unschedule(JobId),
    /// Somebody wants a job once more.
    Retry(JobId),
    /// Somebody wants all jobs once more that did not succeed.
    RetryAll,
    /// Somebody cancels a job.
    Cancel(JobId),
    /// Somebody does not want to wait for a job that is being canceled.
    ForceCancel(JobId),
    /// Somebody cancels the pipeline.
    CancelAll,
    /// A newer commit came: cancels what the pipeline's `auto_cancel` says.
    Redundant,
    /// A job fails without a runner's word: nobody can run it, its pipeline cannot be made, its time is up. One that
    /// runs is stopped at once.
    Drop {
        /// The job.
        job: JobId,
        /// GitLab's word for why.
        reason: String,
    },
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// Well.
    Success,
    /// Not well.
    Failed {
        /// GitLab's word for why: `script_failure`, `job_execution_timeout`, …
        reason: String,
        /// The script's exit code, where it is known.
        exit_code: Option<i64>,
    },
}

/// Something that is to be done by whoever drives the pipeline, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A job has another status. All that an [`Event`] changed is told of so, for displays and stores.
    Job {
        /// The job.
        job: JobId,
        /// Its status before.
        from: Status,
        /// Its status now.
        to: Status,
    },
    /// A job was made anew; the old one counts no more.
    Retried {
        /// The old one.
        old: JobId,
        /// The new one.
        new: JobId,
    },
    /// The pipeline has another status.
    Pipeline {
        /// Before.
        from: Status,
        /// Now.
        to: Status,
    },
    /// A job is to be run: it is pending.
    Queue(JobId),
    /// A bridge is to start its pipeline: it is pending. [`Event::Triggered`] or [`Event::Drop`] follows.
    Trigger(JobId),
    /// [`Event::Due`] is to follow at this moment, unless the job has left `scheduled` by then.
    Wake {
        /// The job.
        job: JobId,
        /// When.
        at: Moment,
    },
    /// A job waits for its resource group. [`Event::Granted`] is to follow when it has it.
    Want {
        /// The job.
        job: JobId,
        /// The group.
        group: String,
    },
    /// A job holds its resource group no more, or does not want it any more.
    Release {
        /// The job.
        job: JobId,
        /// The group.
        group: String,
    },
    /// Whoever runs a job is to stop it.
    Stop {
        /// The job.
        job: JobId,
        /// How.
        how: How,
    },
    /// The pipeline that a bridge started is to be canceled.
    CancelDownstream {
        /// The bridge.
        job: JobId,
        /// Its pipeline.
        pipeline: PipelineId,
    },
}

/// How a job is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Its `after_script` still runs; [`Event::Ended`] follows.
    Gracefully,
    /// At once: it is over here already.
    AtOnce,
}
