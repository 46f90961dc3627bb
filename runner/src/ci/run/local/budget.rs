//! Keeps the caches of jobs within their budget: what was not used for longest goes first.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Folders in folders, at most: keys may have slashes.
const DEEPEST: usize = 64;

/// The archive of a cache, as the engine of jobs names it.
const ARCHIVE: &str = "cache.zip";

/// An archive that may go.
#[derive(Debug)]
struct Found {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

/// Notes that archives were used, which their times of reading do not tell on most machines. What is not there was not.
pub(super) fn touch(archives: impl Iterator<Item = PathBuf>) {
    let now = SystemTime::now();
    for archive in archives {
        let marked =
            File::open(&archive).and_then(|file| file.set_times(fs::FileTimes::new().set_accessed(now)));
        if let Err(error) = marked
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::debug!(path = %archive.display(), %error, "cannot note that a cache was used");
        }
    }
}

/// Removes archives below `root` until they take `budget` bytes at most. Returns how many went. Blocks.
pub(super) fn keep_within(root: &Path, budget: u64) -> usize {
    let mut found = archives(root);
    let mut total: u64 = found.iter().map(|archive| archive.bytes).sum();
    found.sort_by_key(|archive| archive.used);
    let mut removed = 0;
    for archive in found {
        if total <= budget {
            break;
        }
        // Who has it open reads on.
        if fs::remove_file(&archive.path).is_ok() {
            total = total.saturating_sub(archive.bytes);
            removed += 1;
            remove_empty(root, &archive.path);
        }
    }
    removed
}

fn archives(root: &Path) -> Vec<Found> {
    let (mut found, mut next) = (Vec::new(), vec![(root.to_owned(), 0)]);
    while let Some((folder, depth)) = next.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            // Not through links: they may lead anywhere.
            let Ok(data) = entry.metadata() else { continue };
            if data.is_dir() && depth < DEEPEST {
                next.push((entry.path(), depth + 1));
            } else if data.is_file() && entry.file_name() == ARCHIVE {
                let used = [data.accessed(), data.modified()].into_iter().flatten().max();
                let used = used.unwrap_or(SystemTime::UNIX_EPOCH);
                found.push(Found { path: entry.path(), bytes: data.blocks() * 512, used });
            }
        }
    }
    found
}

/// Removes what belonged to an archive, and folders that have nothing left in them.
fn remove_empty(root: &Path, archive: &Path) {
    let Some(folder) = archive.parent() else { return };
    let _ = fs::remove_file(folder.join("metadata.json"));
    for folder in folder.ancestors().take_while(|folder| *folder != root && folder.starts_with(root)) {
        // One that is not empty is none of ours to remove.
        if fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn archive(root: &Path, key: &str, age: u64) -> PathBuf {
        let path = root.join("project/g/p").join(key).join(ARCHIVE);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, vec![7; 64 * 1024]).unwrap();
        fs::write(path.with_file_name("metadata.json"), "{}").unwrap();
        let at = SystemTime::now() - Duration::from_secs(age);
        let times = fs::FileTimes::new().set_accessed(at).set_modified(at);
        File::open(&path).unwrap().set_times(times).unwrap();
        path
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let root = tempfile::tempdir().unwrap();
        let (old, new, used) = (
            archive(root.path(), "old/deep", 300),
            archive(root.path(), "new", 100),
            archive(root.path(), "used", 900),
        );
        fs::write(root.path().join("project/other.zip"), vec![7; 1 << 20]).unwrap();
        touch([used.clone(), root.path().join("missing")].into_iter());
        assert_eq!(keep_within(root.path(), 3 * 64 * 1024), 0);
        assert_eq!(keep_within(root.path(), 2 * 64 * 1024), 1);
        assert!(!old.exists() && new.exists() && used.exists());
        assert!(!root.path().join("project/g/p/old").exists(), "nothing empty is left");
        assert!(root.path().join("project/g/p").exists());
        assert_eq!(keep_within(root.path(), 0), 2);
        assert!(root.path().join("project/other.zip").exists(), "what is no cache stays");
    }

    #[test]
    fn links_lead_nowhere() {
        let (root, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let kept = archive(elsewhere.path(), "k", 10);
        std::os::unix::fs::symlink(elsewhere.path(), root.path().join("link")).unwrap();
        assert_eq!(keep_within(root.path(), 0), 0);
        assert!(kept.exists());
    }
}
