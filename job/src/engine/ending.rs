//! How a job ends: from the first thing that went wrong to its last line and its verdict.

use super::halt::Halt;
use crate::{StageError, Verdict};
use protocol::FailureReason;

/// What ended a job that did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// A stage failed by itself.
    Stage(StageError),
    /// A stage was stopped from outside.
    Halted(Halt),
}

impl Failure {
    /// The job's last line, without level and colour.
    pub(super) fn last_line(&self) -> String {
        let text = match self {
            Self::Stage(error) => error.to_string(),
            Self::Halted(halt) => halt.text(),
        };
        match self.reason() {
            FailureReason::RunnerSystemFailure => format!("Job failed (system failure): {text}"),
            _ => format!("Job failed: {text}"),
        }
    }

    /// The reason in the runner's own words, before it is mapped to what the coordinator knows.
    fn reason(&self) -> FailureReason {
        match self {
            Self::Stage(StageError::Exit(_)) => FailureReason::ScriptFailure,
            Self::Stage(StageError::Failed { reason, .. }) => *reason,
            Self::Stage(StageError::Stopped) => FailureReason::RunnerSystemFailure,
            Self::Halted(halt) => halt.reason(),
        }
    }

    /// What is reported to a coordinator that knows the given reasons.
    pub(super) fn verdict(&self, known_reasons: &[String]) -> Verdict {
        let exit_code = match self {
            Self::Stage(StageError::Exit(exit)) => Some(exit.code()),
            Self::Stage(_) | Self::Halted(_) => None,
        };
        Verdict::failed(self.reason().mapped(known_reasons), exit_code)
    }

    /// `CI_JOB_STATUS` from here on.
    pub(super) fn job_status(&self) -> &'static str {
        match self {
            Self::Halted(halt) if halt.is_timeout() => "timedout",
            Self::Halted(_) => "canceled",
            Self::Stage(_) => "failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AbortCause;
    use executor::Exit;

    #[test]
    fn an_exit_is_a_script_failure_with_its_code() {
        let failure = Failure::Stage(StageError::Exit(Exit::Code(3)));
        assert_eq!(failure.last_line(), "Job failed: exit status 3");
        assert_eq!(failure.verdict(&[]), Verdict::failed(FailureReason::ScriptFailure, Some(3)));
        assert_eq!(failure.job_status(), "failed");
    }

    #[test]
    fn the_runners_own_faults_are_named_so() {
        let failure = Failure::Stage(StageError::system("unknown cache policy x for k"));
        assert_eq!(failure.last_line(), "Job failed (system failure): unknown cache policy x for k");
        assert_eq!(failure.verdict(&[]).exit_code, None);
    }

    #[test]
    fn a_cancel_falls_back_where_it_is_not_known() {
        let failure = Failure::Halted(Halt::Aborted(AbortCause::Coordinator));
        assert_eq!(failure.last_line(), "Job failed: canceled");
        assert_eq!(failure.verdict(&[]).failure, Some(FailureReason::UnknownFailure));
        assert_eq!(failure.verdict(&["job_canceled".to_owned()]).failure, Some(FailureReason::JobCanceled));
        assert_eq!(failure.job_status(), "canceled");
    }
}
