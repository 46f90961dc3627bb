//! Control groups that an engine leaves when it is killed.

use std::fs;
use std::path::{Path, PathBuf};

/// Removes the groups of that name at the top of every hierarchy, with those below. Their processes are gone.
pub(super) fn remove(name: &str) {
    let root = Path::new("/sys/fs/cgroup");
    let hierarchies = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    for hierarchy in hierarchies.chain([root.to_owned()]) {
        remove_tree(&hierarchy.join(name));
    }
}

/// A group can be removed when no group is below it.
fn remove_tree(top: &Path) {
    let mut folders = vec![top.to_owned()];
    let mut next = 0;
    while let Some(folder) = folders.get(next) {
        let below = subfolders(folder);
        folders.extend(below);
        next += 1;
    }
    for folder in folders.iter().rev() {
        // Not there, or held by a process that should not be: nothing more can be done about it.
        let _ = fs::remove_dir(folder);
    }
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect()
}
