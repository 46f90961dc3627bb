//! Running git.

use super::GitMeans;
use crate::StageError;
use crate::variables::gitlab_env::Environment;
use executor::{Command, Executor, Exit, Output, Stream};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The longest `NAME=value` that Linux hands to a program.
const LONGEST_VARIABLE: usize = 128 * 1024 - 2;

/// Runs git for one stage of a job.
pub(super) struct Git<'m, 'a, E> {
    means: &'m mut GitMeans<'a, E>,
    stage: &'static str,
    environment: Environment,
    directory: PathBuf,
    /// `-c` options that come before every command.
    settings: Vec<String>,
}

impl<'m, 'a, E: Executor> Git<'m, 'a, E> {
    /// Git with an environment, in a directory.
    pub(super) fn new(
        means: &'m mut GitMeans<'a, E>,
        stage: &'static str,
        environment: Environment,
        directory: &Path,
    ) -> Self {
        Self { means, stage, environment, directory: directory.to_owned(), settings: Vec::new() }
    }

    /// Changes the directory for commands that follow.
    pub(super) fn enter(&mut self, directory: &Path) {
        directory.clone_into(&mut self.directory);
    }

    /// Adds a setting to all commands that follow.
    pub(super) fn set(&mut self, setting: &str) {
        self.settings.extend(["-c".to_owned(), setting.to_owned()]);
    }

    /// The environment of commands.
    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Adds a variable to the environment of commands that follow.
    pub(super) fn export(&mut self, key: &str, value: impl Into<OsString>) {
        self.environment.insert(key.into(), value.into());
    }

    /// A variable as commands see it.
    pub(super) fn variable(&self, key: &str) -> OsString {
        let key = OsStr::new(key);
        self.environment.get(key).or_else(|| self.means.inherited.get(key)).cloned().unwrap_or_default()
    }

    /// Where the stage's lines go.
    pub(super) fn output(&self) -> &dyn Output {
        &*self.means.output
    }

    /// Runs git; its end may be anything.
    pub(super) async fn run<A: AsRef<OsStr>>(&mut self, args: &[A]) -> Result<Exit, StageError> {
        let output = Arc::clone(&self.means.output);
        self.start(args, bytes::Bytes::new(), output).await
    }

    /// Runs git, which has to succeed.
    pub(super) async fn must<A: AsRef<OsStr>>(&mut self, args: &[A]) -> Result<(), StageError> {
        match self.run(args).await? {
            exit if exit.is_success() => Ok(()),
            exit => Err(StageError::Exit(exit)),
        }
    }

    /// Runs git with something to read; nothing of what it says reaches the trace.
    pub(super) async fn quietly<A: AsRef<OsStr>>(
        &mut self,
        args: &[A],
        stdin: String,
    ) -> Result<(Exit, Vec<u8>), StageError> {
        let kept = Arc::new(Kept::default());
        let exit = self.start(args, stdin.into(), Arc::clone(&kept) as Arc<dyn Output>).await?;
        let text = std::mem::take(&mut *kept.0.lock().unwrap_or_else(PoisonError::into_inner));
        Ok((exit, text))
    }

    async fn start<A: AsRef<OsStr>>(
        &mut self,
        args: &[A],
        stdin: bytes::Bytes,
        output: Arc<dyn Output>,
    ) -> Result<Exit, StageError> {
        if self.means.stop.is_cancelled() {
            return Err(StageError::Stopped);
        }
        let settings = self.settings.iter().map(OsString::from);
        let args = settings.chain(args.iter().map(|arg| arg.as_ref().to_owned()));
        let mut command = Command::helper(self.stage, "git", args);
        command.environment = self
            .environment
            .iter()
            .filter(|(key, value)| key.len() + value.len() < LONGEST_VARIABLE)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        command.directory = Some(self.directory.clone());
        command.stdin = stdin;
        // In a box: every command of a stage would otherwise be part of the stage's future.
        let exit = Box::pin(self.means.executor.run(command, output, self.means.stop)).await?;
        if self.means.stop.is_cancelled() { Err(StageError::Stopped) } else { Ok(exit) }
    }
}

/// Keeps the beginning of what comes on standard output.
#[derive(Default)]
struct Kept(Mutex<Vec<u8>>);

impl Output for Kept {
    fn write(&self, stream: Stream, bytes: &[u8]) {
        const ENOUGH: usize = 4096;
        if stream == Stream::Stdout {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let room = ENOUGH.saturating_sub(kept.len()).min(bytes.len());
            kept.extend_from_slice(&bytes[..room]);
        }
    }
}
