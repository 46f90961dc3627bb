//! Writes down what is only known once a job has begun.

use super::JobFolder;
use executor::{
    CancellationToken, CleanupError, Command, Executor, Exit, Output, PrepareError, RunError, Session,
    Workspace,
};
use std::ffi::OsString;
use std::sync::Arc;

/// An executor that adds the job's directories to its record, so that what it keeps secret there can be
/// removed should this process die.
pub(crate) struct Noted<E> {
    inner: E,
    folder: Option<JobFolder>,
}

impl<E> Noted<E> {
    /// Notes into a folder, if there is one, what `inner` is prepared with.
    pub(super) fn new(inner: E, folder: Option<JobFolder>) -> Self {
        Self { inner, folder }
    }

    fn note(&self, workspace: &Workspace) {
        let Some(folder) = &self.folder else { return };
        let noted = folder.record().map_err(|error| error.to_string()).and_then(|mut record| {
            record.temp_dir = Some(workspace.temp_dir.clone());
            folder.write_record(&record).map_err(|error| error.to_string())
        });
        if let Err(error) = noted {
            tracing::warn!(error, "The job's folders cannot be recorded");
        }
    }
}

impl<E: Executor> Executor for Noted<E> {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn helper_environment(&self) -> Vec<(OsString, OsString)> {
        self.inner.helper_environment()
    }

    async fn prepare(&mut self, workspace: &Workspace, output: Arc<dyn Output>) -> Result<(), PrepareError> {
        self.note(workspace);
        self.inner.prepare(workspace, output).await
    }

    async fn run(
        &mut self,
        command: Command,
        output: Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Result<Exit, RunError> {
        self.inner.run(command, output, stop).await
    }

    async fn converse(&mut self, session: Session) -> Result<Exit, RunError> {
        self.inner.converse(session).await
    }

    async fn cleanup(&mut self) -> Result<(), CleanupError> {
        self.inner.cleanup().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobproc::testing::assignment;
    use executor_shell::{Cgroups, Settings, ShellExecutor, Trail};

    #[test]
    fn helpers_find_what_the_inner_executor_inherits() {
        let parent = tempfile::tempdir().unwrap();
        let folder = JobFolder::create(parent.path(), &assignment(1)).unwrap();
        let environment = vec![("PATH".into(), "/bin".into())];
        let trail = Trail::new("noted-test", &Cgroups::default()).unwrap();
        let settings = Settings { environment: environment.clone(), ..Settings::new(trail) };
        assert_eq!(Noted::new(ShellExecutor::new(settings), Some(folder)).helper_environment(), environment);
    }
}
