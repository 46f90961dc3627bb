//! What can be done with a job that failed, before it is cleaned up.

use super::Engine;
use crate::Outcome;
use executor::{Executor, Exit, RunError, Session, Terminal, Workspace};
use std::ffi::OsString;
use std::path::Path;
use std::pin::Pin;

/// A job that failed. Its processes, files and containers are still there; its log is finished.
pub struct Failed<'a> {
    pub(super) outcome: &'a Outcome,
    pub(super) workspace: &'a Workspace,
    pub(super) door: &'a mut dyn Door,
}

impl Failed<'_> {
    /// How it ended.
    pub fn outcome(&self) -> &Outcome {
        self.outcome
    }

    /// The name of its executor.
    pub fn executor(&self) -> &'static str {
        self.door.name()
    }

    /// Where its work tree is, as its commands see it.
    pub fn project_dir(&self) -> &Path {
        &self.workspace.project_dir
    }

    /// Lets a person work at a shell where the job's scripts ran, with their variables, until it ends. When the job
    /// is aborted meanwhile, the terminal is given back as it was.
    ///
    /// # Errors
    /// There is no place for a shell any more, or none that could run there.
    pub async fn shell(&mut self, terminal: Terminal) -> Result<Exit, RunError> {
        self.door.open(terminal).await
    }
}

/// Where a shell can be had.
pub(super) trait Door {
    /// Name of the executor.
    fn name(&self) -> &'static str;

    /// Lets a person in.
    fn open(&mut self, terminal: Terminal) -> Pin<Box<dyn Future<Output = Result<Exit, RunError>> + '_>>;
}

/// The executor of a job, as far as a person needs it.
pub(super) struct ExecutorDoor<'a, E> {
    pub(super) executor: &'a mut E,
    pub(super) environment: Vec<(OsString, OsString)>,
    pub(super) directory: &'a Path,
}

impl<E: Executor> Door for ExecutorDoor<'_, E> {
    fn name(&self) -> &'static str {
        self.executor.name()
    }

    fn open(&mut self, terminal: Terminal) -> Pin<Box<dyn Future<Output = Result<Exit, RunError>> + '_>> {
        let session =
            Session { environment: self.environment.clone(), directory: self.directory.to_owned(), terminal };
        Box::pin(self.executor.converse(session))
    }
}

impl<E: Executor> Engine<'_, E> {
    /// Waits for what is done with the failed job. Its time does not count; an abort ends it.
    pub(super) async fn look_into<F>(&mut self, outcome: &Outcome, on_failure: F)
    where
        F: AsyncFnOnce(&mut Failed<'_>),
    {
        let Some(workspace) = self.workspace.clone() else { return };
        let environment = self.variables.exports();
        let environment = environment.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        let mut door =
            ExecutorDoor { executor: &mut self.executor, environment, directory: &workspace.project_dir };
        let mut failed = Failed { outcome, workspace: &workspace, door: &mut door };
        // An abort drops what is under way, and that is its end.
        let _ = self.control.aborted().run_until_cancelled(on_failure(&mut failed)).await;
    }
}
