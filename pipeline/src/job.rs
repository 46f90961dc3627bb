//! One job of a pipeline, as it stands.

use crate::{JobId, Kind, Moment, PipelineId, Spec, Status, When};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// A job: one attempt. A retry is a job of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// Its place among the specs that the pipeline was made of. Attempts of the same job share it.
    pub planned: usize,
    /// What processing has to know of it.
    pub spec: Arc<Spec>,
    /// Its status.
    pub status: Status,
    /// Whether its failure is forgiven: as configured, or because of its exit code.
    pub allow_failure: bool,
    /// GitLab's word for why it failed.
    pub failure_reason: Option<String>,
    /// The script's exit code, 0 to 32767.
    pub exit_code: Option<i64>,
    /// When it was made.
    pub created_at: Moment,
    /// When it became pending, the last time.
    pub queued_at: Option<Moment>,
    /// When a runner took it; of a bridge: when it started its pipeline.
    pub started_at: Option<Moment>,
    /// When it succeeded, failed or was canceled.
    pub finished_at: Option<Moment>,
    /// When a delayed job starts; only while it is scheduled.
    pub scheduled_at: Option<Moment>,
    /// Whether a later attempt has taken its place.
    pub retried: bool,
    /// The attempt whose place it has taken.
    pub retry_of: Option<JobId>,
    /// Whether it starts without waiting for a person or a time: a manual or delayed job that was retried.
    pub at_once: bool,
    /// Whether the runner that has it can cancel it gracefully.
    pub graceful: bool,
    /// The pipeline that it started.
    pub downstream: Option<PipelineId>,
    /// What that pipeline was last told to be.
    pub downstream_status: Option<Status>,
    /// How it stands with its resource group.
    pub resource: Hold,
}

/// How a job stands with its resource group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// It has none, does not want it yet, or wants it no more.
    #[default]
    Nothing,
    /// It waits for it.
    Wanted,
    /// Nobody else has it.
    Held,
}

impl Job {
    pub(crate) fn new(id: JobId, planned: usize, spec: Arc<Spec>, now: Moment) -> Self {
        Self {
            id,
            planned,
            status: Status::Created,
            allow_failure: spec.allow_failure,
            spec,
            failure_reason: None,
            exit_code: None,
            created_at: now,
            queued_at: None,
            started_at: None,
            finished_at: None,
            scheduled_at: None,
            retried: false,
            retry_of: None,
            at_once: false,
            graceful: false,
            downstream: None,
            downstream_status: None,
            resource: Hold::Nothing,
        }
    }

    /// Whether it starts a pipeline instead of running a script.
    pub fn is_bridge(&self) -> bool {
        matches!(self.spec.kind, Kind::Bridge { .. })
    }

    /// Whether a person or a time starts it.
    pub fn is_action(&self) -> bool {
        matches!(self.spec.when, When::Manual | When::Delayed)
    }

    /// How long it has run, or ran. Nothing if it never did.
    pub fn duration(&self, now: Moment) -> Option<Duration> {
        self.started_at.map(|start| since(start, self.finished_at.unwrap_or(now)))
    }

    /// How long it has waited for a runner, or did. Nothing if it never did.
    pub fn queued(&self, now: Moment) -> Option<Duration> {
        self.queued_at.map(|queued| since(queued, self.started_at.or(self.finished_at).unwrap_or(now)))
    }

    /// Whether it would be canceled with its pipeline. Manual jobs would, so that a canceled pipeline does not go on
    /// waiting for somebody.
    pub fn is_cancelable(&self) -> bool {
        !self.status.is_complete() && self.status != Status::Canceling
    }

    /// Whether its status is not its own, but that of the pipeline that it started.
    pub(crate) fn is_started_bridge(&self) -> bool {
        self.downstream.is_some()
    }
}

/// From one moment to another; nothing if the clock went back.
fn since(start: Moment, end: Moment) -> Duration {
    Duration::from_millis(end.0.saturating_sub(start.0))
}
