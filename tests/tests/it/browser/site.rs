//! A coordinator with its runner, projects that were pushed to it, and a browser that is signed in.

use kit::browser::{Browser, Page};
use kit::runner::{Fifo, binary};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

const TOKEN: &str = "glpat-abcdefghij0123456789";

/// All of it; ended when it goes.
pub(super) struct Site {
    pub(super) browser: Browser,
    pub(super) url: String,
    child: Child,
    folder: TempDir,
}

impl Site {
    /// Starts one. Nothing where there is no browser.
    pub(super) async fn start() -> Option<Self> {
        let browser = Browser::start().await?;
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(binary());
        command.args(["coordinator", "--data"]).arg(folder.path().join("data"));
        command.args(["--listen", "127.0.0.1:0", "--with-runner", "--executor", "shell"]);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", folder.path()).env("RUNNER_COORDINATOR_ADMIN_TOKEN", TOKEN);
        let log = std::fs::File::create(folder.path().join("log")).expect("a log");
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let url = lines.next().expect("its address").expect("a text");
        Some(Self { browser, url, child, folder })
    }

    /// A page whose user is signed in.
    pub(super) async fn page(&self) -> Page {
        let page = self.browser.page().await;
        self.sign_in(&page).await;
        page
    }

    pub(super) async fn sign_in(&self, page: &Page) {
        page.open(&format!("{}/", self.url)).await;
        if page.eval("Boolean(document.querySelector('#login'))").await == true {
            page.fill("#login", "root").await;
            page.fill("#secret", TOKEN).await;
            page.follow("form button").await;
            page.wait_for("location.pathname === '/'").await;
        }
    }

    /// Opens a page of the site.
    pub(super) async fn open(&self, page: &Page, path: &str) {
        page.open(&format!("{}{path}", self.url)).await;
    }

    /// A pipe at which jobs can be stopped.
    pub(super) fn fifo(&self, name: &str) -> Fifo {
        Fifo::new(&self.folder.path().join(name))
    }

    /// Asks the JSON interface.
    pub(super) fn ask(&self, method: &str, path: &str) -> Value {
        let host = self.url.strip_prefix("http://").expect("plain HTTP");
        let mut stream = TcpStream::connect(host).expect("a connection");
        let head = format!(
            "{method} /api/v4{path} HTTP/1.1\r\nHost: {host}\r\nPRIVATE-TOKEN: {TOKEN}\r\nContent-Length: 0\r\n\
             Connection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("a request");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let answer = String::from_utf8_lossy(&answer);
        let body = answer.split_once("\r\n\r\n").expect("a body").1;
        serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()))
    }

    /// Makes a project `root/NAME` and pushes these files to its branch `main`.
    pub(super) fn project(&self, name: &str, files: &[(&str, &str)]) {
        let made = self.ask("POST", &format!("/projects?name={name}"));
        assert_eq!(made["path_with_namespace"], format!("root/{name}"), "{made}");
        self.push(name, "main", "First commit", files);
    }

    /// Pushes one more commit.
    pub(super) fn push(&self, name: &str, branch: &str, message: &str, files: &[(&str, &str)]) {
        let at = self.folder.path().join(name);
        if !at.exists() {
            std::fs::create_dir(&at).expect("a folder");
            git(&at, &["init", "-q", "-b", "main"]);
        }
        git(&at, &["checkout", "-q", "-B", branch]);
        for (file, text) in files {
            let path = at.join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        git(&at, &["add", "."]);
        git(
            &at,
            &[
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@example",
                "commit",
                "-q",
                "--allow-empty",
                "-m",
                message,
            ],
        );
        let url = self.url.replacen("://", &format!("://root:{TOKEN}@"), 1);
        git(&at, &["push", "-q", &format!("{url}/root/{name}.git"), branch]);
    }

    /// The number of the newest pipeline of a project.
    pub(super) fn pipeline(&self, name: &str) -> u64 {
        let pipelines = self.ask("GET", &format!("/projects/root%2F{name}/pipelines"));
        pipelines[0]["id"].as_u64().unwrap_or_else(|| panic!("{pipelines}"))
    }

    /// The number of the newest job of that name.
    pub(super) fn job(&self, project: &str, name: &str) -> u64 {
        let jobs = self.ask("GET", &format!("/projects/root%2F{project}/jobs?per_page=100"));
        let newest = jobs.as_array().expect("a list").iter().filter(|job| job["name"] == name);
        newest.filter_map(|job| job["id"].as_u64()).max().unwrap_or_else(|| panic!("no {name} in {jobs}"))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // It aborts the jobs of its runner, of which nothing stays then.
        let _ = kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM);
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            eprintln!("the coordinator's log:\n{log}");
        }
    }
}

fn git(at: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(at).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
    let out = command.env("HOME", at).output().expect("git");
    assert!(out.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
}

/// Nothing went wrong on a page.
#[track_caller]
pub(super) fn assert_quiet(page: &Page) {
    assert_eq!(page.complaints(), Vec::<String>::new());
}
