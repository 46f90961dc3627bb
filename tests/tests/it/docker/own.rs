//! A coordinator of this program's own, with a project that is pushed to it.

use crate::support::LONG;
use kit::docker::Engine;
use kit::runner::binary;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(super) const TOKEN: &str = "glpat-abcdefghij0123456789";

/// Where the project is, as the interface has it in its paths.
const PROJECT: &str = "/projects/root%2Fpage";

/// A coordinator as a process, killed when it goes; the project `root/page`, and a work tree of it.
pub(super) struct Own {
    pub(super) url: String,
    child: Child,
    folder: TempDir,
}

impl Own {
    /// Starts one that listens at this address, with these further flags.
    #[track_caller]
    pub(super) fn start(engine: &Engine, address: Ipv4Addr, flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(binary());
        command.args(["coordinator", "--listen", &format!("{address}:0"), "--data"]);
        command.arg(folder.path().join("data")).args(flags);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", folder.path()).env("DOCKER_HOST", engine.host());
        command.env("RUNNER_COORDINATOR_ADMIN_TOKEN", TOKEN);
        let log = File::create(folder.path().join("log")).expect("a log");
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let url = lines.next().expect("its address").expect("a text");
        let own = Self { url, child, folder };
        own.ask("POST", "/projects", Some(json!({ "name": "page" })));
        std::fs::create_dir(own.work()).expect("a folder");
        own.git(&["init", "--quiet", "--initial-branch=main"]);
        own
    }

    /// The project's work tree.
    pub(super) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// A file of the coordinator's.
    pub(super) fn data(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join("data").join(name)).expect("a file")
    }

    /// Puts the files of one of `examples/` into the work tree.
    pub(super) fn example(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name);
        let copied = Command::new("cp").arg("-R").arg(folder.join(".")).arg(self.work()).status();
        assert!(copied.is_ok_and(|status| status.success()), "{} cannot be copied", folder.display());
    }

    /// Runs git in the work tree; what it says to the user.
    #[track_caller]
    pub(super) fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=kit", "-c", "user.email=kit@example.com"]).args(arguments);
        command.current_dir(self.work()).env("HOME", self.folder.path());
        let output = command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0").output();
        let output = output.expect("git runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "git {arguments:?}: {said}");
        said
    }

    /// Commits everything.
    #[track_caller]
    pub(super) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "change"]);
    }

    /// Pushes a branch or a tag; the address of its pipeline, which git shows, and the pipeline's number.
    #[track_caller]
    pub(super) fn push(&self, name: &str) -> (String, u64) {
        let url = self.url.replacen("://", &format!("://root:{TOKEN}@"), 1);
        let said = self.git(&["push", &format!("{url}/root/page.git"), name]);
        assert!(!said.contains("not valid"), "{said}");
        let page = said.split_whitespace().find(|word| word.contains("/-/pipelines/"));
        let page = page.unwrap_or_else(|| panic!("no pipeline in {said}")).to_owned();
        let id = page.rsplit('/').next().and_then(|id| id.parse().ok()).expect("a number");
        (page, id)
    }

    /// Sets a variable of the project, with these further fields.
    #[track_caller]
    pub(super) fn variable(&self, key: &str, value: &str, more: Value) {
        let mut body = json!({ "key": key, "value": value });
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        self.of_project("POST", "/variables", Some(body));
    }

    /// Asks the interface about the project.
    #[track_caller]
    pub(super) fn of_project(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        self.ask(method, &format!("{PROJECT}{path}"), body)
    }

    /// Asks the interface something that it must be willing to do.
    #[track_caller]
    pub(super) fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let host = self.url.strip_prefix("http://").expect("plain HTTP");
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let mut stream = TcpStream::connect(host).expect("a connection");
        let head = format!(
            "{method} /api/v4{path} HTTP/1.0\r\nHost: {host}\r\nPRIVATE-TOKEN: {TOKEN}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(
            head.split(' ').nth(1).is_some_and(|status| status.starts_with('2')),
            "{method} {path}: {answer}"
        );
        serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()))
    }

    /// Waits until a job has ended well; its number.
    #[track_caller]
    pub(super) fn succeeds(&self, pipeline: u64, name: &str) -> u64 {
        let deadline = Instant::now() + LONG * 2;
        loop {
            let jobs = self.of_project("GET", &format!("/pipelines/{pipeline}/jobs"), None);
            let job = jobs.as_array().expect("a list").iter().find(|job| job["name"] == name);
            let job = job.unwrap_or_else(|| panic!("no {name} in {jobs}"));
            let id = job["id"].as_u64().expect("a number");
            match job["status"].as_str() {
                Some("success") => return id,
                Some("failed" | "canceled" | "skipped") => panic!("{job}\n{}", self.trace(id)),
                status => assert!(Instant::now() < deadline, "{name} is {status:?}: {}", self.trace(id)),
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The log of a job.
    #[track_caller]
    pub(super) fn trace(&self, job: u64) -> String {
        let trace = self.of_project("GET", &format!("/jobs/{job}/trace"), None);
        trace.as_str().map_or_else(|| trace.to_string(), str::to_owned)
    }

    /// Ends it with its runner, whose jobs are over.
    #[track_caller]
    pub(super) fn quit(mut self) {
        let pid = nix::unistd::Pid::from_raw(self.child.id().cast_signed());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGQUIT).expect("a signal");
        assert!(self.child.wait().expect("an end").success());
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            eprintln!("log of the coordinator:\n{log}");
        }
    }
}
