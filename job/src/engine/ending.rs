//! How a job ends: from the first thing that went wrong to its last line and its verdict.

use super::failed_command::FailedCommand;
use super::halt::Halt;
use crate::script::Echo;
use crate::{StageError, Verdict};
use executor::Exit;
use protocol::FailureReason;

/// Words an exit as the executor does.
pub(super) type Describe<'a> = &'a dyn Fn(Exit) -> String;

/// An error of a stage in words.
pub(super) fn describe_error(error: &StageError, describe: Describe<'_>) -> String {
    match error {
        StageError::Exit(exit) => describe(*exit),
        StageError::Failed { .. } | StageError::Stopped => error.to_string(),
    }
}

/// What ended a job that did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// A stage failed by itself.
    Stage(StageError),
    /// A command of a user's script failed.
    Command(FailedCommand),
    /// A stage was stopped from outside.
    Halted(Halt),
}

impl Failure {
    /// The failure of a script at the command whose echo was seen last, if one was.
    pub(super) fn at(self, echo: Option<Echo>) -> Self {
        match (self, echo) {
            (Self::Stage(StageError::Exit(exit)), Some(echo)) => Self::Command(FailedCommand { echo, exit }),
            (failure, _) => failure,
        }
    }

    /// What a job ends with when something more goes wrong: the first failure, unless the job is then aborted.
    /// A job that was stopped already stays stopped for its first reason.
    pub(super) fn followed_by(first: Option<Self>, later: Self) -> Self {
        match first {
            Some(Self::Stage(_) | Self::Command(_)) if later.is_abort() => later,
            Some(first) => first,
            None => later,
        }
    }

    /// Whether the job was stopped because time ran out.
    pub(super) fn is_timeout(&self) -> bool {
        matches!(self, Self::Halted(halt) if halt.is_timeout())
    }

    /// Whether somebody may want to see what is left of the job: it failed by itself.
    pub(super) fn is_worth_a_look(&self) -> bool {
        match self {
            Self::Stage(StageError::Stopped) => false,
            Self::Stage(_) | Self::Command(_) => true,
            Self::Halted(halt) => halt.is_timeout(),
        }
    }

    /// The command it failed at, if it was one; `masked` hides secrets.
    pub(super) fn command(&self, masked: &dyn Fn(&str) -> String) -> Option<crate::FailedCommand> {
        let Self::Command(FailedCommand { echo, .. }) = self else { return None };
        Some(crate::FailedCommand {
            command: masked(&echo.command),
            number: echo.number,
            of: echo.of,
            origin: echo.origin.as_ref().map(|name| masked(name)),
        })
    }

    fn is_abort(&self) -> bool {
        matches!(self, Self::Halted(Halt::Aborted(_)))
    }

    /// Why, in words; `describe` has those for an exit.
    pub(super) fn text(&self, describe: Describe<'_>) -> String {
        match self {
            Self::Stage(error) => describe_error(error, describe),
            Self::Command(failed) => describe(failed.exit),
            Self::Halted(halt) => halt.text(),
        }
    }

    /// The job's last line, without level and colour.
    pub(super) fn last_line(&self, describe: Describe<'_>) -> String {
        let text = self.text(describe);
        match self.reason() {
            FailureReason::RunnerSystemFailure => format!("Job failed (system failure): {text}"),
            _ => format!("Job failed: {text}"),
        }
    }

    /// The reason in the runner's own words, before it is mapped to what the coordinator knows.
    fn reason(&self) -> FailureReason {
        match self {
            Self::Stage(StageError::Exit(_)) | Self::Command(_) => FailureReason::ScriptFailure,
            Self::Stage(StageError::Failed { reason, .. }) => *reason,
            Self::Stage(StageError::Stopped) => FailureReason::RunnerSystemFailure,
            Self::Halted(halt) => halt.reason(),
        }
    }

    /// What is reported to a coordinator that knows the given reasons.
    pub(super) fn verdict(&self, known_reasons: &[String]) -> Verdict {
        let exit_code = match self {
            Self::Stage(StageError::Exit(exit)) | Self::Command(FailedCommand { exit, .. }) => {
                Some(exit.code())
            }
            Self::Stage(_) | Self::Halted(_) => None,
        };
        Verdict::failed(self.reason().mapped(known_reasons), exit_code)
    }

    /// `CI_JOB_STATUS` from here on.
    pub(super) fn job_status(&self) -> &'static str {
        match self {
            Self::Halted(halt) if halt.is_timeout() => "timedout",
            Self::Halted(_) => "canceled",
            Self::Stage(_) | Self::Command(_) => "failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AbortCause;

    fn go(exit: Exit) -> String {
        exit.to_string()
    }

    #[test]
    fn an_exit_is_a_script_failure_with_its_code() {
        let failure = Failure::Stage(StageError::Exit(Exit::Code(3)));
        assert_eq!(failure.last_line(&go), "Job failed: exit status 3");
        assert_eq!(failure.verdict(&[]), Verdict::failed(FailureReason::ScriptFailure, Some(3)));
        assert_eq!(failure.job_status(), "failed");
    }

    #[test]
    fn an_exit_is_worded_as_the_executor_has_it() {
        let failure = Failure::Stage(StageError::Exit(Exit::Code(3)));
        assert_eq!(
            failure.last_line(&|exit| format!("exit code {}", exit.code())),
            "Job failed: exit code 3"
        );
    }

    #[test]
    fn an_abort_counts_more_than_a_failed_script() {
        let aborted = || Failure::Halted(Halt::Aborted(AbortCause::Signal("terminated")));
        let exit = || Failure::Stage(StageError::Exit(Exit::Code(3)));
        let ends = |first, later| Failure::followed_by(first, later).last_line(&go);
        assert_eq!(ends(Some(exit()), aborted()), "Job failed: aborted: terminated");
        assert_eq!(ends(Some(exit()), Failure::Halted(Halt::OwnTimeout)), "Job failed: exit status 3");
        assert_eq!(ends(Some(Failure::Halted(Halt::Canceled)), aborted()), "Job failed: canceled");
        assert_eq!(ends(None, exit()), "Job failed: exit status 3");
    }

    #[test]
    fn the_runners_own_faults_are_named_so() {
        let failure = Failure::Stage(StageError::system("unknown cache policy x for k"));
        assert_eq!(failure.last_line(&go), "Job failed (system failure): unknown cache policy x for k");
        assert_eq!(failure.verdict(&[]).exit_code, None);
    }

    #[test]
    fn a_cancel_falls_back_where_it_is_not_known() {
        let failure = Failure::Halted(Halt::Aborted(AbortCause::Coordinator));
        assert_eq!(failure.last_line(&go), "Job failed: canceled");
        assert_eq!(failure.verdict(&[]).failure, Some(FailureReason::UnknownFailure));
        assert_eq!(failure.verdict(&["job_canceled".to_owned()]).failure, Some(FailureReason::JobCanceled));
        assert_eq!(failure.job_status(), "canceled");
    }
}
