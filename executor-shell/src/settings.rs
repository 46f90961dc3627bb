//! What a shell executor is told.

use crate::trail::Trail;
use std::ffi::OsString;
use std::fmt;
use std::time::Duration;

/// Settings of a [`crate::ShellExecutor`].
#[derive(Clone)]
pub struct Settings {
    /// The shell that reads scripts.
    pub shell: Shell,
    /// Whether it is a login shell, which reads profiles for each script; gitlab-runner's always is.
    pub login: bool,
    /// Between `SIGTERM` and `SIGKILL` when a command is stopped: `graceful_kill_timeout`.
    pub graceful_kill: Duration,
    /// After `SIGKILL`, before a process is given up: `force_kill_timeout`.
    pub force_kill: Duration,
    /// Between `SIGTERM` and `SIGKILL` for what is left at the end of the job.
    pub leftover_grace: Duration,
    /// How long output that is still open is waited for once the command's own process has ended. It lets
    /// `exec > >(tee log)` have its last words, and costs nothing where no child holds the output.
    pub linger: Duration,
    /// The environment commands inherit: the runner's own, in full, as with gitlab-runner.
    pub environment: Vec<(OsString, OsString)>,
    /// What the job's processes are found by.
    pub trail: Trail,
    /// Whether this process serves this job only, and starts children through its executor only. Then every
    /// child that turns up belongs to the job, also one that left the control group and lost its mark.
    pub alone: bool,
}

impl Settings {
    /// The defaults: a login bash, 10 s for each kill, an empty environment, a process of the job's own.
    pub fn new(trail: Trail) -> Self {
        Self {
            shell: Shell::Bash,
            login: true,
            graceful_kill: Duration::from_secs(10),
            force_kill: Duration::from_secs(10),
            leftover_grace: Duration::from_secs(1),
            linger: Duration::from_millis(50),
            environment: Vec::new(),
            trail,
            alone: true,
        }
    }
}

/// A shell, as the `shell` key of the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shell {
    /// `bash`
    Bash,
    /// `sh`
    Sh,
    /// One that is not supported; [`executor::Executor::prepare`] says so.
    Other(String),
}

impl Shell {
    /// The shell of this name.
    pub fn named(name: &str) -> Self {
        match name {
            "bash" => Self::Bash,
            "sh" => Self::Sh,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Its name, which is also the program's.
    pub fn name(&self) -> &str {
        match self {
            Self::Bash => "bash",
            Self::Sh => "sh",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Shell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
