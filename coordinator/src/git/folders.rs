//! Where repositories are, how they are made, changed and removed.

use super::maintenance::Maintenance;
use super::{AllowedWeb, Limits, Web};
use crate::error::RepositoryError;
use crate::model::ProjectId;
use gitread::Repository;
use pipeline::PipelineId;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The settings of every repository. Nobody but the coordinator writes there.
const CONFIG: &str = "\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
\thooksPath = /dev/null
\tlogAllRefUpdates = false
\tbigFileThreshold = 32m
\tprotectHFS = true
\tprotectNTFS = true
[transfer]
\tfsckObjects = true
\tadvertiseSID = false
[fetch]
\tfsckObjects = true
[fsck]
\tbadTimezone = ignore
\tmissingSpaceBeforeDate = ignore
\tzeroPaddedFilemode = ignore
[receive]
\tfsckObjects = true
\tadvertisePushOptions = true
\tautogc = false
\tdenyDeleteCurrent = refuse
\tupdateServerInfo = false
\tunpackLimit = 200
[receive \"fsck\"]
\tbadTimezone = ignore
\tmissingSpaceBeforeDate = ignore
\tzeroPaddedFilemode = ignore
[uploadpack]
\tallowAnySHA1InWant = true
\tallowFilter = true
[pack]
\twindowMemory = 64m
\tdeltaCacheSize = 64m
[gc]
\tauto = 2000
\tautoDetach = false
\tautoPackLimit = 30
\twriteCommitGraph = true
";

/// The repositories of a data folder. Cheap to clone.
#[derive(Clone)]
pub struct Git {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    root: PathBuf,
    pub(super) limits: Limits,
    pub(super) web: Box<dyn Web>,
    pub(super) turns: Arc<Semaphore>,
    /// The part of them that is for clients without a name: they must not keep out all others.
    pub(super) strangers: Arc<Semaphore>,
    pub(super) maintenance: Maintenance,
}

impl std::fmt::Debug for Git {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Git").field("root", &self.inner.root).finish_non_exhaustive()
    }
}

