//! An executor that starts processes and keeps their command lines, and no more.

use bytes::Bytes;
use executor::{
    CancellationToken, CleanupError, Command, Executor, Exit, Output, PrepareError, Program, RunError,
    Stream, Workspace,
};
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

/// Runs commands with a small environment of their own.
pub(in super::super) struct Recorder {
    environment: Vec<(OsString, OsString)>,
    /// The command lines of named programs, without the program.
    pub(in super::super) calls: Vec<Vec<String>>,
}

impl Recorder {
    pub(super) fn new(home: &Path) -> Self {
        let path = std::env::var_os("PATH").unwrap();
        let environment = vec![
            ("PATH".into(), path),
            ("HOME".into(), home.into()),
            ("GIT_CONFIG_NOSYSTEM".into(), "1".into()),
        ];
        Self { environment, calls: Vec::new() }
    }

    /// Adds a variable to what commands inherit, or replaces it.
    pub(in super::super) fn inherit(&mut self, key: &str, value: impl Into<OsString>) {
        self.environment.retain(|(k, _)| k != key);
        self.environment.push((key.into(), value.into()));
    }
}

impl Executor for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn helper_environment(&self) -> Vec<(OsString, OsString)> {
        self.environment.clone()
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
        let (program, args) = match command.program {
            Program::Script => ("bash".into(), Vec::new()),
            Program::Named { program, args } => {
                self.calls.push(args.iter().map(|a| a.to_string_lossy().into_owned()).collect());
                (program, args)
            }
        };
        let mut child = tokio::process::Command::new(&program);
        child.args(args).env_clear().envs(self.environment.clone()).envs(command.environment);
        if let Some(directory) = command.directory {
            child.current_dir(directory);
        }
        child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let failed = |source| RunError::Start { program: program.to_string_lossy().into_owned(), source };
        let mut child = child.spawn().map_err(failed)?;
        let stdin = child.stdin.take().unwrap();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let ((), (), (), status) = tokio::join!(
            feed(stdin, command.stdin),
            drain(stdout, &*output, Stream::Stdout),
            drain(stderr, &*output, Stream::Stderr),
            child.wait(),
        );
        let status = status.unwrap();
        Ok(status.code().map_or_else(|| Exit::Signal(status.signal().unwrap()), Exit::Code))
    }

    async fn cleanup(&mut self) -> Result<(), CleanupError> {
        Ok(())
    }
}

async fn feed(mut stdin: tokio::process::ChildStdin, bytes: Bytes) {
    let _ = stdin.write_all(&bytes).await;
}

async fn drain(mut from: impl AsyncRead + Unpin, output: &dyn Output, stream: Stream) {
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        output.write(stream, &buffer[..count]);
    }
}
