//! The work tree as jobs get it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Commits that the history in an archive has, as with GitLab's `GIT_DEPTH` for new projects.
const DEPTH: u32 = 20;

/// A snapshot of a work tree that any number of jobs gets copies of. All of it blocks.
pub(crate) trait Trees: Send + Sync {
    /// What it is, for the log of jobs: `Using a copy of …`.
    fn summary(&self) -> String;

    /// Makes a copy for one job at a place where nothing is.
    ///
    /// # Errors
    /// Why there is none, in words. Nothing of it is left then.
    fn copy(&self, project_dir: &Path) -> Result<Box<dyn Copied>, String>;

    /// Writes an archive of the files and of a `.git` with so many commits.
    ///
    /// # Errors
    /// Why it is not whole, in words.
    fn archive(&self, out: File, depth: u32) -> Result<(), String>;
}

/// A copy for one job.
pub(crate) trait Copied: Send {
    /// Removes it, whatever the job has made of it. Blocks.
    ///
    /// # Errors
    /// Why something of it stays, in words.
    fn remove(self: Box<Self>) -> Result<(), String>;
}

/// The archive of a run's sources.
pub(super) fn archive_of(run: &Path) -> PathBuf {
    run.join("sources.tar")
}

/// Makes the archive of a run's sources.
///
/// # Errors
/// Why there is none, in words.
pub(super) fn make_archive(trees: &dyn Trees, run: &Path) -> Result<PathBuf, String> {
    let path = archive_of(run);
    let cannot = |error: io::Error| format!("cannot write {}: {error}", path.display());
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(cannot)?;
    match trees.archive(file, DEPTH) {
        Ok(()) => Ok(path),
        Err(error) => {
            // A part of it is of no use.
            let _ = std::fs::remove_file(&path);
            Err(error)
        }
    }
}