impl Git {
    /// The repositories of this data folder. Nothing is fetched from the web for their configurations.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn open(data: &Path, limits: Limits) -> io::Result<Self> {
        Self::with_web(data, limits, Box::new(AllowedWeb::default()))
    }

    /// The repositories of this data folder; `web` is asked for what configurations include from elsewhere.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn with_web(data: &Path, limits: Limits, web: Box<dyn Web>) -> io::Result<Self> {
        let root = data.canonicalize()?.join("repositories");
        match DirBuilder::new().mode(0o700).create(&root) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let turns = Arc::new(Semaphore::new(limits.processes.max(1)));
        let strangers = Arc::new(Semaphore::new((limits.processes / 4).max(1)));
        let maintenance = Maintenance::default();
        let git = Self { inner: Arc::new(Inner { root, limits, web, turns, strangers, maintenance }) };
        git.sweep();
        Ok(git)
    }

    /// Where the repository of a project is.
    pub fn folder(&self, project: ProjectId) -> PathBuf {
        self.inner.root.join(format!("{project}.git"))
    }

    /// All repositories that there are.
    pub(super) fn repositories(&self) -> Vec<(ProjectId, PathBuf)> {
        let Ok(entries) = fs::read_dir(&self.inner.root) else { return Vec::new() };
        let id = |entry: &fs::DirEntry| entry.file_name().to_str()?.strip_suffix(".git")?.parse().ok();
        entries.flatten().filter_map(|entry| Some((ProjectId(id(&entry)?), entry.path()))).collect()
    }

    /// The repository of a project, to be read; nothing where there is none. All of its answers are waited for: use it
    /// in a thread for that.
    pub fn repository(&self, project: ProjectId) -> Option<Repository> {
        Repository::open_isolated(&self.folder(project))
    }

    /// Waits until no client is served any more. Clients that come meanwhile wait.
    pub async fn settled(&self) {
        let all = u32::try_from(self.inner.limits.processes.max(1)).unwrap_or(u32::MAX);
        drop(self.inner.turns.acquire_many(all).await);
    }

    /// Makes the repository of a project. One that is there is left as it is.
    pub(super) fn make(&self, project: ProjectId, branch: &str) -> Result<(), RepositoryError> {
        let folder = self.folder(project);
        if folder.join("HEAD").is_file() {
            return Ok(());
        }
        // Whole or not at all, even if the power fails: it gets its name when it is complete.
        let new = tempfile::Builder::new().prefix(".new-").tempdir_in(&self.inner.root).map_err(failed)?;
        let at = new.path().join("repository");
        fs::create_dir(&at).map_err(failed)?;
        run(gitread::isolated(&at).args(["init", "--quiet", "--bare", "--template=", "."]))?;
        fs::write(at.join("config"), CONFIG).map_err(failed)?;
        point_head(&at, branch)?;
        match fs::rename(&at, &folder) {
            Err(_) if folder.join("HEAD").is_file() => Ok(()),
            other => other.map_err(failed),
        }
    }

    /// Removes the repository of a project. Nobody finds it any more from the beginning on.
    pub(super) fn unmake(&self, project: ProjectId) -> Result<(), RepositoryError> {
        let old = tempfile::Builder::new().prefix(".old-").tempdir_in(&self.inner.root).map_err(failed)?;
        self.inner.maintenance.forget(project);
        match fs::rename(self.folder(project), old.path().join("repository")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed(error)),
            Ok(()) => old.close().map_err(failed),
        }
    }

    /// Lets `HEAD` point to a branch, which need not be there. This is what clones check out.
    ///
    /// # Errors
    /// Where it is no name for a branch, or the disk refuses.
    pub fn set_default_branch(&self, project: ProjectId, branch: &str) -> Result<(), RepositoryError> {
        let folder = self.folder(project);
        let now = fs::read_to_string(folder.join("HEAD")).map_err(failed)?;
        if now.trim_end() == format!("ref: refs/heads/{branch}") {
            return Ok(());
        }
        point_head(&folder, branch)
    }

    /// Lets a ref point to an object, or removes it.
    pub(super) fn set_ref(
        &self,
        project: ProjectId,
        name: &str,
        to: Option<&str>,
    ) -> Result<(), RepositoryError> {
        let folder = self.folder(project);
        if !folder.is_dir() {
            return if to.is_none() { Ok(()) } else { Err(RepositoryError::NotFound) };
        }
        let mut command = gitread::isolated(&folder);
        match to {
            Some(sha) if is_id(sha) => command.args(["update-ref", "--end-of-options", name, sha]),
            Some(_) => return Err(RepositoryError::NotFound),
            None => command.args(["update-ref", "-d", "--end-of-options", name]),
        };
        run(&mut command)
    }

    /// The pipelines whose commits are kept by refs.
    pub(super) fn pipeline_refs(&self, project: ProjectId) -> Result<Vec<PipelineId>, RepositoryError> {
        let folder = self.folder(project);
        if !folder.is_dir() {
            return Err(RepositoryError::NotFound);
        }
        let packed = fs::read(folder.join("packed-refs")).unwrap_or_default();
        // No process for repositories without any.
        if !folder.join(PIPELINES).is_dir() && !String::from_utf8_lossy(&packed).contains(PIPELINES) {
            return Ok(Vec::new());
        }
        let mut command = gitread::isolated(&folder);
        let output =
            command.args(["for-each-ref", "--format=%(refname)", PIPELINES]).output().map_err(failed)?;
        if !output.status.success() {
            return Err(RepositoryError::Failed("the refs cannot be read".into()));
        }
        let names = String::from_utf8_lossy(&output.stdout);
        let id = |name: &str| name.strip_prefix(PIPELINES)?.parse().ok().map(PipelineId);
        Ok(names.lines().filter_map(id).collect())
    }

    /// Removes what a coordinator left that was killed while it made or removed repositories.
    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.inner.root) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(".new-") || name.starts_with(".old-") {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

/// Where the refs are that keep commits of pipelines.
const PIPELINES: &str = "refs/pipelines/";

/// The ref that keeps the commit of a pipeline.
pub(super) fn pipeline_ref(pipeline: PipelineId) -> String {
    format!("{PIPELINES}{pipeline}")
}

/// Whether it is the full id of an object.
pub(super) fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

pub(super) fn failed(error: io::Error) -> RepositoryError {
    RepositoryError::Failed(error.to_string())
}

fn point_head(folder: &Path, branch: &str) -> Result<(), RepositoryError> {
    let name = format!("refs/heads/{branch}");
    if !gitread::is_ref_name(&name) {
        return Err(RepositoryError::Failed(format!("`{branch}` is no name for a branch")));
    }
    run(gitread::isolated(folder).args(["symbolic-ref", "HEAD", &name]))
}

/// Runs git for something quick.
fn run(command: &mut Command) -> Result<(), RepositoryError> {
    let output = command.output().map_err(failed)?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let line = words.lines().next().unwrap_or("git gave no reason");
    Err(RepositoryError::Failed(line.trim_start_matches("fatal: ").to_owned()))
}
