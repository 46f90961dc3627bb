//! Caches as jobs see them: both stages, over real files.

mod changes;
mod faults;
mod keys;
mod together;

use super::{Sharing, check_to_restore, check_to_save, restore_all, save_all};
use crate::stage::Means;
use crate::testing::{GitOnly, kept};
use crate::variables::testing::{Resolved, order};
use crate::{StageError, Transfer};
use protocol::CacheEntry;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// A job with caches.
struct Rig {
    root: tempfile::TempDir,
    job: Resolved,
    stop: CancellationToken,
}

fn entry(key: &str, paths: &[&str]) -> CacheEntry {
    CacheEntry {
        key: key.to_owned(),
        paths: paths.iter().map(|&path| path.to_owned()).collect(),
        ..CacheEntry::default()
    }
}

impl Rig {
    fn new(caches: &[CacheEntry]) -> Self {
        Self::with(&[], caches)
    }

    fn with(variables: &[(&str, &str)], caches: &[CacheEntry]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut rig = Self { job: resolved(&root, variables, caches), root, stop: CancellationToken::new() };
        rig.clear();
        rig
    }

    /// The next job of the same project.
    fn next(&mut self, variables: &[(&str, &str)], caches: &[CacheEntry]) {
        self.job = resolved(&self.root, variables, caches);
        self.clear();
    }

    /// An empty project directory.
    fn clear(&mut self) {
        let _ = fs::remove_dir_all(self.project());
        fs::create_dir_all(self.project()).unwrap();
    }

    fn project(&self) -> &Path {
        &self.job.workspace.project_dir
    }

    fn path(&self, name: &str) -> PathBuf {
        self.project().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), content).unwrap();
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path(name)).ok()
    }

    fn folder(&self, key: &str) -> PathBuf {
        self.job.workspace.cache_dir.join(key)
    }

    fn archive(&self, key: &str) -> PathBuf {
        self.folder(key).join("cache.zip")
    }

    /// What tells an archive that was written again.
    fn stamp(&self, key: &str) -> (u64, i64, i64) {
        let metadata = fs::metadata(self.archive(key)).unwrap();
        (metadata.ino(), metadata.mtime(), metadata.mtime_nsec())
    }

    /// Names in the folder of a key.
    fn names(&self, key: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder(key))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }

    async fn try_restore(&self) -> (Result<(), StageError>, Vec<String>) {
        let output = kept();
        let result = restore_all(self.job.view(), &mut GitOnly, output.clone(), &self.stop).await;
        (result, output.lines())
    }

    /// What restoring says.
    async fn restore(&self) -> Vec<String> {
        let (result, lines) = self.try_restore().await;
        result.unwrap();
        lines
    }

    async fn try_save(&self, success: bool) -> (Result<(), StageError>, Vec<String>) {
        let output = kept();
        let transfer = Transfer::Folder(PathBuf::new());
        let means = Means { transfer: &transfer, sharing: Sharing::Own, caches: None };
        let result =
            save_all(self.job.view(), &mut GitOnly, output.clone(), &self.stop, success, means).await;
        (result, output.lines())
    }

    /// What saving after a success says.
    async fn save(&self) -> Vec<String> {
        let (result, lines) = self.try_save(true).await;
        result.unwrap();
        lines
    }
}

fn resolved(root: &tempfile::TempDir, variables: &[(&str, &str)], caches: &[CacheEntry]) -> Resolved {
    let mut order = order(variables);
    order.payload.cache = caches.to_vec();
    order.payload.job_info.name = "build".to_owned();
    order.payload.git_info.reference = "main".to_owned();
    Resolved::new(order, root.path())
}

/// Whether any line contains the text.
fn says(lines: &[String], text: &str) -> bool {
    lines.iter().any(|line| line.contains(text))
}

const UP_TO_DATE: &str = "Archive is up to date!";
