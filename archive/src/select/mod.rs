//! Which files go into an artifact or a cache.
//!
//! Takes paths and exclude rules as a job gives them, variables already expanded, and walks the project directory once
//! for each path. Counts and words are GitLab Runner's, so its users find the lines they know.

mod exclude;
mod note;
mod walk;

use std::path::Path;
use std::sync::atomic::AtomicBool;

pub use note::{Note, NoteLevel};

use crate::entry::Entry;
use crate::tree::Tree;
use walk::Walk;

/// What to select.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The project directory, absolute; appears in messages as given.
    pub project: &'a Path,
    /// Paths and patterns, expanded, relative to the project directory or absolute.
    pub paths: &'a [String],
    /// Exclude rules, expanded.
    pub exclude: &'a [String],
    /// If untracked files are wanted: the paths `git ls-files -o -z` printed in the project directory, or why it did not.
    pub untracked: Option<Result<Vec<Vec<u8>>, String>>,
    /// Set to give up early.
    pub cancel: &'a AtomicBool,
}

/// What was selected.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// The entries, sorted by path, each once.
    pub entries: Vec<Entry>,
    /// What to tell, in order.
    pub notes: Vec<Note>,
}

/// Why nothing could be selected.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// The project directory cannot be opened.
    #[error("cannot open the project directory {}", path.display())]
    Project {
        /// The directory.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// `cancel` was set.
    #[error("canceled")]
    Canceled,
}

/// Selects files.
///
/// Never an error: paths that match nothing, are outside the project or cannot be read; there are notes for those.
///
/// # Errors
/// If the project directory cannot be opened, or on cancel.
pub fn select(request: &Request<'_>) -> Result<Selection, SelectError> {
    let tree = Tree::open(request.project)
        .map_err(|source| SelectError::Project { path: request.project.to_path_buf(), source })?;
    let mut walk = Walk::new(&tree, request);
    for path in request.paths {
        walk.path(path)?;
    }
    match &request.untracked {
        None => {}
        Some(Ok(paths)) => walk.untracked(paths)?,
        Some(Err(reason)) => walk.note(Note::UntrackedFailed { reason: reason.clone() }),
    }
    Ok(walk.finish())
}

impl Selection {
    /// Adds one more path of the project, such as a file made after the selection; an entry of that path is replaced.
    ///
    /// # Errors
    /// If there is nothing at the path that an archive can hold.
    pub fn add(&mut self, project: &Path, path: &Path) -> Result<(), std::io::Error> {
        use std::os::unix::ffi::OsStrExt;
        let wrong = |kind| std::io::Error::from(kind);
        let path = crate::paths::inside(project, path.as_os_str().as_bytes())
            .ok_or_else(|| wrong(std::io::ErrorKind::InvalidInput))?;
        let stat = Tree::open(project)?.walker().stat(&path).map_err(std::io::Error::other)?;
        let entry = Entry::new(&path, &stat).ok_or_else(|| wrong(std::io::ErrorKind::Unsupported))?;
        match self.entries.binary_search_by(|other| other.path.cmp(&entry.path)) {
            Ok(place) => self.entries[place] = entry,
            Err(place) => self.entries.insert(place, entry),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
