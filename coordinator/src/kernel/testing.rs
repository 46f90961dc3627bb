//! What tests are made of: a repository in memory, a clock that is set, runners and projects.

use super::{
    Clock, CommitFacts, Created, FindProject, Handout, JobAnswer, JobWord, Kernel, Machine, NewPipeline,
    NoFiles, Options, Repositories,
};
use crate::error::RepositoryError;
use crate::model::{
    AccessLevel, GitRef, JobRow, NewProject, NewRunner, Project, ProjectId, Runner, RunnerId, RunnerKind,
    UserId,
};
use ci_yaml::{Changed, Commit, MemorySources, Sources, Tree};
use pipeline::{JobId, Moment, PipelineId, Status};
use protocol::Secret;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) fn project(id: i64) -> Project {
    Project {
        id: ProjectId(id),
        path: format!("g/p{id}"),
        name: format!("p{id}"),
        description: String::new(),
        default_branch: "main".into(),
        visibility: "private".into(),
        config_path: ".gitlab-ci.yml".into(),
        timeout: 3600,
        git_depth: 20,
        git_fetch: true,
        auto_cancel: true,
        builds_enabled: true,
        instance_runners: true,
        keep_latest_artifacts: true,
        separate_caches: true,
        cache_index: 0,
        protected_branches: vec!["main".into()],
        protected_tags: Vec::new(),
        user: UserId::ROOT,
        created_at: Moment(0),
    }
}

pub(crate) fn runner(id: i64) -> Runner {
    Runner {
        id: RunnerId(id),
        kind: RunnerKind::InstanceType,
        projects: Vec::new(),
        description: format!("runner {id}"),
        tags: Vec::new(),
        run_untagged: true,
        access_level: AccessLevel::NotProtected,
        locked: false,
        paused: false,
        maximum_timeout: None,
        maintenance_note: String::new(),
        short_token: String::new(),
        token_expires_at: None,
        registered: false,
        user: UserId::ROOT,
        created_at: Moment(0),
    }
}

/// Commits by their ids, each with one configuration.
#[derive(Default)]
pub(crate) struct FakeRepositories {
    texts: Mutex<HashMap<String, (String, String)>>,
    pub(crate) heads: Mutex<HashMap<String, String>>,
    pub(crate) kept: Mutex<BTreeSet<PipelineId>>,
}

impl FakeRepositories {
    /// A commit whose tree has this configuration.
    pub(crate) fn commit(&self, sha: &str, message: &str, text: &str) {
        self.texts.lock().unwrap().insert(sha.into(), (message.into(), text.into()));
    }
}

fn tree(project: &Project, sha: &str) -> Tree {
    Tree { project: project.path.as_str().into(), revision: sha.into() }
}

impl Repositories for FakeRepositories {
    fn create(&self, _: &Project) -> Result<(), RepositoryError> {
        Ok(())
    }

    fn remove(&self, _: ProjectId) -> Result<(), RepositoryError> {
        Ok(())
    }

    fn resolve(&self, _: &Project, name: &str) -> Result<Option<(GitRef, String)>, RepositoryError> {
        let found = self.heads.lock().unwrap().get(name).cloned();
        Ok(found.map(|sha| (GitRef::Branch(name.into()), sha)))
    }

    fn head(&self, _: &Project, of: &GitRef) -> Result<Option<String>, RepositoryError> {
        Ok(self.heads.lock().unwrap().get(of.name()).cloned())
    }

    fn facts(
        &self,
        project: &Project,
        _: &GitRef,
        sha: &str,
        before: Option<&str>,
    ) -> Result<CommitFacts, RepositoryError> {
        let texts = self.texts.lock().unwrap();
        let (message, _) = texts.get(sha).ok_or(RepositoryError::NotFound)?;
        let commit = Commit {
            sha: sha.into(),
            before_sha: before.unwrap_or("0000000000000000000000000000000000000000").into(),
            message: message.clone(),
            author: "Ada <ada@example.com>".into(),
            timestamp: "2026-01-01T00:00:00Z".into(),
            tag_message: String::new(),
        };
        Ok(CommitFacts { commit, tree: tree(project, sha), changed: Changed::Unknown })
    }

    fn sources(&self, project: &Project, _: FindProject) -> Result<Box<dyn Sources>, RepositoryError> {
        let mut sources = MemorySources::new();
        for (sha, (_, text)) in &*self.texts.lock().unwrap() {
            if !text.is_empty() {
                sources.add_file(&tree(project, sha), ".gitlab-ci.yml", text);
            }
        }
        Ok(Box::new(sources))
    }

    fn keep(&self, _: &Project, pipeline: PipelineId, _: &str) -> Result<(), RepositoryError> {
        self.kept.lock().unwrap().insert(pipeline);
        Ok(())
    }

    fn release(&self, _: &Project, pipeline: PipelineId) -> Result<(), RepositoryError> {
        self.kept.lock().unwrap().remove(&pipeline);
        Ok(())
    }

