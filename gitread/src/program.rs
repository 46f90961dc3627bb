//! Calls of the `git` program, in a way that nothing in the repository decides what is run.
//!
//! A repository may have been unpacked from an archive, with a `.git/config` written by whoever made it. Everything
//! that makes git start another program is switched off: hooks, file system monitors, external diffs, signature
//! checks, and fetching what is missing. What it prints is bounded, and so is the time it takes.

use super::GitError;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

/// The longest that one call may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// The most of its complaints that is read.
const COMPLAINTS: u64 = 16 * 1024;

/// Switched off for every call.
const SETTINGS: &[&str] = &[
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "diff.external=",
    "diff.submodule=short",
    "log.showSignature=false",
    "submodule.recurse=false",
];

/// Variables by which the environment would point git elsewhere, as it does inside of hooks.
const ELSEWHERE: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_EXTERNAL_DIFF",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
];

/// Git by its full path. Entries of `PATH` that are relative would be looked up in the repository, where they are of
/// its maker's choice.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let absolute = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    let mut candidates = absolute.map(|folder| folder.join("git"));
    candidates.find(|file| file.is_file()).unwrap_or_else(|| PathBuf::from("/usr/bin/git"))
}

/// Where git is called, and in which surroundings.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    /// The root of the repository.
    pub(crate) root: PathBuf,
    /// Whether nothing of the caller's environment and settings counts.
    pub(crate) isolated: bool,
}

/// `git` for a repository that a service keeps: nothing of the environment and of the settings of the machine and the
/// user counts, no hook is run, nothing is fetched. The arguments follow what is set here.
pub fn isolated(root: &Path) -> Command {
    let mut command = Command::new(program());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.envs([
        ("HOME", "/nonexistent"),
        ("XDG_CONFIG_HOME", "/nonexistent"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_SYSTEM", "/dev/null"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_ATTR_NOSYSTEM", "1"),
    ]);
    // What a service keeps is its own, whoever owns the volume that it lies on.
    command.args(["-c", "safe.directory=*"]);
    careful(&mut command, root);
    command
}

/// What every call has.
fn careful(command: &mut Command, root: &Path) {
    command.arg("--no-pager");
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command.current_dir(root).stdin(Stdio::null());
    command.envs([
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_ALLOW_PROTOCOL", "none"),
        ("LC_ALL", "C"),
    ]);
    if let Some(parent) = root.parent() {
        command.env("GIT_CEILING_DIRECTORIES", parent);
    }
}

/// A call that is to be made in a repository.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    root: &'a Path,
    /// What it is for, in messages.
    what: &'static str,
    command: Command,
    settings: usize,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its exit status; nothing where a signal ended it.
    pub(crate) status: Option<i32>,
    /// What it printed.
    pub(crate) out: Vec<u8>,
    /// What it complained of.
    pub(crate) complaints: String,
}

impl<'a> Call<'a> {
    /// `git <arguments>` at the root of a repository.
    pub(crate) fn new<S: AsRef<OsStr>>(
        home: &'a Home,
        what: &'static str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        let root = home.root.as_path();
        let mut command = match home.isolated {
            true => isolated(root),
            false => {
                let mut command = Command::new(program());
                for name in ELSEWHERE {
                    command.env_remove(name);
                }
                careful(&mut command, root);
                command
            }
        };
        command.args(arguments);
        Self { root, what, command, settings: 0 }
    }

    /// The same with one more setting, whose name may hold any character.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.command.env(format!("GIT_CONFIG_KEY_{}", self.settings), name);
        self.command.env(format!("GIT_CONFIG_VALUE_{}", self.settings), value);
        self.settings += 1;
        self.command.env("GIT_CONFIG_COUNT", self.settings.to_string());
        self
    }

    /// Starts it with pipes to both ends, for a conversation.
    pub(crate) fn converse(mut self) -> Result<Child, GitError> {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        self.spawn()
    }

    /// Runs it, and gives what it printed however it ended.
    pub(crate) fn run(self, limit: u64) -> Result<Answer, GitError> {
        self.start()?.finish(limit)
    }

    /// Starts it, to be finished later: other calls may be made meanwhile.
    pub(crate) fn start(mut self) -> Result<Running, GitError> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.spawn()?;
        let watch = Watch::over(&child);
        let complaints = child.stderr.take().map(|pipe| std::thread::spawn(move || read_complaints(pipe)));
        Ok(Running { child, watch: Some(watch), complaints, what: self.what, root: self.root.to_owned() })
    }

    /// Runs it, and gives what it printed if it succeeded.
    pub(crate) fn output(self, limit: u64) -> Result<Vec<u8>, GitError> {
        let what = self.what;
        let answer = self.run(limit)?;
        if answer.status == Some(0) { Ok(answer.out) } else { Err(answer.failure(what)) }
    }

    fn spawn(&mut self) -> Result<Child, GitError> {
        self.command.spawn().map_err(|error| match error.kind() {
            // A folder that is not there fails in the same way.
            std::io::ErrorKind::NotFound if self.root.is_dir() => GitError::NoGit,
            _ => self.failed(error.to_string()),
        })
    }

    fn failed(&self, reason: String) -> GitError {
        GitError::Failed { what: self.what, reason }
    }
}

