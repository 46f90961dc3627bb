//! Executors that do little.

use executor::{
    CancellationToken, CleanupError, Command, Executor, Exit, Output, PrepareError, Program, RunError,
    Stream, Workspace,
};
use std::ffi::OsString;
use std::process::Stdio;
use std::sync::Arc;

/// Runs nothing, and says that it went well.
#[derive(Default)]
pub(crate) struct Idle {
    inherited: Vec<(OsString, OsString)>,
}

impl Idle {
    /// With an environment for helpers.
    pub(crate) fn inheriting(variables: &[(&str, &str)]) -> Self {
        Self { inherited: variables.iter().map(|(k, v)| (k.into(), v.into())).collect() }
    }
}

impl Executor for Idle {
    fn name(&self) -> &'static str {
        "idle"
    }

    fn helper_environment(&self) -> Vec<(OsString, OsString)> {
        self.inherited.clone()
    }

    async fn prepare(&mut self, _: &Workspace, _: Arc<dyn Output>) -> Result<(), PrepareError> {
        Ok(())
    }

    async fn run(&mut self, _: Command, _: Arc<dyn Output>, _: &CancellationToken) -> Result<Exit, RunError> {
        Ok(Exit::Code(0))
    }

    async fn cleanup(&mut self) -> Result<(), CleanupError> {
        Ok(())
    }
}

/// Runs programs and waits for them; enough for a short git command.
pub(crate) struct GitOnly;

impl Executor for GitOnly {
    fn name(&self) -> &'static str {
        "git"
    }

    fn helper_environment(&self) -> Vec<(OsString, OsString)> {
        Vec::new()
    }

    async fn prepare(&mut self, _: &Workspace, _: Arc<dyn Output>) -> Result<(), PrepareError> {
        Ok(())
    }

    async fn run(
        &mut self,
        command: Command,
        output: Arc<dyn Output>,
        _: &CancellationToken,
    ) -> Result<Exit, RunError> {
        let Program::Named { program, args } = command.program else { return Ok(Exit::Code(0)) };
        let ran = std::process::Command::new(&program)
            .args(args)
            .envs(command.environment)
            .current_dir(command.directory.unwrap())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        output.write(Stream::Stdout, &ran.stdout);
        output.write(Stream::Stderr, &ran.stderr);
        Ok(Exit::Code(ran.status.code().unwrap()))
    }

    async fn cleanup(&mut self) -> Result<(), CleanupError> {
        Ok(())
    }
}
