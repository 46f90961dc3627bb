//! A coordinator that runs, and who talks to it.

use super::http::{Answer, Connection};
use crate::Result;
use crate::context::Context;
use crate::procfs;
use crate::row::Figure;
use crate::timing::bare;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// The administrator's token.
pub(super) const TOKEN: &str = "glpat-bench0123456789abcdef";

/// A coordinator in a folder of its own. Ends when it goes.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// Where it listens.
    pub(super) host: String,
    folder: TempDir,
}

impl Server {
    /// Starts one, with a runner of the shell where that is wanted.
    pub(super) fn start(context: &Context, with_runner: bool) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = bare(&context.runner.to_string_lossy(), folder.path());
        command.args(["coordinator", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path().join("data"));
        if with_runner {
            command.args(["--with-runner", "--executor", "shell"]);
        }
        let log = File::create(folder.path().join("log"))?;
        command.env("RUNNER_COORDINATOR_ADMIN_TOKEN", TOKEN).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or("no output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let host = line.trim().strip_prefix("http://").map(str::to_owned);
        let Some(host) = host else {
            let _ = child.kill();
            let _ = child.wait();
            let log = std::fs::read_to_string(folder.path().join("log"))?;
            return Err(format!("the coordinator does not say where it listens: {log}").into());
        };
        Ok(Self { child, host, folder })
    }

    /// Its process.
    pub(super) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// A line about its memory: `VmRSS`, `VmHWM`.
    pub(super) fn memory(&self, key: &str) -> Result<Figure> {
        let kib = procfs::status_kib(self.pid(), key).ok_or("the coordinator's memory cannot be read")?;
        Ok(Figure::kib(kib))
    }

    /// A folder beside its data.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Each of these fails only if it is gone already.
        let _ = killpg(self.pid(), Signal::SIGTERM);
        let deadline = Instant::now() + Duration::from_secs(10);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = killpg(self.pid(), Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

/// What runs the clients: one thread, so that the server has the rest of the machine.
pub(super) fn runtime() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// The administrator, on one connection.
#[derive(Debug)]
pub(super) struct Admin {
    connection: Connection,
    headers: String,
}

impl Admin {
    pub(super) async fn at(server: &Server) -> Result<Self> {
        let headers = format!("PRIVATE-TOKEN: {TOKEN}\r\nContent-Type: application/json\r\n");
        Ok(Self { connection: Connection::open(&server.host).await?, headers })
    }

    pub(super) async fn get(&mut self, path: &str) -> Result<Value> {
        self.answer("GET", path, "").await?.json()
    }

    pub(super) async fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        self.answer("POST", path, &body.to_string()).await?.json()
    }

    /// What is not JSON.
    pub(super) async fn text(&mut self, path: &str) -> Result<String> {
        let answer = self.answer("GET", path, "").await?;
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    async fn answer(&mut self, method: &str, path: &str, body: &str) -> Result<Answer> {
        self.connection.ask(method, &format!("/api/v4{path}"), &self.headers, body.as_bytes()).await
    }

    /// A token for a new runner of the instance that takes jobs with a tag.
    pub(super) async fn runner(&mut self, tag: &str) -> Result<String> {
        let body = serde_json::json!({
            "runner_type": "instance_type", "tag_list": tag, "run_untagged": false, "description": tag
        });
        let made = self.post("/user/runners", &body).await?;
        Ok(made["token"].as_str().ok_or("a runner without a token")?.to_owned())
    }
}

/// A project, and a checkout of it.
#[derive(Debug)]
pub(super) struct Project {
    /// Its path.
    pub(super) path: String,
    /// Its number.
    pub(super) id: i64,
    checkout: PathBuf,
    url: String,
    home: PathBuf,
}

impl Project {
    /// Makes a project with this configuration, and pushes it.
    pub(super) async fn new(server: &Server, admin: &mut Admin, name: &str, text: &str) -> Result<Self> {
        let made = admin.post("/projects", &serde_json::json!({ "name": name })).await?;
        let path = made["path_with_namespace"].as_str().ok_or("a project without a path")?.to_owned();
        let this = Self {
            id: made["id"].as_i64().ok_or("a project without a number")?,
            checkout: server.folder().join(name),
            url: format!("http://root:{TOKEN}@{}/{path}.git", server.host),
            home: server.folder().to_owned(),
            path,
        };
        std::fs::create_dir(&this.checkout)?;
        this.git(&["init", "-q", "-b", "main"])?;
        this.commit(".gitlab-ci.yml", text)?;
        this.push()?;
        Ok(this)
    }

    /// Commits a file.
    pub(super) fn commit(&self, name: &str, text: &str) -> Result<()> {
        std::fs::write(self.checkout.join(name), text)?;
        self.git(&["add", "-A"])?;
        self.git(&["commit", "-q", "-m", "work"])
    }

    /// Pushes what is committed.
    pub(super) fn push(&self) -> Result<()> {
        self.git(&["push", "-q", &self.url, "main"])
    }

    /// One more pipeline of the same commit.
    pub(super) async fn pipeline(&self, admin: &mut Admin) -> Result<i64> {
        let path = format!("/projects/{}/pipeline", self.id);
        let made = admin.post(&path, &serde_json::json!({ "ref": "main" })).await?;
        made["id"].as_i64().ok_or_else(|| "a pipeline without a number".into())
    }

    fn git(&self, arguments: &[&str]) -> Result<()> {
        let mut command = bare("git", &self.home);
        command.arg("-C").arg(&self.checkout).args([
            "-c",
            "user.name=bench",
            "-c",
            "user.email=b@example.com",
        ]);
        let output = command.args(arguments).env("GIT_CONFIG_NOSYSTEM", "1").output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("git {}: {}", arguments[0], String::from_utf8_lossy(&output.stderr)).into())
    }
}
