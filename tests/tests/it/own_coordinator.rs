//! `runner coordinator`: pushes become jobs of its own runner, and a restart finds everything again.

use crate::support::LONG;
use kit::runner::binary;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const TOKEN: &str = "glpat-abcdefghij0123456789";

const CONFIG: &str = "\
build:
  script: ['echo \"seen: $([ -n \"$RUNNER_COORDINATOR_ADMIN_TOKEN\" ] && echo yes || echo no)\"', 'echo made > file']
  artifacts: {paths: [file]}
deploy:
  stage: deploy
  script: [cat file]
";

/// A coordinator that runs; killed when it goes.
struct Coordinator {
    child: Child,
    url: String,
    said: Vec<String>,
}

impl Coordinator {
    fn start(folder: &Path, token: Option<&str>) -> Self {
        let mut command = Command::new(binary());
        command.args(["coordinator", "--data"]).arg(folder.join("data"));
        command.args(["--listen", "127.0.0.1:0", "--with-runner", "--executor", "shell"]);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", folder);
        if let Some(token) = token {
            command.env("RUNNER_COORDINATOR_ADMIN_TOKEN", token);
        }
        let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).expect("a log");
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let url = lines.next().expect("its address").expect("a text");
        let said = if token.is_none() {
            lines.next().into_iter().map(|line| line.expect("a text")).collect()
        } else {
            Vec::new()
        };
        Self { child, url, said }
    }

    fn get(&self, path: &str) -> Value {
        self.ask("GET", path)
    }

    fn ask(&self, method: &str, path: &str) -> Value {
        let host = self.url.strip_prefix("http://").expect("plain HTTP");
        let mut stream = TcpStream::connect(host).expect("a connection");
        let head = format!(
            "{method} /api/v4{path} HTTP/1.1\r\nHost: {host}\r\nPRIVATE-TOKEN: {TOKEN}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let body = answer.split_once("\r\n\r\n").expect("a body").1;
        serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()))
    }

    /// Pushes a commit and waits for the end of its pipeline.
    fn push(&self, folder: &Path, number: usize) {
        let at = folder.join("work");
        if number == 1 {
            std::fs::create_dir(&at).expect("a folder");
            git(&at, &["init", "-q", "-b", "main"]);
            std::fs::write(at.join(".gitlab-ci.yml"), CONFIG).expect("a file");
        }
        std::fs::write(at.join("number"), number.to_string()).expect("a file");
        git(&at, &["add", "."]);
        git(&at, &["-c", "user.name=a", "-c", "user.email=a@example", "commit", "-q", "-m", "x"]);
        let url = self.url.replacen("://", &format!("://root:{TOKEN}@"), 1);
        git(&at, &["push", "-q", &format!("{url}/root/app.git"), "main"]);
        let until = Instant::now() + LONG;
        loop {
            let pipelines = self.get("/projects/root%2Fapp/pipelines");
            assert_eq!(pipelines.as_array().expect("a list").len(), number, "{pipelines}");
            match pipelines[0]["status"].as_str().expect("a word") {
                "success" => return,
                "failed" | "canceled" | "skipped" => panic!("{pipelines}"),
                status => assert!(Instant::now() < until, "the pipeline is {status}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn end(mut self, signal: Signal) -> ExitStatus {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).expect("a process");
        self.child.wait().expect("an end")
    }
}

impl Drop for Coordinator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn git(at: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(at).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
    let out = command.env("HOME", at).output().expect("git");
    assert!(out.status.success(), "git {}: {}", arguments[0], String::from_utf8_lossy(&out.stderr));
}

#[test]
fn pushes_run_on_its_own_runner_whatever_ended_it_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut number = 0;
    for signal in [Signal::SIGTERM, Signal::SIGKILL, Signal::SIGQUIT] {
        number += 1;
        let coordinator = Coordinator::start(folder.path(), Some(TOKEN));
        if number == 1 {
            assert_eq!(coordinator.ask("POST", "/projects?name=app")["path_with_namespace"], "root/app");
        }
        coordinator.push(folder.path(), number);
        let jobs = coordinator.get("/projects/root%2Fapp/jobs?per_page=100");
        assert_eq!(jobs.as_array().unwrap().len(), number * 2);
        let build = jobs.as_array().unwrap().iter().find(|job| job["name"] == "build").unwrap();
        let trace = coordinator.get(&format!("/projects/root%2Fapp/jobs/{}/trace", build["id"]));
        let trace = trace.as_str().unwrap();
        assert!(trace.contains("seen: no") && !trace.contains("seen: yes"), "{trace}");
        assert_eq!(coordinator.get("/runners").as_array().unwrap().len(), 1);
        let status = coordinator.end(signal);
        assert_eq!(status.success(), signal != Signal::SIGKILL, "{signal}: {status}");
    }
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(!log.contains(TOKEN) && !log.contains("glrt-"), "{log}");
}

#[test]
fn the_administrators_token_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let first = Coordinator::start(folder.path(), None);
    assert!(first.said.iter().any(|line| line.contains("glpat-")), "{:?}", first.said);
    assert!(first.end(Signal::SIGTERM).success());
    let mut set = Command::new(binary());
    set.args(["coordinator", "set-password", "--data"]).arg(folder.path().join("data"));
    let mut set = set.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    set.stdin.take().unwrap().write_all(b"a long password\n").unwrap();
    assert!(set.wait().unwrap().success());
}