/// A call that was started.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    watch: Option<Watch>,
    complaints: Option<JoinHandle<String>>,
    what: &'static str,
    root: PathBuf,
}

impl Running {
    /// Waits for its end, and gives what it printed however it ended.
    pub(crate) fn finish(mut self, limit: u64) -> Result<Answer, GitError> {
        let what = self.what;
        let failed = |error: std::io::Error| GitError::Failed { what, reason: error.to_string() };
        let mut out = Vec::new();
        let read = match self.child.stdout.take() {
            Some(pipe) => pipe.take(limit.saturating_add(1)).read_to_end(&mut out),
            None => Ok(0),
        };
        let too_much = out.len() as u64 > limit;
        if too_much || read.is_err() {
            let _ = self.child.kill();
        }
        let late = self.watch.take().is_some_and(Watch::end);
        let status = self.child.wait().map_err(failed)?;
        let complaints = self.complaints.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        if too_much {
            return Err(GitError::TooMuch { what, limit });
        }
        if late {
            return Err(GitError::Late { what, seconds: DEADLINE.as_secs() });
        }
        read.map_err(failed)?;
        if complaints.contains("dubious ownership") {
            return Err(GitError::Untrusted { root: self.root.clone() });
        }
        Ok(Answer { status: status.code(), out, complaints })
    }
}

impl Drop for Running {
    /// Nobody wants to know any more.
    fn drop(&mut self) {
        if let Some(watch) = self.watch.take() {
            let _ = self.child.kill();
            watch.end();
            let _ = self.child.wait();
        }
    }
}

/// The beginning of what is complained of. The rest is read and dropped, so that git does not wait for a reader.
fn read_complaints(pipe: impl Read) -> String {
    let mut text = Vec::new();
    let mut pipe = pipe.take(COMPLAINTS);
    let _ = pipe.read_to_end(&mut text);
    let _ = std::io::copy(&mut pipe.into_inner(), &mut std::io::sink());
    String::from_utf8_lossy(&text).into_owned()
}

impl Answer {
    /// The failure that it is.
    pub(crate) fn failure(&self, what: &'static str) -> GitError {
        let line =
            self.complaints.lines().find(|line| !line.trim().is_empty()).unwrap_or("it gave no reason");
        let reason = line.strip_prefix("fatal: ").unwrap_or(line).to_owned();
        GitError::Failed { what, reason }
    }
}

/// Kills a process that takes too long, for as long as this lives. The process must not be waited for before
/// [`Watch::end`], so that its id stays its own.
#[derive(Debug)]
pub(crate) struct Watch {
    over: Option<Sender<()>>,
    thread: Option<JoinHandle<bool>>,
}

impl Watch {
    /// Begins to watch.
    pub(crate) fn over(child: &Child) -> Self {
        let (over, ended) = mpsc::channel::<()>();
        let id = i32::try_from(child.id()).map(nix::unistd::Pid::from_raw);
        let thread = std::thread::spawn(move || {
            let late = ended.recv_timeout(DEADLINE) == Err(RecvTimeoutError::Timeout);
            if let (true, Ok(id)) = (late, id) {
                let _ = nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGKILL);
            }
            late
        });
        Self { over: Some(over), thread: Some(thread) }
    }

    /// Ends it. Whether it was too late.
    pub(crate) fn end(mut self) -> bool {
        self.stop()
    }

    fn stop(&mut self) -> bool {
        drop(self.over.take());
        self.thread.take().and_then(|thread| thread.join().ok()).unwrap_or(false)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop();
    }
}
