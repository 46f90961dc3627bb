//! What an executor is: the place where a job's commands run.
//!
//! An executor sees commands, never the job or the runner. It owns the processes it starts, down to the last
//! grandchild, and nothing else: what a command means, in which order commands run and what their exit makes
//! of the job is decided by crate `job`.

#[cfg(feature = "behaviour")]
pub mod behaviour;
mod command;
mod error;
mod exit;
mod output;
mod parcel;
mod terminal;

pub use command::{Command, Place, Program};
pub use error::{CleanupError, PrepareError, RunError};
pub use exit::Exit;
pub use output::{Output, Stream};
pub use parcel::{Parcel, ParcelFile};
pub use terminal::{Session, Terminal};

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
pub use tokio_util::sync::CancellationToken;

/// Directories of a job, as its commands see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Root of all checkouts.
    pub builds_dir: PathBuf,
    /// The job's work tree, `CI_PROJECT_DIR`.
    pub project_dir: PathBuf,
    /// The work tree's sibling for what the runner keeps during the job, `RUNNER_TEMP_PROJECT_DIR`.
    pub temp_dir: PathBuf,
    /// Local cache archives of the project.
    pub cache_dir: PathBuf,
}

/// The rest of preparing: ends when the place is ready for every command, or cannot be made so.
pub type Rest = Pin<Box<dyn Future<Output = Result<(), PrepareError>>>>;

/// A place where commands run: this machine, a container, …
///
/// One value serves one job. Calls come one after another: [`Executor::prepare`], any number of
/// [`Executor::run`], [`Executor::cleanup`], which always comes, whatever happened before.
#[allow(async_fn_in_trait, reason = "a job runs on one thread; its futures need not be Send")]
pub trait Executor {
    /// The executor's name as the configuration writes it.
    fn name(&self) -> &'static str;

    /// What commands of [`Place::Helper`] find in their environment before anything is added to it.
    fn helper_environment(&self) -> Vec<(OsString, OsString)>;

    /// Makes the place ready, at least for commands of [`Place::Helper`]. Lines for the user go to `output`.
    ///
    /// It may be given up at any moment, by dropping the future. What it has made by then is found by
    /// [`Executor::cleanup`], and ended by a second call, as after an error.
    ///
    /// # Errors
    /// [`PrepareError`] says whether trying again may help.
    async fn prepare(&mut self, workspace: &Workspace, output: Arc<dyn Output>) -> Result<(), PrepareError>;

    /// What of preparing still goes on after [`Executor::prepare`], while commands of [`Place::Helper`] may
    /// run already; its lines go to the output of `prepare`. Commands of [`Place::Build`] wait for it by
    /// themselves. To be asked for once. It may be given up, by dropping it, as [`Executor::prepare`] may; commands
    /// of [`Place::Helper`] can still run then.
    fn rest_of_preparing(&mut self) -> Option<Rest> {
        None
    }

    /// Whether the job's directories are out of this process's sight. Then what works with files runs as a
    /// command of [`Place::Helper`]: this one, followed by the arguments of the worker. It is empty as long as
    /// [`Executor::prepare`] has not succeeded.
    fn worker(&self) -> Option<Vec<OsString>> {
        None
    }

    /// Name of the machine that commands believe to run on, where it is not this one.
    fn host_name(&self) -> Option<String> {
        None
    }

    /// What the log says before a script, such as the image that it runs in; each line once.
    fn remarks(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// How the log words an exit that fails a job.
    fn describe(&self, exit: Exit) -> String {
        exit.to_string()
    }

    /// Whether [`Executor::cleanup`] may come after the job's verdict was reported.
    fn cleans_up_late(&self) -> bool {
        false
    }

    /// Writes what outputs are still owed and nothing more, before a clean-up that comes late: the log ends here.
    async fn fall_silent(&mut self) {}

    /// Runs a command until it ends and hands on what it writes, in order for each stream.
    ///
    /// Returns as soon as the command's own process ended, even when a child of it holds the output open;
    /// what such a child writes later still goes to `output`, until [`Executor::cleanup`].
    ///
    /// When `stop` is cancelled, the command and all that it started are asked to end (`SIGTERM`), given the
    /// configured grace, then killed; the exit is that of the command. A command whose `stop` was cancelled
    /// before it started is not started: [`RunError::Stopped`].
    ///
    /// # Errors
    /// [`RunError`] when the command could not be started or its end not be learnt.
    async fn run(
        &mut self,
        command: Command,
        output: Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Result<Exit, RunError>;

    /// Brings files into a directory of [`Place::Helper`], where they then are root's, or whose the parcel says. What
    /// is missing of the directory is made. Only where [`Executor::worker`] names one: elsewhere the caller sees the
    /// same files as commands do.
    ///
    /// # Errors
    /// [`RunError`]; part of the files may be there. [`RunError::Stopped`] when `stop` was cancelled.
    async fn bring(&mut self, parcel: Parcel, into: &Path, stop: &CancellationToken) -> Result<(), RunError> {
        let _ = (parcel, stop);
        let message = format!("the {} executor brings no files to {}", self.name(), into.display());
        Err(RunError::Refused { message })
    }

    /// Lets a person work at a shell in [`Place::Build`] until it ends. It may be given up, by dropping the future:
    /// then the terminal is as it was before, and the shell ends at the latest with [`Executor::cleanup`].
    ///
    /// # Errors
    /// [`RunError`] when there is no shell, or its end cannot be learnt.
    async fn converse(&mut self, session: Session) -> Result<Exit, RunError> {
        drop(session);
        Err(RunError::Refused { message: format!("the {} executor has no interactive shell", self.name()) })
    }

    /// Ends and removes everything that belongs to the job: every process, wherever it hid.
    ///
    /// # Errors
    /// [`CleanupError`] names what could not be removed.
    async fn cleanup(&mut self) -> Result<(), CleanupError>;
}
