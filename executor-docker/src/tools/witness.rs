//! Which file it was that was read, to notice cheaply that it is another one now.

use serde::{Deserialize, Serialize};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What of a file changes when its content does. The time of the last change of its state cannot be set back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Identity {
    pub(super) fn of(file: &Metadata) -> Self {
        Self {
            device: file.dev(),
            inode: file.ino(),
            size: file.size(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        }
    }
}

/// A file or directory as it was seen, or that there was none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Witness {
    path: PathBuf,
    identity: Option<Identity>,
}

impl Witness {
    /// Links are followed.
    pub(super) fn now(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { identity: look(&path), path }
    }

    /// Of what was read from a path.
    pub(super) fn of(path: impl Into<PathBuf>, identity: Identity) -> Self {
        Self { path: path.into(), identity: Some(identity) }
    }

    /// Whether everything is as it was.
    pub(super) fn holds(&self) -> bool {
        look(&self.path) == self.identity
    }
}

fn look(path: &Path) -> Option<Identity> {
    fs::metadata(path).ok().map(|found| Identity::of(&found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let none = Witness::now(&path);
        assert!(none.holds());
        fs::write(&path, "one").unwrap();
        assert!(!none.holds());
        let one = Witness::now(&path);
        assert!(one.holds());
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        let other = folder.path().join("other");
        fs::write(&other, "two").unwrap();
        fs::File::options().write(true).open(&other).unwrap().set_modified(modified).unwrap();
        fs::rename(&other, &path).unwrap();
        assert!(!one.holds(), "a replacement of the same size and time");
        let directory = Witness::now(folder.path());
        fs::write(folder.path().join("new"), "").unwrap();
        assert!(!directory.holds());
    }
}
