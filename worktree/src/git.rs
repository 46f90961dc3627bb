//! Calls of the `git` program, in a way that nothing in the checkout decides what else is run.

use crate::error::SnapshotError;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};

/// Switched off for every call: what makes git start programs of the repository's choice.
const SETTINGS: &[&str] = &[
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "diff.external=",
    "log.showSignature=false",
    "submodule.recurse=false",
    "maintenance.auto=false",
    "gc.auto=0",
];

/// Variables by which git's own hooks point their children to a repository.
const ELSEWHERE: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_EXTERNAL_DIFF",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
];

/// How much of git's complaints is passed on, in bytes.
const COMPLAINT: usize = 2000;

/// Git by its full path: a relative entry of `PATH` would be looked up in the checkout.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let absolute = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    let mut candidates = absolute.map(|folder| folder.join("git"));
    candidates.find(|file| file.is_file()).unwrap_or_else(|| PathBuf::from("/usr/bin/git"))
}

/// A call of git in a folder.
pub(crate) struct Call {
    command: Command,
    name: &'static str,
}

impl Call {
    pub(crate) fn new(folder: &Path, name: &'static str) -> Self {
        Self::with(folder, name, &[])
    }

    /// A call with more settings.
    pub(crate) fn with(folder: &Path, name: &'static str, settings: &[&str]) -> Self {
        let mut command = Command::new(program());
        command.current_dir(folder);
        for setting in SETTINGS.iter().chain(settings) {
            command.arg("-c").arg(setting);
        }
        for variable in ELSEWHERE {
            command.env_remove(variable);
        }
        command.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        command.env("GIT_NO_LAZY_FETCH", "1");
        command.stdin(Stdio::null()).arg(name);
        Self { command, name }
    }

    pub(crate) fn args<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args.into_iter().map(Into::into));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &Path) -> Self {
        self.command.env(name, value);
        self
    }

    /// What it writes to its standard output.
    pub(crate) fn output(mut self) -> Result<Vec<u8>, SnapshotError> {
        let output = self.command.output().map_err(SnapshotError::NoGit)?;
        Self::judge(self.name, output)
    }

    /// The same, and what it complains of without failing.
    pub(crate) fn output_and_complaints(mut self) -> Result<(Vec<u8>, Vec<u8>), SnapshotError> {
        let mut output = self.command.output().map_err(SnapshotError::NoGit)?;
        let complaints = std::mem::take(&mut output.stderr);
        if output.status.success() {
            return Ok((output.stdout, complaints));
        }
        output.stderr = complaints;
        Self::judge(self.name, output).map(|output| (output, Vec::new()))
    }

    /// The same, with something to read.
    pub(crate) fn output_of(mut self, input: &[u8]) -> Result<Vec<u8>, SnapshotError> {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().map_err(SnapshotError::NoGit)?;
        let stdin = child.stdin.take();
        let output = std::thread::scope(|scope| {
            scope.spawn(move || {
                // Git may end before it has read everything; its status tells why.
                stdin.map(|mut stdin| stdin.write_all(input))
            });
            child.wait_with_output()
        });
        Self::judge(self.name, output.map_err(SnapshotError::NoGit)?)
    }

    /// The same, its output read while it is written.
    pub(crate) fn stream(
        mut self,
        input: &[u8],
        reader: impl FnOnce(ChildStdout) -> Result<(), SnapshotError>,
    ) -> Result<(), SnapshotError> {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().map_err(SnapshotError::NoGit)?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let read = std::thread::scope(|scope| {
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
            stdout.map_or(Ok(()), reader)
        });
        let output = child.wait_with_output().map_err(SnapshotError::NoGit)?;
        // What git says is nearer to the cause than that its output ended early.
        match read {
            Err(SnapshotError::Git { .. }) | Ok(()) => Self::judge(self.name, output).and(read),
            Err(other) => Err(other),
        }
    }

    fn judge(call: &'static str, output: std::process::Output) -> Result<Vec<u8>, SnapshotError> {
        if output.status.success() {
            return Ok(output.stdout);
        }
        let start = output.stderr.len().saturating_sub(COMPLAINT);
        let text = String::from_utf8_lossy(output.stderr.get(start..).unwrap_or_default());
        let message = if text.trim().is_empty() { output.status.to_string() } else { text.trim().to_owned() };
        Err(SnapshotError::Git { call, message })
    }
}
