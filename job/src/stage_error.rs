//! How a stage fails.

use executor::{Exit, PrepareError, RunError};
use protocol::FailureReason;

/// Why a stage did not end well.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StageError {
    /// A command of the stage ended so; a script failure with that exit code.
    #[error("{0}")]
    Exit(Exit),
    /// Something else that has a reason of its own.
    #[error("{message}")]
    Failed {
        /// What to report.
        reason: FailureReason,
        /// The text of the final line.
        message: String,
    },
    /// The stage's stop token was cancelled before the stage ended; its owner knows why.
    #[error("context canceled")]
    Stopped,
}

impl StageError {
    /// A failure of the runner's own.
    pub fn system(message: impl Into<String>) -> Self {
        Self::Failed { reason: FailureReason::RunnerSystemFailure, message: message.into() }
    }

    /// A failure that the configuration or the payload asks for.
    pub fn configuration(message: impl Into<String>) -> Self {
        Self::Failed { reason: FailureReason::RunnerConfigurationError, message: message.into() }
    }

    /// What gitlab-runner's helper commands end with: exit status 1, a script failure.
    pub fn helper() -> Self {
        Self::Exit(Exit::Code(1))
    }
}

impl From<PrepareError> for StageError {
    fn from(error: PrepareError) -> Self {
        match error {
            PrepareError::Temporary { message } | PrepareError::Final { message } => Self::system(message),
            PrepareError::Configuration { message } => Self::configuration(message),
            PrepareError::External { message } => {
                Self::Failed { reason: FailureReason::RunnerExternalDependencyFailure, message }
            }
            PrepareError::ImagePull { message } => {
                Self::Failed { reason: FailureReason::ImagePullFailure, message }
            }
        }
    }
}

impl From<RunError> for StageError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Refused { message } => Self::configuration(message),
            other => Self::system(other.to_string()),
        }
    }
}
