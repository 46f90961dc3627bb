//! What a shell executor is told.

use crate::trail::Trail;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
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
    /// How readily the kernel kills commands for lack of memory, -1000 to 1000 (`oom_score_adj`); as readily as
    /// this process without. Raising it needs no rights.
    pub oom_score: Option<i16>,
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
            oom_score: None,
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
    /// The one at this absolute path; it may be any that reads scripts from standard input.
    At(PathBuf),
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

    /// Its program: a name to look for, or a path.
    pub fn program(&self) -> &OsStr {
        match self {
            Self::Bash => OsStr::new("bash"),
            Self::Sh => OsStr::new("sh"),
            Self::At(path) => path.as_os_str(),
            Self::Other(name) => OsStr::new(name),
        }
    }
}

impl fmt::Display for Shell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.program().display().fmt(f)
    }
}
