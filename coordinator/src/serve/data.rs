//! The data folder: for its owner alone, and for one coordinator at a time.

use super::StartError;
use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// The data folder, held until the value goes.
#[derive(Debug)]
pub(super) struct DataFolder {
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if it is not there, and takes hold of it.
    pub(super) fn open(path: &Path) -> Result<Self, StartError> {
        let lock = prepare(path).map_err(|source| StartError::Data { path: path.to_owned(), source })?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StartError::Busy { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(StartError::Data { path: path.to_owned(), source }),
        }
    }
}

fn prepare(path: &Path) -> io::Result<File> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let found = std::fs::metadata(path)?.permissions();
    if found.mode() & 0o077 != 0 {
        std::fs::set_permissions(path, Permissions::from_mode(0o700))?;
    }
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path.join("lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_coordinator_at_a_time_has_it_and_nobody_else_sees_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let held = DataFolder::open(&path).unwrap();
        assert!(matches!(DataFolder::open(&path), Err(StartError::Busy { .. })));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        drop(held);
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        DataFolder::open(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
