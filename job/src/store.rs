//! Artifacts of jobs, kept in a folder of this machine.

mod draft;
mod keep;
mod kept;
mod kind;

pub(crate) use draft::Draft;
pub(crate) use keep::Keep;
pub use kept::Kept;
pub(crate) use kind::Kind;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A folder with the artifacts of the jobs of one run: `<folder>/<job's id>/<type>/<file>`, with `archive` for an
/// artifact without a type. Jobs find there what those they depend on have left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    folder: PathBuf,
    is_passing: bool,
}

impl Store {
    /// The store in a folder, which is made when something is kept.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), is_passing: false }
    }

    /// A store of which each archive is needed once: what was brought to a worker.
    pub(crate) fn passing(folder: PathBuf) -> Self {
        Self { folder, is_passing: true }
    }

    /// Whether archives may go once they were unpacked.
    pub(crate) fn is_passing(&self) -> bool {
        self.is_passing
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a job has left, sorted by type and name.
    ///
    /// # Errors
    /// The folder cannot be read. That there is none is no error.
    pub fn kept(&self, job: i64) -> io::Result<Vec<Kept>> {
        kept::all(&self.of_job(job))
    }

    /// Opens the archives that a job has left for others, by their names.
    ///
    /// # Errors
    /// What is there cannot be opened.
    pub(crate) fn archives(&self, job: i64) -> io::Result<Vec<(String, File)>> {
        kept::open(&self.of_job(job), &Kind::archive())
    }

    /// Where an archive of a job lies, below the folder.
    pub(crate) fn place(job: i64, name: &str) -> PathBuf {
        Path::new(&job.to_string()).join(Kind::archive().as_str()).join(name)
    }

    /// Removes what a job has left.
    ///
    /// # Errors
    /// It cannot be removed. That there is nothing is no error.
    pub(crate) fn forget(&self, job: i64) -> io::Result<()> {
        match std::fs::remove_dir_all(self.of_job(job)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn of_job(&self, job: i64) -> PathBuf {
        self.folder.join(job.to_string())
    }
}
