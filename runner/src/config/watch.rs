//! Whether the file has changed since it was last looked at, and its new content.
//!
//! The caller decides when to look (a signal, a file system event, a timer) and keeps the old configuration
//! when the new one is broken.

use super::load::{LoadError, Loaded, load};
use crate::environment::Environment;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What tells two states of a file apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Fingerprint {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

/// What looking at the file found.
#[derive(Debug)]
pub(crate) enum Reload {
    /// Nothing new.
    Unchanged,
    /// A new configuration.
    Loaded(Box<Loaded>),
    /// A new file that cannot be used; said once for each state of the file.
    Broken(LoadError),
    /// There is no file any more; said once.
    Missing,
}

/// Follows one file.
#[derive(Debug)]
pub(crate) struct Watch {
    path: PathBuf,
    seen: Option<Fingerprint>,
}

impl Watch {
    /// Follows `path` from the state that `loaded` was read from.
    pub(crate) fn new(path: &Path, loaded: &Loaded) -> Self {
        Self { path: path.to_owned(), seen: loaded.fingerprint }
    }

    /// The file that is followed.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file differs from when it was last read. One `stat`.
    pub(crate) fn changed(&self) -> bool {
        self.now() != self.seen
    }

    /// Reads the file if it has changed.
    pub(crate) fn poll(&mut self, environment: &Environment) -> Reload {
        if self.changed() { self.reload(environment) } else { Reload::Unchanged }
    }

    /// Reads the file whether it has changed or not.
    pub(crate) fn reload(&mut self, environment: &Environment) -> Reload {
        let before = self.now();
        match load(&self.path, environment) {
            Ok(loaded) if loaded.found() => {
                self.seen = loaded.fingerprint;
                Reload::Loaded(Box::new(loaded))
            }
            Ok(_) => {
                self.seen = None;
                Reload::Missing
            }
            Err(error) => {
                self.seen = error.fingerprint().or(before);
                Reload::Broken(error)
            }
        }
    }

    fn now(&self) -> Option<Fingerprint> {
        std::fs::metadata(&self.path).ok().map(|metadata| Fingerprint::of(&metadata))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_reported_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let environment = Environment::default();
        let mut watch = Watch::new(&path, &load(&path, &environment).unwrap());
        assert!(matches!(watch.poll(&environment), Reload::Unchanged));

        std::fs::write(&path, "concurrent = 2\n").unwrap();
        let Reload::Loaded(loaded) = watch.poll(&environment) else { panic!("not loaded") };
        assert_eq!(loaded.config.concurrent, 2);
        assert!(matches!(watch.poll(&environment), Reload::Unchanged));

        std::fs::write(&path, "concurrent = 0    \n").unwrap();
        assert!(matches!(watch.poll(&environment), Reload::Broken(_)));
        assert!(matches!(watch.poll(&environment), Reload::Unchanged));
        assert!(matches!(watch.reload(&environment), Reload::Broken(_)));

        // Replaced by a file of the same size and, as far as a clock can tell, the same time.
        std::fs::write(folder.path().join("new"), "concurrent = 3    \n").unwrap();
        std::fs::rename(folder.path().join("new"), &path).unwrap();
        assert!(matches!(watch.poll(&environment), Reload::Loaded(_)));

        std::fs::remove_file(&path).unwrap();
        assert!(matches!(watch.poll(&environment), Reload::Missing));
        assert!(matches!(watch.poll(&environment), Reload::Unchanged));
    }
}
