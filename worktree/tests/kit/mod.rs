//! Checkouts made with the real git, and a look at trees.

#![allow(dead_code, reason = "not every test file needs all of it")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use worktree::{Checkout, Method, Options, Place, Snapshot, Store, Tree};

pub(crate) struct Kit {
    pub(crate) folder: TempDir,
    pub(crate) checkout: PathBuf,
    pub(crate) store: Store,
}

impl Kit {
    /// A checkout with a commit of two files, and a store.
    pub(crate) fn new() -> Self {
        let kit = Self::empty();
        kit.write("a.txt", "one");
        kit.write("dir/b.txt", "two");
        kit.git(&["add", "."]);
        kit.commit("first");
        kit
    }

    /// A checkout without commits, and a store.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let checkout = root.join("checkout");
        std::fs::create_dir(&checkout).unwrap();
        let store = Store::open(&root.join("store")).unwrap();
        let kit = Self { folder, checkout, store };
        kit.git(&["init", "-q", "-b", "main"]);
        kit
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.checkout.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        git(&self.checkout, args)
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    pub(crate) fn find(&self) -> Checkout {
        Checkout::find(&self.checkout).unwrap()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.store.snapshot(&self.find(), &Options::default()).unwrap()
    }

    /// A copy of files of its own.
    pub(crate) fn copy(&self, snapshot: &Snapshot, name: &str) -> Tree {
        let path = self.path(name);
        snapshot.copy(&Place { method: Method::Files, ..Place::new(&path) }).unwrap()
    }
}

pub(crate) fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=me", "-c", "user.email=me@example.com", "-c", "protocol.file.allow=always"])
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// What there is in a folder: mode, size of files, content or target.
pub(crate) type Seen = BTreeMap<OsString, (u32, i64, Vec<u8>)>;

/// All files and links of a tree but those of `.git`, with modes, times and contents.
pub(crate) fn look(root: &Path) -> Seen {
    let mut seen = Seen::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap() == ".git" {
                continue;
            }
            let data = path.symlink_metadata().unwrap();
            let name = path.strip_prefix(root).unwrap().as_os_str().to_owned();
            if data.is_dir() {
                waiting.push(path);
            } else if data.is_symlink() {
                let target = std::fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes();
                seen.insert(name, (0o120_000, data.mtime(), target));
            } else {
                seen.insert(name, (data.mode() & 0o777, data.mtime(), std::fs::read(&path).unwrap()));
            }
        }
    }
    seen
}

/// Names of all folders of a tree but `.git`.
pub(crate) fn folders(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.symlink_metadata().unwrap().is_dir() && path.file_name().unwrap() != ".git" {
                found.push(path.strip_prefix(root).unwrap().to_owned());
                waiting.push(path);
            }
        }
    }
    found.sort();
    found
}
