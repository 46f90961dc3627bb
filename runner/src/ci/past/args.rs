//! Flags of `ci log` and `ci artifacts`.

use clap::Args;
use std::path::PathBuf;

/// Which run.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PastArgs {
    /// Folder of the project [default: the repository that the current folder is in]
    #[arg(long, value_name = "DIR")]
    pub(crate) repo: Option<PathBuf>,
    /// Number of the run [default: the last one]
    #[arg(long, value_name = "N")]
    pub(crate) run: Option<u64>,
}

/// `ci log`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct LogArgs {
    /// Name of the job, with the bridges that lead to it as BRIDGE/JOB [default: all jobs are listed]
    #[arg(value_name = "JOB")]
    pub(crate) job: Option<String>,
    /// Print the trace as GitLab would get it, byte for byte
    #[arg(long, requires = "job")]
    pub(crate) raw: bool,
    /// Of a job that was retried, this attempt, from 1 [default: the last one]
    #[arg(long, value_name = "N", requires = "job")]
    pub(crate) attempt: Option<usize>,
    #[command(flatten)]
    pub(crate) past: PastArgs,
}

/// `ci artifacts`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ArtifactsArgs {
    /// Name of the job, with the bridges that lead to it as BRIDGE/JOB [default: artifacts of all jobs are listed]
    #[arg(value_name = "JOB")]
    pub(crate) job: Option<String>,
    /// Unpack the job's artifacts into this folder, and its reports beside them
    #[arg(long, value_name = "DIR", requires = "job")]
    pub(crate) extract: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) past: PastArgs,
}

/// What `ci log --help` ends with.
pub(crate) const LOG_EXAMPLES: &str = "\
Examples:
  runner ci log                               the jobs of the last run
  runner ci log test                          the log of one, without marks for GitLab's page
  runner ci log deploy/test                   a job of the child pipeline that `deploy` started
  runner ci log test --run 12 --attempt 1     of an earlier run, before it was retried
  runner ci log test --raw > trace.log        as it is";

/// What `ci artifacts --help` ends with.
pub(crate) const ARTIFACTS_EXAMPLES: &str = "\
Examples:
  runner ci artifacts                         what jobs of the last run left
  runner ci artifacts build                   type, size and path of each artifact
  runner ci artifacts build --extract out     unpacked into the folder `out`";
