//! Starts the process of a job.

use crate::config::RunnerSection;
use crate::environment::Environment;
use crate::jobproc::{self, Account, JobFolder};
use protocol::RunnerToken;
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
    /// Variables that are not handed on.
    withheld: Vec<String>,
}

/// Variables of the environment with which tokens are given to the commands.
const TOKENS: [&str; 3] = ["CI_SERVER_TOKEN", "REGISTRATION_TOKEN", "RUNNER_COORDINATOR_ADMIN_TOKEN"];

/// Names of the variables that hold a runner's token. Scripts inherit the environment, and any job could show
/// what lets its reader take over the runner.
pub(crate) fn token_variables(environment: &Environment, sections: &[RunnerSection]) -> Vec<String> {
    let is_token = |name: &str, value: &str| {
        TOKENS.contains(&name)
            || RunnerToken::new(value).is_authentication_token()
            || sections.iter().any(|section| section.token.expose() == value && !value.is_empty())
    };
    let found = environment.iter().filter(|(name, value)| is_token(name, value));
    found.map(|(name, _)| name.to_owned()).collect()
}

impl Launcher {
    /// Starts this executable's inner command, as `account` if one is given, without the variables `withheld`.
    pub(crate) fn new(account: Option<Account>, withheld: Vec<String>) -> Self {
        let program = match std::fs::exists(SELF) {
            Ok(true) => PathBuf::from(SELF),
            // No /proc: the file's path is the next best.
            Ok(false) | Err(_) => std::env::current_exe().unwrap_or_else(|_| PathBuf::from(SELF)),
        };
        Self { program, arguments: vec![jobproc::COMMAND.into()], account, withheld }
    }

    /// Starts another program with the folder as its last argument.
    #[cfg(test)]
    pub(crate) fn of_program(program: &str, arguments: &[&str]) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.iter().map(Into::into).collect(),
            account: None,
            withheld: Vec::new(),
        }
    }

    /// Starts the process of a job. It outlives this one, and the handle.
    pub(crate) fn start(&self, folder: &JobFolder) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.arg0(env!("CARGO_PKG_NAME")).args(&self.arguments).arg(folder.path());
        for name in &self.withheld {
            command.env_remove(name);
        }
        // Its log lines are part of ours; it has nothing to say on standard output.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
        if let Some(account) = &self.account {
            account.own(folder.path())?;
            command.envs(account.environment());
        }
        command.kill_on_drop(false).spawn()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_runners_are_not_handed_on() {
        let variables = [
            ("CI_SERVER_TOKEN", "x"),
            ("EMPTY", ""),
            ("LEGACY", "legacytoken"),
            ("MINE", "glrt-abc"),
            ("PATH", "/bin"),
        ];
        let environment: Environment = variables.into_iter().collect();
        let section =
            |token: &str| RunnerSection { token: RunnerToken::new(token), ..RunnerSection::default() };
        let withheld = token_variables(&environment, &[section("legacytoken"), section("")]);
        assert_eq!(withheld, ["CI_SERVER_TOKEN", "LEGACY", "MINE"]);
    }
}
