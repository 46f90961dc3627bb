//! Files below a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The first folder of this name below another.
pub(crate) fn folder_named(root: &Path, name: &str) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = entries(root).into_iter().filter(|path| path.is_dir()).collect();
    let here = folders.iter().find(|path| path.file_name().is_some_and(|found| found == name)).cloned();
    here.or_else(|| folders.iter().find_map(|folder| folder_named(folder, name)))
}

/// All files below a folder and when they were written.
pub(crate) fn written(root: &Path) -> Vec<(PathBuf, SystemTime)> {
    let mut found = Vec::new();
    for path in entries(root) {
        if path.is_dir() {
            found.extend(written(&path));
        } else if let Some(time) = path.metadata().ok().and_then(|about| about.modified().ok()) {
            found.push((path, time));
        }
    }
    found
}

/// Entries in order; links to folders are not followed.
fn entries(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| !path.is_symlink()).collect();
    paths.sort();
    paths
}
