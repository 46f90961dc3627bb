//! An executor that remembers what kind of command it ran last.

use executor::{
    CancellationToken, CleanupError, Command, Executor, Exit, Output, PrepareError, Program, RunError,
    Workspace,
};
use std::ffi::OsString;
use std::sync::Arc;

/// Hands everything on. A stage whose commands are partly the user's and partly the runner's own has one exit
/// for both; this says whose it was.
pub(super) struct Observed<'a, E> {
    inner: &'a mut E,
    last_was_script: bool,
}

impl<'a, E> Observed<'a, E> {
    pub(super) fn new(inner: &'a mut E) -> Self {
        Self { inner, last_was_script: false }
    }

    /// Whether the last command was a script of the user's.
    pub(super) fn ended_with_script(&self) -> bool {
        self.last_was_script
    }
}

impl<E: Executor> Executor for Observed<'_, E> {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn helper_environment(&self) -> Vec<(OsString, OsString)> {
        self.inner.helper_environment()
    }

    async fn prepare(&mut self, workspace: &Workspace, output: Arc<dyn Output>) -> Result<(), PrepareError> {
        self.inner.prepare(workspace, output).await
    }

    async fn run(
        &mut self,
        command: Command,
        output: Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Result<Exit, RunError> {
        self.last_was_script = matches!(command.program, Program::Script);
        self.inner.run(command, output, stop).await
    }

    async fn cleanup(&mut self) -> Result<(), CleanupError> {
        self.inner.cleanup().await
    }
}
