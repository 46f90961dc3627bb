//! The work tree as jobs get it.

use super::homes::Homes;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use worktree::Submodules;

/// Commits that the history in an archive has, as with GitLab's `GIT_DEPTH` for new projects.
const DEPTH: u32 = 20;

/// Digits of a commit that people are shown.
const SHOWN: usize = 8;

/// A snapshot of a work tree that any number of jobs gets copies of. All of it blocks.
pub(crate) trait Trees: Send + Sync {
    /// What it is, for the log of jobs: `Using a copy of …`.
    fn summary(&self) -> String;

    /// Submodules that a copy with these should have, and that are not checked out.
    fn missing(&self, submodules: Submodules) -> Vec<PathBuf>;

    /// Makes a copy for one job at a place where nothing is.
    ///
    /// # Errors
    /// Why there is none, in words. Nothing of it is left then.
    fn copy(&self, project_dir: &Path, submodules: Submodules) -> Result<Box<dyn Copied>, String>;

    /// Writes an archive of the files and of a `.git` with so many commits.
    ///
    /// # Errors
    /// Why it is not whole, in words.
    fn archive(&self, out: File, depth: u32, submodules: Submodules) -> Result<(), String>;
}

/// A copy for one job.
pub(crate) trait Copied: Send {
    /// Removes it, whatever the job has made of it. Blocks.
    ///
    /// # Errors
    /// Why something of it stays, in words.
    fn remove(self: Box<Self>) -> Result<(), String>;
}

impl Trees for worktree::Snapshot {
    fn summary(&self) -> String {
        let commit = self.commit().and_then(|commit| commit.get(..SHOWN));
        let at = commit.map_or_else(|| "without a commit".to_owned(), |commit| format!("at {commit}"));
        let files = self.files();
        let word = if files == 1 { "file" } else { "files" };
        format!("Using a copy of the work tree {at}: {files} {word}")
    }

    fn missing(&self, submodules: Submodules) -> Vec<PathBuf> {
        Self::missing(self, submodules).into_iter().map(Path::to_owned).collect()
    }

    fn copy(&self, project_dir: &Path, submodules: Submodules) -> Result<Box<dyn Copied>, String> {
        let place = worktree::Place { submodules, ..worktree::Place::new(project_dir) };
        let tree = Self::copy(self, &place).map_err(|error| error.to_string())?;
        Ok(Box::new(tree))
    }

    fn archive(&self, out: File, depth: u32, submodules: Submodules) -> Result<(), String> {
        let mut out = out;
        let options = worktree::ArchiveOptions { depth, include_git: true, submodules };
        Self::archive(self, &mut out, &options).map_err(|error| error.to_string())
    }
}

impl Copied for worktree::Tree {
    fn remove(self: Box<Self>) -> Result<(), String> {
        self.recycle().map_err(|error| error.to_string())
    }
}

/// Removes copies that killed runs have left. Only one at a time may do so: a place that one has cleared may be another
/// job's the moment after. Blocks.
///
/// # Errors
/// Something of them stays.
pub(super) fn sweep(homes: &Homes) -> Result<(), String> {
    let runs = homes.runs();
    let _gate =
        super::runs::gate(&runs).map_err(|error| format!("cannot lock {}: {error}", runs.display()))?;
    worktree::sweep(&homes.trees()).map(drop).map_err(|error| error.to_string())
}

/// The archives of a run's sources that there may be.
pub(super) fn archives_of(run: &Path) -> [PathBuf; 3] {
    [Submodules::None, Submodules::Normal, Submodules::Recursive]
        .map(|submodules| archive_of(run, submodules))
}

fn archive_of(run: &Path, submodules: Submodules) -> PathBuf {
    run.join(match submodules {
        Submodules::None => "sources.tar",
        Submodules::Normal => "sources-with-submodules.tar",
        Submodules::Recursive => "sources-with-all-submodules.tar",
    })
}

/// Makes an archive of a run's sources.
///
/// # Errors
/// Why there is none, in words.
pub(super) fn make_archive(trees: &dyn Trees, run: &Path, submodules: Submodules) -> Result<PathBuf, String> {
    let path = archive_of(run, submodules);
    let cannot = |error: io::Error| format!("cannot write {}: {error}", path.display());
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(cannot)?;
    match trees.archive(file, DEPTH, submodules) {
        Ok(()) => Ok(path),
        Err(error) => {
            // A part of it is of no use.
            let _ = std::fs::remove_file(&path);
            Err(error)
        }
    }
}
