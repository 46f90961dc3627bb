//! What a job ended with.

use protocol::{FailureReason, JobState};

/// The end of a job, as it is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Why it failed; nothing for a success. Already mapped to what the coordinator understands.
    pub failure: Option<FailureReason>,
    /// The script's exit code where it is known and not zero.
    pub exit_code: Option<i32>,
}

impl Verdict {
    /// A job that succeeded.
    pub fn success() -> Self {
        Self { failure: None, exit_code: None }
    }

    /// A job that failed for a reason.
    pub fn failed(reason: FailureReason, exit_code: Option<i32>) -> Self {
        Self { failure: Some(reason), exit_code: exit_code.filter(|code| *code != 0) }
    }

    /// Whether the job succeeded.
    pub fn is_success(&self) -> bool {
        self.failure.is_none()
    }

    /// The state on the wire.
    pub fn state(&self) -> JobState {
        if self.is_success() { JobState::Success } else { JobState::Failed }
    }
}
