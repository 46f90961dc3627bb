//! Repositories, a server for them, and a rig that runs one stage after another.

mod executor;
mod http;
mod origin;

pub(super) use executor::Recorder;
pub(super) use http::Server;
pub(super) use origin::Origin;

use crate::variables::testing::order;
use crate::variables::{Flags, JobView, Options, Variables};
use crate::{Order, StageError, git};
use ::executor::{CancellationToken, Executor, Exit, Output, Stream, Workspace};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The token of the job, which must not turn up where it does not belong.
pub(super) const TOKEN: &str = "glcbt-64_secret0token";

/// Keeps what a stage says.
#[derive(Default)]
pub(super) struct Log(Mutex<Vec<(Stream, Vec<u8>)>>);

impl Output for Log {
    fn write(&self, stream: Stream, bytes: &[u8]) {
        self.0.lock().unwrap().push((stream, bytes.to_vec()));
    }
}

impl Log {
    pub(super) fn text(&self, wanted: Stream) -> String {
        let parts = self.0.lock().unwrap();
        let bytes: Vec<u8> =
            parts.iter().filter(|(s, _)| *s == wanted).flat_map(|(_, b)| b.clone()).collect();
        String::from_utf8(bytes)
            .unwrap()
            .replace("\x1b[32;1m", "")
            .replace("\x1b[0;33m", "!")
            .replace("\x1b[0;m", "")
    }
}

/// What a stage came to.
pub(super) struct Outcome {
    pub(super) result: Result<(), StageError>,
    /// Standard output without colours; warnings begin with `!`.
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// The command lines of git, each as its words.
    pub(super) git: Vec<Vec<String>>,
}

impl Outcome {
    pub(super) fn ok(self) -> Self {
        assert!(self.result.is_ok(), "{:?}\n{}{}", self.result, self.stdout, self.stderr);
        self
    }

    pub(super) fn exit(&self) -> Exit {
        match &self.result {
            Err(StageError::Exit(exit)) => *exit,
            other => panic!("{other:?} {}{}", self.stdout, self.stderr),
        }
    }

    /// The lines without the empty one that stands where git-lfs is installed.
    pub(super) fn lines(&self) -> Vec<&str> {
        self.stdout.lines().filter(|line| !line.is_empty()).collect()
    }
}

/// A runner's directories and one job, whose settings tests change between stages.
pub(super) struct Rig {
    pub(super) root: tempfile::TempDir,
    pub(super) order: Order,
    pub(super) variables: Vec<(String, String)>,
    pub(super) executor: Recorder,
    /// Ends what runs.
    pub(super) stop: CancellationToken,
}

impl Rig {
    /// A job for the newest commit of a repository's branch `main`.
    pub(super) fn new(url: &str, origin: &Origin) -> Self {
        let root = tempfile::tempdir().unwrap();
        let home = root.path().join("home");
        std::fs::create_dir(&home).unwrap();
        let mut order = order(&[]);
        order.url = "http://gitlab.invalid".to_owned();
        order.payload.token = TOKEN.into();
        order.payload.job_info.project_id = 42;
        let info = &mut order.payload.git_info;
        info.repo_url = url.into();
        info.reference = "main".to_owned();
        info.sha = origin.head();
        info.depth = 20;
        info.refspecs = vec!["+refs/heads/main:refs/remotes/origin/main".to_owned()];
        order.settings.builds_dir = root.path().join("builds");
        order.settings.cache_dir = root.path().join("cache");
        let executor = Recorder::new(&home);
        let variables = vec![("CI_JOB_TOKEN".to_owned(), TOKEN.to_owned())];
        Self { root, order, variables, executor, stop: CancellationToken::new() }
    }

    /// Sets a variable of the job.
    pub(super) fn set(&mut self, key: &str, value: &str) {
        self.variables.retain(|(k, _)| k != key);
        self.variables.push((key.to_owned(), value.to_owned()));
    }

    pub(super) fn workspace(&self) -> Workspace {
        let (_, _, _, workspace) = self.resolve();
        workspace
    }

    pub(super) fn project(&self) -> PathBuf {
        self.workspace().project_dir
    }

    pub(super) fn write(&self, name: &str, content: &str) {
        let path = self.project().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(super) fn read(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.project().join(name)).ok()
    }

    /// What git says in the project, as a script of the job would hear it.
    pub(super) fn git(&self, args: &[&str]) -> String {
        let mut command = std::process::Command::new("git");
        command.env_clear().envs(self.executor.helper_environment()).current_dir(self.project()).args(args);
        let output = command.env("CI_JOB_TOKEN", TOKEN).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    fn resolve(&self) -> (Order, Flags, Variables, Workspace) {
        let mut order = self.order.clone();
        let public = self.variables.iter().map(|(k, v)| protocol::Variable::public(k.clone(), v.clone()));
        order.payload.variables = public.collect();
        let flags = Flags::resolve(&order);
        let variables = Variables::build(&order, &flags, None);
        let workspace = git::plan_workspace(&order, &Options::read(&order, &variables)).unwrap();
        let variables = Variables::build(&order, &flags, Some(&workspace));
        (order, flags, variables, workspace)
    }

    pub(super) async fn get_sources(&mut self) -> Outcome {
        self.stage(async |view, executor, output, stop| git::get_sources(view, executor, output, stop).await)
            .await
    }

    pub(super) async fn clear_worktree(&mut self) -> Outcome {
        self.stage(async |view, executor, output, stop| {
            git::clear_worktree(view, executor, output, stop).await
        })
        .await
    }

    pub(super) async fn clean_up(&mut self) -> Outcome {
        self.stage(async |view, executor, output, stop| git::clean_up(view, executor, output, stop).await)
            .await
    }

    async fn stage(
        &mut self,
        run: impl AsyncFnOnce(
            JobView<'_>,
            &mut Recorder,
            Arc<dyn Output>,
            &CancellationToken,
        ) -> Result<(), StageError>,
    ) -> Outcome {
        let (order, flags, variables, workspace) = self.resolve();
        let options = Options::read(&order, &variables);
        let view = JobView {
            order: &order,
            flags: &flags,
            options: &options,
            variables: &variables,
            workspace: &workspace,
        };
        let log = Arc::new(Log::default());
        self.executor.calls.clear();
        let stop = self.stop.clone();
        let result = run(view, &mut self.executor, Arc::clone(&log) as Arc<dyn Output>, &stop).await;
        Outcome {
            result,
            stdout: log.text(Stream::Stdout),
            stderr: log.text(Stream::Stderr),
            git: std::mem::take(&mut self.executor.calls),
        }
    }
}

/// All files below a directory that contain a text.
pub(super) fn files_with(directory: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    super::super::tree::walk(directory, 0, &mut |entry, kind| {
        if kind.is_file() && memchr::memmem::find(&std::fs::read(entry.path())?, text.as_bytes()).is_some() {
            found.push(entry.path());
        }
        Ok(())
    })
    .unwrap();
    found
}
