//! The inner command that does a stage of a job where the job's files are: in its container.
//!
//! What is to be done comes on standard input, and the answer goes to standard output; see [`job::stage`]. What
//! this process has to say of itself goes to standard error, which nobody reads unless there is no answer.

use super::process::runtime;
use super::signals::{self, Signals};
use crate::context::Context;
use crate::error::{CliError, exit_code};
use executor_shell::{Cgroups, Settings, Shell, ShellExecutor};
use job::Control;
use nix::sys::stat::{Mode, umask};
use nix::unistd::{AccessFlags, access};
use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tempfile::TempDir;

/// Most bytes of a request: a payload, however it is quoted, and what belongs to it.
const LARGEST: u64 = 256 << 20;

/// How long commands have to end when they are asked to. Whoever asks the worker to end has a limit of their own,
/// and kills the commands with it.
const GRACE: Duration = Duration::from_secs(3600);

/// Does one stage.
///
/// # Errors
/// When there is no answer: the request cannot be read, or nobody takes one.
pub(crate) fn stage(context: &Context) -> Result<ExitCode, CliError> {
    signals::keep();
    // Whatever the container is started with: sources have the modes that git gives them.
    umask(Mode::S_IWGRP | Mode::S_IWOTH);
    let request = request()
        .map_err(|error| CliError::operation("cannot read the request of a stage").caused_by(&error))?;
    let home = Home::of(context.environment.get_os("HOME"));
    let runtime =
        runtime().map_err(|error| CliError::internal("cannot start the runtime").caused_by(&error))?;
    let answered = runtime.block_on(serve(&request, &home));
    runtime.shutdown_background();
    answered.map(|()| ExitCode::from(exit_code::SUCCESS))
}

fn request() -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    io::stdin().lock().take(LARGEST + 1).read_to_end(&mut request)?;
    if request.len() as u64 > LARGEST { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(request) }
}

async fn serve(request: &[u8], home: &Home) -> Result<(), CliError> {
    let control = Control::new();
    let signals = Signals::listen()
        .map_err(|error| CliError::operation("cannot listen to signals").caused_by(&error))?;
    let aborting = tokio::spawn(signals.abort(control.clone()));
    let executor = ShellExecutor::new(settings(home));
    let served = Box::pin(job::stage::serve(request, executor, io::stdout(), control.aborted())).await;
    aborting.abort();
    served.map_err(|error| CliError::operation("cannot do a stage of a job").caused_by(&error))
}

fn settings(home: &Home) -> Settings {
    let environment = home.in_place_of_the_old(std::env::vars_os().collect());
    let path = environment.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.clone());
    Settings {
        shell: if has_program(path.as_deref(), "bash") { Shell::Bash } else { Shell::Sh },
        login: false,
        graceful_kill: GRACE,
        environment,
        ..Settings::new(super::trail(0, &Cgroups::default()))
    }
}

fn has_program(path: Option<&OsStr>, name: &str) -> bool {
    let folders = path.map(std::env::split_paths).into_iter().flatten();
    folders
        .map(|folder| folder.join(name))
        .any(|file| file.is_file() && access(&file, AccessFlags::X_OK).is_ok())
}

/// Where commands are at home. A container may have no such place for the user that it runs as, and git ends where
/// it may not look for its configuration.
enum Home {
    /// Where the container says.
    Given,
    /// In a folder of this process's own.
    Own(TempDir),
    /// Nowhere.
    None,
}

impl Home {
    fn of(given: Option<&OsStr>) -> Self {
        match given.map(PathBuf::from) {
            Some(path) if is_usable(&path) => Self::Given,
            _ => tempfile::tempdir().map_or(Self::None, Self::Own),
        }
    }

    fn in_place_of_the_old(&self, mut environment: Vec<(OsString, OsString)>) -> Vec<(OsString, OsString)> {
        if !matches!(self, Self::Given) {
            environment.retain(|(name, _)| name != "HOME");
        }
        if let Self::Own(folder) = self {
            environment.push(("HOME".into(), folder.path().into()));
        }
        environment
    }
}

/// Whether this process may live there. The root of a file system is nobody's home.
fn is_usable(home: &Path) -> bool {
    let rights = AccessFlags::R_OK | AccessFlags::W_OK | AccessFlags::X_OK;
    home.is_absolute() && home.parent().is_some() && home.is_dir() && access(home, rights).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_a_home() {
        let given = tempfile::tempdir().unwrap();
        let variables = |home: &Path| vec![("A".into(), "1".into()), ("HOME".into(), home.into())];
        let kept = Home::of(Some(given.path().as_os_str()));
        assert_eq!(kept.in_place_of_the_old(variables(given.path())), variables(given.path()));
        for home in ["", "/", "relative", "/nonexistent/home", "/dev/null"] {
            let other = Home::of(Some(OsStr::new(home)));
            let environment = other.in_place_of_the_old(variables(Path::new(home)));
            let homes: Vec<_> = environment.iter().filter(|(name, _)| name == "HOME").collect();
            assert_eq!(homes.len(), 1, "{home:?}");
            assert!(is_usable(Path::new(&homes[0].1)), "{home:?}");
        }
        assert!(matches!(Home::of(None), Home::Own(_)));
        assert_eq!(Home::None.in_place_of_the_old(variables(Path::new("/"))), [("A".into(), "1".into())]);
    }

    #[test]
    fn programs_are_found_in_the_path() {
        assert!(has_program(Some(OsStr::new("/nonexistent:/bin")), "sh"));
        assert!(!has_program(Some(OsStr::new("/nonexistent")), "sh"));
        assert!(!has_program(None, "sh"));
    }
}
