//! Real git clients over a real listener, with a kernel that only notes what it is told.

mod fetching;
mod hostile;
mod pushing;

use super::*;
use crate::git::testing::project;
use crate::git::{Denied, Limits, Outcome, Update};
use crate::kernel::{Created, Repositories as _};
use crate::model::{Project, UserId};
use futures_util::future::BoxFuture;
use pipeline::PipelineId;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Mutex;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// Lets in `root` with the password `token`, and the job of pipeline 77 of the first project.
struct House {
    projects: Mutex<Vec<Project>>,
    updates: Mutex<Vec<Update>>,
    branches: Mutex<Vec<String>>,
    outcome: Mutex<fn(u64) -> Outcome>,
}

impl Gate for House {
    fn enter(&self, knock: Knock) -> BoxFuture<'_, Result<Entry, Denied>> {
        let projects = self.projects.lock().unwrap();
        let found = projects.iter().find(|project| project.path.eq_ignore_ascii_case(&knock.path)).cloned();
        let entry = match (knock.credentials, found) {
            (None, Some(project)) if project.visibility == "public" && knock.service == Service::Fetch => {
                Ok(Entry { project, who: Who::Anybody })
            }
            (None, _) => Err(Denied::Unknown),
            (Some(given), found) => match (given.user.as_str(), given.secret.expose(), found) {
                ("gitlab-ci-token", "job", Some(project)) if project.id == projects[0].id => {
                    Ok(Entry { project, who: Who::Job(PipelineId(77)) })
                }
                ("gitlab-ci-token", "job", _) | (_, "token", None) => Err(Denied::NotFound),
                (_, "token", Some(project)) => Ok(Entry { project, who: Who::User(UserId::ROOT) }),
                _ => Err(Denied::Unknown),
            },
        };
        Box::pin(async move { entry })
    }
}

impl Pushed for House {
    fn updated(&self, update: Update) -> BoxFuture<'_, Outcome> {
        let mut updates = self.updates.lock().unwrap();
        let number = 100 + updates.len() as u64;
        let outcome = match &update.pipeline {
            Some(_) => self.outcome.lock().unwrap()(number),
            None => Outcome::Nothing,
        };
        updates.push(update);
        Box::pin(async move { outcome })
    }

    fn default_branch(&self, _: Project, branch: String) -> BoxFuture<'_, ()> {
        self.branches.lock().unwrap().push(branch);
        Box::pin(async {})
    }

    fn pipeline_url(&self, project: &Project, pipeline: PipelineId) -> String {
        format!("http://ci/{}/-/pipelines/{pipeline}", project.path)
    }
}

/// A server with one private project `g/sub/p` and another one `g/other`.
struct Rig {
    folder: TempDir,
    git: Git,
    house: Arc<House>,
    address: std::net::SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn created(number: u64) -> Outcome {
    Outcome::Created(Created::Pipeline(PipelineId(number as i64)))
}

impl Rig {
    async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    async fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        let git = Git::open(&folder.path().join("data"), limits).unwrap();
        let projects = vec![project(1, "g/sub/p"), project(2, "g/other")];
        for project in &projects {
            git.create(project).unwrap();
        }
        let house = Arc::new(House {
            projects: Mutex::new(projects),
            updates: Mutex::default(),
            branches: Mutex::default(),
            outcome: Mutex::new(created),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = GitHttp::new(git.clone(), house.clone(), house.clone()).router();
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let rig = Self { folder, git, house, address, server };
        rig.git_in(rig.folder.path(), &["init", "--quiet", "--initial-branch=main", "work"]).await;
        let url = rig.url("root:token@", "g/sub/p");
        rig.git(&["remote", "add", "origin", &url]).await;
        rig
    }

    fn url(&self, login: &str, path: &str) -> String {
        format!("http://{login}{}/{path}.git", self.address)
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    fn first(&self) -> Project {
        self.house.projects.lock().unwrap()[0].clone()
    }

    /// Runs git in the work tree; whatever comes of it.
    async fn try_git(&self, arguments: &[&str]) -> Output {
        run_git(&self.work(), arguments).await
    }

    async fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.work(), arguments).await
    }

    async fn git_in(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = run_git(folder, arguments).await;
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    async fn commit(&self, file: &str, text: &[u8]) -> String {
        fs::write(self.work().join(file), text).unwrap();
        self.git(&["add", "--all"]).await;
        self.git(&["commit", "--quiet", "--message", file]).await;
        self.git(&["rev-parse", "HEAD"]).await
    }

    /// Pushes; what the pusher reads.
    async fn push(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.try_git(&[&["push", "origin"], arguments].concat()).await;
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(words) } else { Err(words) }
    }

    fn updates(&self) -> Vec<Update> {
        std::mem::take(&mut *self.house.updates.lock().unwrap())
    }

    /// Waits until nobody is served any more.
    async fn settled(&self) {
        self.git.settled().await;
    }
}

async fn run_git(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::new("git");
    command.args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "gc.auto=0"]);
    command.args(["-c", "core.compression=0"]);
    command.args(arguments).current_dir(folder).kill_on_drop(true);
    for (name, value) in [("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C")] {
        command.env(name, value);
    }
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "GIT_DIR"] {
        command.env_remove(name);
    }
    command.output().await.unwrap()
}
