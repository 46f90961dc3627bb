//! What may go wrong, with data for the caller to say it.

use rustix::io::Errno;
use std::io;
use std::path::{Path, PathBuf};

/// A folder of the store, or a copy, could not be made or removed.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// No space or quota is left. Nothing half-done is left behind.
    #[error("no space left to copy the work tree to {}", path.display())]
    Full {
        /// What was being written.
        path: PathBuf,
    },
    /// Something is where the copy was to be.
    #[error("{} exists already", path.display())]
    Exists {
        /// The place.
        path: PathBuf,
    },
    /// A system call failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// What it was called with.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The caller's flag was set.
    #[error("canceled")]
    Canceled,
}

impl CopyError {
    pub(crate) fn at(path: &Path, error: impl Into<io::Error>) -> Self {
        let source = error.into();
        match source.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::NOSPC | Errno::DQUOT) => Self::Full { path: path.to_owned() },
            _ => Self::Io { path: path.to_owned(), source },
        }
    }
}

/// A snapshot could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Neither the folder nor one above it is a git repository.
    #[error("{} is not in a git repository", path.display())]
    NotARepository {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A repository without a work tree.
    #[error("{} is a bare repository: it has no work tree", path.display())]
    Bare {
        /// The repository.
        path: PathBuf,
    },
    /// A `.git` file, or what it points to, is not as git makes it.
    #[error("{} does not lead to a git repository", path.display())]
    BrokenGitFile {
        /// The file.
        path: PathBuf,
    },
    /// Git could not be started.
    #[error("git cannot be run: {0}")]
    NoGit(#[source] io::Error),
    /// Git said no.
    #[error("git {call} failed: {message}")]
    Git {
        /// Its subcommand.
        call: &'static str,
        /// The end of what it wrote to its standard error.
        message: String,
    },
    /// A file of the checkout cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The store could not be written.
    #[error(transparent)]
    Store(#[from] CopyError),
}

/// An archive could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Git failed, or a file could not be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// It could not be written.
    #[error(transparent)]
    Write(#[from] CopyError),
}

/// A change of the checkout cannot be noticed.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The list of what to watch could not be had.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The kernel watches no more folders for this user (`fs.inotify.max_user_watches`).
    #[error("too many folders to watch")]
    TooMany,
    /// A system call failed.
    #[error("cannot watch: {0}")]
    Io(#[source] io::Error),
}
