//! The statuses of jobs, stages and pipelines, and the sets GitLab has of them (`Ci::HasStatus`).

use serde::{Deserialize, Serialize};
use std::fmt;

/// A status. Jobs, stages and pipelines share them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Exists; what comes before it is not over.
    Created,
    /// Wants its resource group, which is not free.
    WaitingForResource,
    /// Something outside is made ready first. Nothing of ours ever is in it.
    Preparing,
    /// Waits for something outside. Nothing of ours ever is in it.
    WaitingForCallback,
    /// Any runner that fits may take it.
    Pending,
    /// A runner has it.
    Running,
    /// Over, and well.
    Success,
    /// Over, with a reason.
    Failed,
    /// To be canceled; its `after_script` still runs.
    Canceling,
    /// Ended by a cancel.
    Canceled,
    /// Does not run because of what came before it.
    Skipped,
    /// Waits for somebody to start it.
    Manual,
    /// Waits for its time.
    Scheduled,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Created,
        Self::WaitingForResource,
        Self::Preparing,
        Self::WaitingForCallback,
        Self::Pending,
        Self::Running,
        Self::Success,
        Self::Failed,
        Self::Canceling,
        Self::Canceled,
        Self::Skipped,
        Self::Manual,
        Self::Scheduled,
    ];

    /// GitLab's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::WaitingForResource => "waiting_for_resource",
            Self::Preparing => "preparing",
            Self::WaitingForCallback => "waiting_for_callback",
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Canceling => "canceling",
            Self::Canceled => "canceled",
            Self::Skipped => "skipped",
            Self::Manual => "manual",
            Self::Scheduled => "scheduled",
        }
    }

    /// From GitLab's word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Over, and not to be started by anybody: `COMPLETED_STATUSES`.
    pub fn is_complete(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Canceled | Self::Skipped)
    }

    /// Neither over nor waiting for a person or a time: `ALIVE_STATUSES`.
    pub fn is_alive(self) -> bool {
        !self.is_complete() && !self.is_blocked()
    }

    /// Waits for a person or a time: `BLOCKED_STATUS`.
    pub fn is_blocked(self) -> bool {
        matches!(self, Self::Manual | Self::Scheduled)
    }

    /// A runner works on it: `EXECUTING_STATUSES`.
    pub fn is_executing(self) -> bool {
        matches!(self, Self::Running | Self::Canceling)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
