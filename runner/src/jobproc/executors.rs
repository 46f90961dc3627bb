//! The executor that a job's section names.

use super::JobFolder;
use super::noted::Noted;
use executor::{
    CancellationToken, CleanupError, Command, Executor, Exit, Output, Parcel, PrepareError, Rest, RunError,
    Session, Workspace,
};
use executor_docker::DockerExecutor;
use executor_shell::ShellExecutor;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

/// One of the executors: one type, so that there is one engine in the program.
pub(crate) enum AnyExecutor {
    /// Processes of this machine.
    Shell(Box<Noted<ShellExecutor>>),
    /// Containers.
    Docker(Box<DockerExecutor>),
}

impl AnyExecutor {
    /// Processes of this machine; where the job works is noted in a folder, if there is one.
    pub(crate) fn shell(executor: ShellExecutor, folder: Option<JobFolder>) -> Self {
        Self::Shell(Box::new(Noted::new(executor, folder)))
    }

    /// Containers.
    pub(crate) fn docker(executor: DockerExecutor) -> Self {
        Self::Docker(Box::new(executor))
    }
}

macro_rules! each {
    ($this:expr, $inner:ident => $call:expr) => {
        match $this {
            AnyExecutor::Shell($inner) => $call,
            AnyExecutor::Docker($inner) => $call,
        }
    };
}

impl Executor for AnyExecutor {
    fn name(&self) -> &'static str {
        each!(self, inner => inner.name())
    }

    fn helper_environment(&self) -> Vec<(OsString, OsString)> {
        each!(self, inner => inner.helper_environment())
    }

    async fn prepare(&mut self, workspace: &Workspace, output: Arc<dyn Output>) -> Result<(), PrepareError> {
        each!(self, inner => Box::pin(inner.prepare(workspace, output)).await)
    }

    fn rest_of_preparing(&mut self) -> Option<Rest> {
        each!(self, inner => inner.rest_of_preparing())
    }

    fn worker(&self) -> Option<Vec<OsString>> {
        each!(self, inner => inner.worker())
    }

    fn host_name(&self) -> Option<String> {
        each!(self, inner => inner.host_name())
    }

    fn remarks(&mut self) -> Vec<String> {
        each!(self, inner => inner.remarks())
    }

    fn describe(&self, exit: Exit) -> String {
        each!(self, inner => inner.describe(exit))
    }

    fn cleans_up_late(&self) -> bool {
        each!(self, inner => inner.cleans_up_late())
    }

    async fn fall_silent(&mut self) {
        each!(self, inner => inner.fall_silent().await);
    }

    async fn run(
        &mut self,
        command: Command,
        output: Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Result<Exit, RunError> {
        each!(self, inner => Box::pin(inner.run(command, output, stop)).await)
    }

    async fn bring(&mut self, parcel: Parcel, into: &Path, stop: &CancellationToken) -> Result<(), RunError> {
        each!(self, inner => Box::pin(inner.bring(parcel, into, stop)).await)
    }

    async fn converse(&mut self, session: Session) -> Result<Exit, RunError> {
        each!(self, inner => Box::pin(inner.converse(session)).await)
    }

    async fn cleanup(&mut self) -> Result<(), CleanupError> {
        each!(self, inner => Box::pin(inner.cleanup()).await)
    }
}
