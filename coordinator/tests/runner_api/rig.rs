//! A kernel with its files behind the API for runners, on a port of this machine.

use ci_yaml::{Changed, Commit, MemorySources, Sources, Tree};
use coordinator::error::RepositoryError;
use coordinator::files::{FileLimits, JobFiles};
use coordinator::kernel::{
    CommitFacts, Created, FindProject, Kernel, NewPipeline, Options, Repositories, SystemClock,
};
use coordinator::model::{ArtifactRow, GitRef, JobRow, NewProject, NewRunner, Project, ProjectId, UserId};
use coordinator::runner_api::{self, RunnerApi};
use pipeline::{JobId, PipelineId};
use protocol::{Job, Secret};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

/// A runner's `info`, as little as takes any job.
pub(crate) const INFO: &str = r#"{"name":"test","features":{"refspecs":true,"upload_multiple_artifacts":true,
    "artifacts_exclude":true,"return_exit_code":true,"cancel_gracefully":true}}"#;

/// Commits, each with one configuration; their numbers are their ids.
#[derive(Default)]
struct Commits(Mutex<Vec<String>>);

impl Commits {
    fn add(&self, text: &str) -> String {
        let mut all = self.0.lock().unwrap();
        all.push(text.to_owned());
        sha(all.len())
    }
}

fn sha(number: usize) -> String {
    format!("{number:040x}")
}

fn tree(project: &Project, sha: &str) -> Tree {
    Tree { project: project.path.as_str().into(), revision: sha.into() }
}

impl Repositories for Commits {
    fn create(&self, _: &Project) -> Result<(), RepositoryError> {
        Ok(())
    }

    fn remove(&self, _: ProjectId) -> Result<(), RepositoryError> {
        Ok(())
    }

    fn resolve(&self, _: &Project, _: &str) -> Result<Option<(GitRef, String)>, RepositoryError> {
        Ok(None)
    }

    fn head(&self, _: &Project, _: &GitRef) -> Result<Option<String>, RepositoryError> {
        Ok(Some(sha(self.0.lock().unwrap().len())))
    }

    fn facts(
        &self,
        project: &Project,
        _: &GitRef,
        sha: &str,
        _: Option<&str>,
    ) -> Result<CommitFacts, RepositoryError> {
        let commit = Commit {
            sha: sha.into(),
            before_sha: "0".repeat(40),
            message: "commit".into(),
            author: "Ada <ada@example.com>".into(),
            timestamp: "2026-01-01T00:00:00Z".into(),
            tag_message: String::new(),
        };
        Ok(CommitFacts { commit, tree: tree(project, sha), changed: Changed::Unknown })
    }

    fn sources(&self, project: &Project, _: FindProject) -> Result<Box<dyn Sources>, RepositoryError> {
        let mut sources = MemorySources::new();
        for (index, text) in self.0.lock().unwrap().iter().enumerate() {
            sources.add_file(&tree(project, &sha(index + 1)), ".gitlab-ci.yml", text);
        }
        Ok(Box::new(sources))
    }

    fn keep(&self, _: &Project, _: PipelineId, _: &str) -> Result<(), RepositoryError> {
        Ok(())
    }

    fn release(&self, _: &Project, _: PipelineId) -> Result<(), RepositoryError> {
        Ok(())
    }

    fn kept(&self, _: &Project) -> Result<Vec<PipelineId>, RepositoryError> {
        Ok(Vec::new())
    }

    fn projects(&self) -> Vec<ProjectId> {
        Vec::new()
    }
}

/// All of it. Its tasks end with the test's runtime.
pub(crate) struct Rig {
    pub(crate) kernel: Kernel,
    pub(crate) files: JobFiles,
    pub(crate) address: SocketAddr,
    pub(crate) runner: Secret,
    pub(crate) project: Project,
    pub(crate) folder: tempfile::TempDir,
    commits: Arc<Commits>,
}

/// Limits that a test reaches soon.
pub(crate) fn settings() -> RunnerApi {
    RunnerApi { patience: Duration::from_secs(20), ..RunnerApi::default() }
}

impl Rig {
    pub(crate) async fn start() -> Self {
        Self::with(settings(), FileLimits::default()).await
    }

