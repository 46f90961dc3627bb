//! What the kernel asks others for: repositories, files of jobs, the time.

use crate::error::RepositoryError;
use crate::model::{GitRef, Project, ProjectId};
use ci_yaml::{Changed, Commit, Sources, Tree};
use pipeline::{JobId, Moment, PipelineId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Finds a project by its full path, whatever the case. It may wait.
pub type FindProject = Arc<dyn Fn(&str) -> Option<Project> + Send + Sync>;

/// What a repository says of a commit that a pipeline is made for.
#[derive(Clone, Debug)]
pub struct CommitFacts {
    /// The commit, with what the ref was before.
    pub commit: Commit,
    /// Its tree, as the sources know it.
    pub tree: Tree,
    /// What was changed since the ref's old value; unknown for new branches, tags and all that is no push.
    pub changed: Changed,
}

/// The repositories. All of these may wait: they are called in threads for that.
pub trait Repositories: Send + Sync + 'static {
    /// Makes the bare repository of a new project. One that is there is left as it is.
    ///
    /// # Errors
    /// Where the disk refuses.
    fn create(&self, project: &Project) -> Result<(), RepositoryError>;

    /// Removes the repository of a project that is no more. One that is not there is no error.
    ///
    /// # Errors
    /// Where the disk refuses.
    fn remove(&self, project: ProjectId) -> Result<(), RepositoryError>;

    /// A branch or tag by its short or full name, with the commit it points to; a branch before a tag of the same
    /// short name. Nothing where there is none.
    ///
    /// # Errors
    /// Where the repository cannot be read.
    fn resolve(&self, project: &Project, name: &str) -> Result<Option<(GitRef, String)>, RepositoryError>;

    /// The commit that a branch or tag points to now. Nothing where it is gone.
    ///
    /// # Errors
    /// Where the repository cannot be read.
    fn head(&self, project: &Project, reference: &GitRef) -> Result<Option<String>, RepositoryError>;

    /// What there is to know of a commit. `before` is the ref's old value for a push to a ref that was there.
    ///
    /// # Errors
    /// [`RepositoryError::NotFound`] where there is no such commit.
    fn facts(
        &self,
        project: &Project,
        reference: &GitRef,
        sha: &str,
        before: Option<&str>,
    ) -> Result<CommitFacts, RepositoryError>;

    /// Files of the project, and of others that `find` knows.
    ///
    /// # Errors
    /// Where the repository cannot be read.
    fn sources(&self, project: &Project, find: FindProject) -> Result<Box<dyn Sources>, RepositoryError>;

    /// Lets `refs/pipelines/<id>` point to a commit, so that its jobs can fetch it whatever becomes of its branch.
    ///
    /// # Errors
    /// Where the commit is gone, or the disk refuses.
    fn keep(&self, project: &Project, pipeline: PipelineId, sha: &str) -> Result<(), RepositoryError>;

    /// Removes `refs/pipelines/<id>`. One that is not there is no error.
    ///
    /// # Errors
    /// Where the disk refuses.
    fn release(&self, project: &Project, pipeline: PipelineId) -> Result<(), RepositoryError>;

    /// The pipelines whose commits are kept.
    ///
    /// # Errors
    /// Where the repository cannot be read.
    fn kept(&self, project: &Project) -> Result<Vec<PipelineId>, RepositoryError>;

    /// The projects that there are repositories of.
    fn projects(&self) -> Vec<ProjectId>;
}

/// The files that jobs leave. All of these may wait.
pub trait Files: Send + Sync + 'static {
    /// A text in the archive of a job, given that archive's path below the data folder. Nothing where the archive has
    /// no such file.
    ///
    /// # Errors
    /// A message for people.
    fn text(&self, archive: &str, path: &str) -> Result<Option<String>, String>;

    /// Removes trace and artifacts of jobs that are no more, or that were erased.
    fn remove(&self, jobs: &[JobId]);

    /// Removes single files below the data folder: artifacts that expired.
    fn remove_paths(&self, paths: &[String]);

    /// Removes files that belong to nothing, as far as they are older than `before`; `known` is asked for each job.
    /// How many files there were.
    fn sweep(&self, before: SystemTime, known: &dyn Fn(JobId) -> Known) -> u64;
}

/// Which files of a job are to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// None: there is no such job.
    Nothing,
    /// Whatever there is: it goes on, or it cannot be told.
    Everything,
    /// The job is over, and left these.
    These {
        /// Whether there may be a trace.
        trace: bool,
        /// Paths of artifacts, below the data folder.
        artifacts: BTreeSet<String>,
    },
}

/// No files at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn text(&self, _: &str, _: &str) -> Result<Option<String>, String> {
        Ok(None)
    }

    fn remove(&self, _: &[JobId]) {}

    fn remove_paths(&self, _: &[String]) {}

    fn sweep(&self, _: SystemTime, _: &dyn Fn(JobId) -> Known) -> u64 {
        0
    }
}

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Moment;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}
