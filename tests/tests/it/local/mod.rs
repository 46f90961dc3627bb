//! `runner ci run`: whole pipelines of checkouts made for the purpose.

mod artifacts;
mod bad_input;
mod children;
mod containers;
mod examples;
mod kills;
mod readers;
mod results;
mod selection;
mod stops;
mod terminal;
mod trees;
mod users;
mod values;
mod watched;

use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use tempfile::TempDir;

/// A checkout, and a home that keeps what runs leave.
struct Checkout {
    folder: Arc<TempDir>,
}

/// What a run came to, by its events.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    events: Vec<Value>,
    err: String,
    /// What the run has left lies in it.
    _folder: Arc<TempDir>,
}

/// A run that goes on, whose events are read as they come.
struct Running {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    events: Vec<Value>,
}

impl Checkout {
    /// A repository with this configuration and one commit, `main` checked out.
    fn with(configuration: &str) -> Self {
        let checkout = Self::empty();
        checkout.git(&["init", "--quiet", "--initial-branch=main"]);
        checkout.write(".gitlab-ci.yml", configuration);
        checkout.commit("the first commit");
        checkout
    }

    /// A folder that is no repository yet.
    fn empty() -> Self {
        let checkout = Self { folder: Arc::new(tempfile::tempdir().expect("a folder")) };
        fs::create_dir(checkout.root()).expect("a folder");
        checkout
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("checkout")
    }

    fn home(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.root(), arguments)
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    /// `runner ci …` in the checkout, with an environment of its own.
    fn ci(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(kit::runner::binary());
        command.arg("ci").args(arguments).current_dir(self.root()).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.home());
        command
    }

    /// Runs the pipeline on the shell and gives its events.
    fn run(&self, arguments: &[&str]) -> Ran {
        let mut all = vec!["run", "--json", "--executor", "shell"];
        all.extend(arguments);
        self.run_as(&all)
    }

    /// The same with all arguments given.
    fn run_as(&self, arguments: &[&str]) -> Ran {
        let output = self.ci(arguments).output().expect("the program runs");
        let out = String::from_utf8(output.stdout).expect("text");
        let events = out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")));
        Ran {
            code: output.status.code(),
            events: events.collect(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            _folder: Arc::clone(&self.folder),
        }
    }

    /// Begins a run in a process group of its own.
    fn begin(&self, arguments: &[&str]) -> Running {
        let mut all = vec!["run", "--json", "--executor", "shell"];
        all.extend(arguments);
        let mut command = self.ci(&all);
        let mut child = command.process_group(0).stdout(Stdio::piped()).spawn().expect("the program runs");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        Running { child, lines, events: Vec::new() }
    }
}

impl Running {
    /// Waits for an event of a kind about a job.
    #[track_caller]
    fn wait(&mut self, kind: &str, job: &str) -> Value {
        loop {
            let line = self.lines.next().unwrap_or_else(|| panic!("no {kind} of {job}: {:?}", self.events));
            let event: Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
            self.events.push(event.clone());
            if event["event"] == kind && event["job"] == job {
                return event;
            }
        }
    }

    /// Sends the runner, and nobody else, a signal.
    fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = nix::unistd::Pid::from_raw(self.child.id().cast_signed());
        nix::sys::signal::kill(pid, signal).expect("a signal");
    }

    /// Waits for the end.
    fn end(mut self) -> (ExitStatus, Vec<Value>) {
        for line in self.lines.by_ref() {
            self.events.push(serde_json::from_str(&line.expect("a line")).expect("JSON"));
        }
        (self.child.wait().expect("its end"), self.events)
    }
}

impl Ran {
    /// The last end of a job of this name, in whichever pipeline.
    #[track_caller]
    fn job(&self, name: &str) -> &Value {
        job(&self.events, name).unwrap_or_else(|| panic!("no end of {name}: {self:#?}"))
    }

    /// Status words of jobs, in the order asked for.
    #[track_caller]
    fn statuses<const N: usize>(&self, names: [&str; N]) -> [&str; N] {
        names.map(|name| self.job(name)["status"].as_str().expect("a status"))
    }

    /// The pipeline's status.
    #[track_caller]
    fn status(&self) -> &str {
        let last = self.events.iter().rfind(|event| event["event"] == "pipeline_finished");
        last.and_then(|event| event["status"].as_str()).unwrap_or_else(|| panic!("no end: {self:#?}"))
    }

    /// The log of a job, without the marks of sections.
    #[track_caller]
    fn log(&self, name: &str) -> String {
        log(self.job(name))
    }

    /// All is well, if it is.
    #[track_caller]
    fn succeeded(self) -> Self {
        assert_eq!((self.code, self.status()), (Some(0), "success"), "{}", self.with_logs());
        self
    }

    fn with_logs(&self) -> String {
        let ends = self.events.iter().filter(|event| event["event"] == "job_finished");
        let logs = ends.filter(|event| event["log"].is_string()).map(log);
        format!("{:#?}\n{}\n{}", self.events, self.err, logs.collect::<Vec<_>>().join("\n---\n"))
    }
}

/// The last end of a job.
fn job<'a>(events: &'a [Value], name: &str) -> Option<&'a Value> {
    events.iter().rfind(|event| event["event"] == "job_finished" && event["job"] == name)
}

#[track_caller]
fn log(end: &Value) -> String {
    let path = end["log"].as_str().unwrap_or_else(|| panic!("no log: {end}"));
    String::from_utf8_lossy(&fs::read(path).expect("the log")).into_owned()
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", "/nonexistent")
        .args([
            "-c",
            "user.name=kit",
            "-c",
            "user.email=kit@example.test",
            "-c",
            "protocol.file.allow=always",
        ])
        .args(arguments)
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim_end().to_owned()
}
