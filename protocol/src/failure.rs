//! Why a job failed, in GitLab's words.

use serde::{Deserialize, Serialize};

/// A `failure_reason` as the runner sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// The user's script ended with a non-zero status.
    ScriptFailure,
    /// The runner's own fault, or none better known.
    RunnerSystemFailure,
    /// Any time limit of the job.
    JobExecutionTimeout,
    /// What the runner's or the job's settings do not allow.
    RunnerConfigurationError,
    /// An image could not be pulled.
    ImagePullFailure,
    /// A service outside failed.
    RunnerExternalDependencyFailure,
    /// The runner's process was told to stop.
    RunnerInterrupted,
    /// Canceled or aborted by the coordinator.
    JobCanceled,
    /// Nothing better is known.
    UnknownFailure,
}

impl FailureReason {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ScriptFailure => "script_failure",
            Self::RunnerSystemFailure => "runner_system_failure",
            Self::JobExecutionTimeout => "job_execution_timeout",
            Self::RunnerConfigurationError => "runner_configuration_error",
            Self::ImagePullFailure => "image_pull_failure",
            Self::RunnerExternalDependencyFailure => "runner_external_dependency_failure",
            Self::RunnerInterrupted => "runner_interrupted",
            Self::JobCanceled => "job_canceled",
            Self::UnknownFailure => "unknown_failure",
        }
    }

    /// The reason to send to a coordinator that understands only `supported` reasons
    /// (payload `features.failure_reasons`), after gitlab-runner's `common/failure_reason_mapper.go`.
    pub fn mapped(self, supported: &[String]) -> Self {
        let mut reason = self;
        // Each fallback leads closer to a reason that every coordinator knows; two steps suffice.
        for _ in 0..3 {
            if reason.is_always_supported() || supported.iter().any(|s| s == reason.as_str()) {
                return reason;
            }
            reason = reason.fallback();
        }
        Self::UnknownFailure
    }

    fn is_always_supported(self) -> bool {
        matches!(
            self,
            Self::ScriptFailure
                | Self::RunnerSystemFailure
                | Self::JobExecutionTimeout
                | Self::UnknownFailure
        )
    }

    fn fallback(self) -> Self {
        match self {
            Self::RunnerConfigurationError => Self::ScriptFailure,
            Self::ImagePullFailure | Self::RunnerExternalDependencyFailure => Self::RunnerSystemFailure,
            Self::RunnerInterrupted | Self::JobCanceled => Self::UnknownFailure,
            Self::ScriptFailure
            | Self::RunnerSystemFailure
            | Self::JobExecutionTimeout
            | Self::UnknownFailure => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FailureReason::{self, *};

    #[test]
    fn unknown_reasons_fall_back() {
        let none: [String; 0] = [];
        assert_eq!(JobCanceled.mapped(&none), UnknownFailure);
        assert_eq!(RunnerInterrupted.mapped(&none), UnknownFailure);
        assert_eq!(RunnerConfigurationError.mapped(&none), ScriptFailure);
        assert_eq!(ImagePullFailure.mapped(&none), RunnerSystemFailure);
        assert_eq!(ScriptFailure.mapped(&none), ScriptFailure);
        assert_eq!(JobCanceled.mapped(&["job_canceled".to_owned()]), JobCanceled);
    }

    #[test]
    fn words_match_serde() {
        let json = serde_json::to_string(&FailureReason::RunnerExternalDependencyFailure).unwrap();
        assert_eq!(json, format!("{:?}", FailureReason::RunnerExternalDependencyFailure.as_str()));
    }
}