    pub(crate) async fn with(settings: RunnerApi, limits: FileLimits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = JobFiles::open(folder.path(), limits).unwrap();
        let commits = Arc::new(Commits::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let options = Options {
            data: folder.path().to_owned(),
            url: format!("http://{address}"),
            clock: Arc::new(SystemClock),
            repositories: commits.clone(),
            files: Arc::new(files.clone()),
        };
        let kernel = Kernel::open(options).await.unwrap();
        let router = runner_api::router(kernel.clone(), files.clone(), settings);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let project = kernel.create_project(NewProject::at("g/p")).await.unwrap();
        let runner = kernel.create_runner(NewRunner::instance("any")).await.unwrap().1;
        Self { kernel, files, address, runner, project, folder, commits }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Pushes a configuration to a branch of its own.
    pub(crate) async fn push(&self, text: &str) -> PipelineId {
        self.push_to(&self.project, text).await
    }

    pub(crate) async fn push_to(&self, project: &Project, text: &str) -> PipelineId {
        let sha = self.commits.add(text);
        let reference = GitRef::Branch(format!("b{sha}"));
        let new = NewPipeline::push(project.id, reference, sha, UserId::ROOT);
        match self.kernel.create_pipeline(new).await.unwrap() {
            Created::Pipeline(id) => id,
            other => panic!("{other:?}"),
        }
    }

    /// The next job, as a runner gets it.
    pub(crate) async fn take(&self) -> Job {
        let answer = self.ask("").await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        Job::from_json(&answer.body).unwrap()
    }

    /// A request for a job, with more members of its body.
    pub(crate) async fn ask(&self, more: &str) -> crate::http::Answer {
        let body = format!(
            r#"{{"info":{INFO},"token":"{}","system_id":"s_0f3a9c27b1de"{more}}}"#,
            self.runner.expose()
        );
        self.call("POST", "jobs/request", &[("Content-Type", "application/json")], body.as_bytes()).await
    }

    /// A job of one script that a runner has.
    pub(crate) async fn job(&self) -> Job {
        self.push("job: {script: [make]}").await;
        self.take().await
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> crate::http::Answer {
        crate::http::call(self.address, method, &format!("/api/v4/{path}"), headers, body).await
    }

    /// A piece of a trace.
    pub(crate) async fn patch(&self, job: &Job, start: u64, bytes: &[u8]) -> crate::http::Answer {
        let range = format!("{start}-{}", start + bytes.len().saturating_sub(1) as u64);
        let headers =
            [("JOB-TOKEN", job.token.expose()), ("Content-Range", &range), ("Content-Type", "text/plain")];
        self.call("PATCH", &format!("jobs/{}/trace?debug_trace=false", job.id), &headers, bytes).await
    }

    /// A state of a job, with more members of its body.
    pub(crate) async fn put(&self, job: &Job, state: &str, more: &str) -> crate::http::Answer {
        let body = format!(r#"{{"token":"{}","state":"{state}"{more}}}"#, job.token.expose());
        let path = format!("jobs/{}", job.id);
        self.call("PUT", &path, &[("Content-Type", "application/json")], body.as_bytes()).await
    }

    /// An artifact, in one piece.
    pub(crate) async fn upload(&self, job: &Job, query: &str, file: &[u8]) -> crate::http::Answer {
        let headers =
            [("JOB-TOKEN", job.token.expose()), ("Content-Type", "multipart/form-data; boundary=b0unda7y")];
        let path = format!("jobs/{}/artifacts?{query}", job.id);
        self.call("POST", &path, &headers, &form("d.zip", file)).await
    }

    pub(crate) async fn row(&self, job: &Job) -> JobRow {
        self.kernel.job(JobId(job.id)).await.unwrap().row
    }

    pub(crate) async fn artifacts(&self, job: &Job) -> Vec<ArtifactRow> {
        self.kernel.artifacts(JobId(job.id)).await.unwrap()
    }

    pub(crate) async fn trace(&self, job: &Job) -> Vec<u8> {
        self.files.traces().read(JobId(job.id), 0, usize::MAX).await.unwrap()
    }
}

/// The form of an upload, as gitlab-runner writes it.
pub(crate) fn form(name: &str, file: &[u8]) -> Vec<u8> {
    let head = format!(
        "--b0unda7y\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    [head.as_bytes(), file, b"\r\n--b0unda7y--\r\n"].concat()
}