    fn kept(&self, _: &Project) -> Result<Vec<PipelineId>, RepositoryError> {
        Ok(self.kept.lock().unwrap().iter().copied().collect())
    }

    fn projects(&self) -> Vec<ProjectId> {
        Vec::new()
    }
}

/// A clock that is set.
#[derive(Default)]
pub(crate) struct SetClock(AtomicU64);

impl SetClock {
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Moment {
        Moment(1_795_248_000_000 + self.0.load(Ordering::SeqCst))
    }
}

/// A kernel over a temporary folder.
pub(crate) struct Bench {
    pub(crate) kernel: Kernel,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) repositories: Arc<FakeRepositories>,
    pub(crate) project: Project,
    pub(crate) folder: Arc<tempfile::TempDir>,
    pushes: AtomicU64,
}

pub(crate) async fn open(
    folder: &Path,
    clock: &Arc<SetClock>,
    repositories: &Arc<FakeRepositories>,
) -> Kernel {
    let options = Options {
        data: folder.to_owned(),
        url: "http://127.0.0.1:8000".into(),
        clock: clock.clone(),
        repositories: repositories.clone(),
        files: Arc::new(NoFiles),
    };
    Kernel::open(options).await.unwrap()
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let (clock, repositories) = (Arc::new(SetClock::default()), Arc::new(FakeRepositories::default()));
        let kernel = open(folder.path(), &clock, &repositories).await;
        let project = kernel.create_project(NewProject::at("g/p")).await.unwrap();
        Self { kernel, clock, repositories, project, folder, pushes: AtomicU64::new(0) }
    }

    /// The same data after the process was gone without a word.
    pub(crate) async fn reopen(&mut self) {
        // What it still meant to do beside would otherwise be done by two.
        self.kernel.inner.store.close().await;
        self.kernel = open(self.folder.path(), &self.clock, &self.repositories).await;
    }

    /// Pushes a configuration to `main`.
    pub(crate) async fn try_push(&self, text: &str) -> Created {
        self.push_to(&GitRef::Branch("main".into()), "commit", text).await
    }

    pub(crate) async fn push_to(&self, reference: &GitRef, message: &str, text: &str) -> Created {
        let sha = format!("{:040x}", 1 + self.pushes.fetch_add(1, Ordering::SeqCst));
        self.repositories.commit(&sha, message, text);
        self.repositories.heads.lock().unwrap().insert(reference.name().into(), sha.clone());
        let new = NewPipeline::push(self.project.id, reference.clone(), sha, UserId::ROOT);
        self.kernel.create_pipeline(new).await.unwrap()
    }

    pub(crate) async fn push(&self, text: &str) -> PipelineId {
        match self.try_push(text).await {
            Created::Pipeline(id) => id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn runner(&self) -> Secret {
        self.kernel.create_runner(NewRunner::instance("any")).await.unwrap().1
    }

    pub(crate) async fn ask(&self, token: &Secret) -> Handout {
        self.kernel.request_job(token, machine(), None, Duration::ZERO).await.unwrap()
    }

    /// The job that a runner gets.
    pub(crate) async fn take(&self, token: &Secret) -> protocol::Job {
        match self.ask(token).await {
            Handout::Job(job) => *job,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn say(&self, job: &protocol::Job, word: JobWord) -> JobAnswer {
        self.kernel.job_update(JobId(job.id), &job.token, word).await.unwrap()
    }

    /// Takes the next job and lets it succeed.
    pub(crate) async fn succeed(&self, token: &Secret) -> protocol::Job {
        let job = self.take(token).await;
        self.say(&job, JobWord::Success).await;
        job
    }

    pub(crate) async fn rows(&self, id: PipelineId) -> Vec<JobRow> {
        self.kernel.pipeline(id).await.unwrap().jobs
    }

    /// The latest attempt of a job.
    pub(crate) async fn named(&self, id: PipelineId, name: &str) -> JobRow {
        let found = self.rows(id).await.into_iter().find(|row| row.name == name && !row.retried);
        found.unwrap_or_else(|| panic!("no job {name}"))
    }

    pub(crate) async fn status(&self, id: PipelineId) -> Status {
        self.kernel.pipeline(id).await.unwrap().row.status
    }

    /// Waits until a pipeline has a status that comes by itself.
    pub(crate) async fn until(&self, id: PipelineId, status: Status) {
        let mut watcher = self.kernel.watch(super::Topic::Pipeline(id));
        let reached = async {
            while self.status(id).await != status {
                assert!(watcher.changed().await);
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reached).await.unwrap();
    }
}

/// A machine that can do what a real runner can.
pub(crate) fn machine() -> Machine {
    let features = protocol::Features::of_client().with_shell().with_shell_executor();
    Machine {
        system_id: "s_1".into(),
        info: protocol::Info { name: "runner".into(), features, ..protocol::Info::default() },
        ip_address: None,
        base: None,
    }
}
