//! Coordinators of the program as processes, asked as people and git clients ask them.

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

pub(super) const TOKEN: &str = "glpat-abcdefghij0123456789";

/// A coordinator that runs; killed when it goes.
pub(super) struct Coordinator {
    child: Child,
    pub(super) url: String,
    pub(super) said: Vec<String>,
}

impl Coordinator {
    /// Starts one whose data folder is `data` below a folder. Without a token it says what its own is.
    pub(super) fn start(folder: &Path, arguments: &[&str], token: Option<&str>) -> Self {
        let mut command = Command::new(binary());
        command.args(["coordinator", "--data"]).arg(folder.join("data")).args(arguments);
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

    /// The address of a repository, with the administrator's token.
    pub(super) fn repository(&self, project: &str) -> String {
        repository(&self.url, project)
    }

    pub(super) fn get(&self, path: &str) -> Option<Value> {
        ask(&self.url, "GET", path)
    }

    pub(super) fn ask(&self, method: &str, path: &str) -> Option<Value> {
        ask(&self.url, method, path)
    }

    pub(super) fn text(&self, path: &str) -> Option<String> {
        let bytes = fetch(&self.url, "GET", path)?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Waits for something that nothing tells of.
    #[track_caller]
    pub(super) fn wait_for<T>(&self, what: &str, look: impl FnMut() -> Option<T>) -> T {
        wait_for(what, LONG, look)
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).expect("a process");
    }

    pub(super) fn end(mut self, signal: Signal) -> ExitStatus {
        self.signal(signal);
        self.child.wait().expect("an end")
    }
}

impl Drop for Coordinator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for something that nothing tells of.
#[track_caller]
pub(super) fn wait_for<T>(what: &str, within: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + within;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "{what} does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(super) fn repository(url: &str, project: &str) -> String {
    format!("{}/{project}.git", url.replacen("://", &format!("://root:{TOKEN}@"), 1))
}

/// Asks the API; nothing where nobody answers, or the answer is no success.
pub(super) fn ask(url: &str, method: &str, path: &str) -> Option<Value> {
    serde_json::from_slice(&fetch(url, method, path)?).ok()
}

/// The body of an answer that is a success.
pub(super) fn fetch(url: &str, method: &str, path: &str) -> Option<Vec<u8>> {
    let host = url.strip_prefix("http://").expect("plain HTTP");
    let mut stream = TcpStream::connect(host).ok()?;
    let head = format!(
        "{method} /api/v4{path} HTTP/1.1\r\nHost: {host}\r\nPRIVATE-TOKEN: {TOKEN}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = (String::from_utf8_lossy(answer.get(..end)?).into_owned(), answer.split_off(end + 4));
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let whole = length.is_none_or(|length: usize| length == body.len());
    (head.starts_with("HTTP/1.1 2") && whole).then_some(body)
}

/// A new repository.
pub(super) fn checkout(at: &Path) {
    std::fs::create_dir(at).expect("a folder");
    git(at, &["init", "-q", "-b", "main"]).expect("a repository");
}

/// A commit that differs from those before.
pub(super) fn commit(at: &Path, text: &str) {
    std::fs::write(at.join("number"), text).expect("a file");
    git(at, &["add", "."]).expect("files");
    git(at, &["-c", "user.name=a", "-c", "user.email=a@example", "commit", "-q", "-m", text])
        .expect("a commit");
}

/// What git said; as an error where it failed.
pub(super) fn git(at: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(at).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
    let out = command.env_remove("GIT_SSL_CAINFO").env("HOME", at).output().expect("git");
    let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    if out.status.success() { Ok(said) } else { Err(format!("git {}: {said}", arguments[0])) }
}
