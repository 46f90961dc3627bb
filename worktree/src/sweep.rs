//! Removes what runs left that ended without doing so.

use crate::error::CopyError;
use crate::store::{lock, try_lock};
use crate::{mounts, removal};
use rustix::fs::FlockOperation;
use std::path::{Path, PathBuf};

/// Unmounts and removes what stores below this root left whose processes are gone, wherever their trees were. Blocks.
/// Gives how many there were.
///
/// # Errors
///
/// Names the first thing that could not be removed; all else is.
pub fn sweep(root: &Path) -> Result<usize, CopyError> {
    let Ok(root) = std::fs::canonicalize(root) else { return Ok(0) };
    let dead = {
        let _guard = lock(&root.join("lock"), FlockOperation::LockExclusive)?;
        children(&root.join("runs")).into_iter().filter(|run| is_dead(run)).collect::<Vec<_>>()
    };
    let results: Vec<_> = dead.iter().map(|run| bury(run)).collect();
    let count = results.len();
    results.into_iter().collect::<Result<Vec<()>, _>>().map(|_| count)
}

/// Folders of dead runs that have no trees: all that is left to do there is to remove them, and nothing of them is in
/// anybody's way. Nothing if somebody else is looking.
pub(crate) fn broken_off(root: &Path) -> Vec<PathBuf> {
    let Some(_guard) = try_lock(&root.join("lock"), FlockOperation::NonBlockingLockExclusive) else {
        return Vec::new();
    };
    let is_tree =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"tree-"));
    let plain = |run: &PathBuf| is_dead(run) && !children(run).iter().any(is_tree);
    children(&root.join("runs")).into_iter().filter(plain).collect()
}

/// Whether nobody holds a run's lock. It is made under the store's lock, so one without it is dead.
fn is_dead(run: &Path) -> bool {
    let path = run.join("lock");
    path.symlink_metadata().is_err() || try_lock(&path, FlockOperation::NonBlockingLockExclusive).is_some()
}

fn bury(run: &Path) -> Result<(), CopyError> {
    let mut result = Ok(());
    for tree in children(run) {
        let Ok(at) = std::fs::read_link(tree.join("at")) else { continue };
        let removed = clear(&at).and_then(|()| removal::remove(&tree));
        result = result.and(removed);
    }
    result.and_then(|()| removal::remove(run))
}

/// Unmounts and removes a project folder.
fn clear(path: &Path) -> Result<(), CopyError> {
    for mount in mounts::below(path).iter().rev() {
        mounts::detach(mount).map_err(|error| CopyError::at(mount, error))?;
    }
    removal::remove(path)
}

pub(crate) fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.symlink_metadata().is_ok_and(|data| data.is_dir()))
        .collect()
}
