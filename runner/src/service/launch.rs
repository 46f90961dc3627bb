//! Starts the process of a job.

use crate::jobproc::{self, Account, JobFolder};
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::process::{Child, Command};

/// This very executable, also after an upgrade has replaced or removed its file: the process must understand
/// what this service writes.
const SELF: &str = "/proc/self/exe";

/// How a job's process is started.
#[derive(Clone, Debug)]
pub(crate) struct Launcher {
    program: PathBuf,
    arguments: Vec<OsString>,
    account: Option<Account>,
}

impl Launcher {
    /// Starts this executable's inner command, as `account` if one is given.
    pub(crate) fn new(account: Option<Account>) -> Self {
        let program = match std::fs::exists(SELF) {
            Ok(true) => PathBuf::from(SELF),
            // No /proc: the file's path is the next best.
            Ok(false) | Err(_) => std::env::current_exe().unwrap_or_else(|_| PathBuf::from(SELF)),
        };
        Self { program, arguments: vec![jobproc::COMMAND.into()], account }
    }

    /// Starts another program with the folder as its last argument.
    #[cfg(test)]
    pub(crate) fn of_program(program: &str, arguments: &[&str]) -> Self {
        Self { program: program.into(), arguments: arguments.iter().map(Into::into).collect(), account: None }
    }

    /// Starts the process of a job. It outlives this one, and the handle.
    pub(crate) fn start(&self, folder: &JobFolder) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.arg0(env!("CARGO_PKG_NAME")).args(&self.arguments).arg(folder.path());
        // Its log lines are part of ours; it has nothing to say on standard output.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
        if let Some(account) = &self.account {
            account.own(folder.path())?;
            command.envs(account.environment());
        }
        command.kill_on_drop(false).spawn()
    }
}
