//! All that is known of a job's end.

use crate::Verdict;

/// What a job ended with, and what people want to know of it. Secrets are masked as they are in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What is reported.
    pub verdict: Verdict,
    /// The command of a user's script that the job failed at, if it was one.
    pub failed_command: Option<FailedCommand>,
    /// Why it failed, in the words of the log's last line: `exit status 1`, `canceled`. Nothing for a success.
    pub cause: Option<String>,
}

/// The command that a script ended at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedCommand {
    /// The command as the log shows it: its first line.
    pub command: String,
    /// Its place among the commands of where it comes from, from 1.
    pub number: usize,
    /// How many commands there are.
    pub of: usize,
    /// The hook it belongs to (`pre_build_script`); nothing for a command of the step itself.
    pub origin: Option<String>,
}
