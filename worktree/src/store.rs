//! Where copies of work trees are kept: a folder of the user's cache, shared by all runs.
//!
//! ```text
//! lock               held exclusively while folders of dead runs are looked for
//! runs/<run>/        of one open store: `lock` (held while it lives), what its trees need, what is being removed
//! trees/<checkout>/  `lock` (its time is that of the last use), `at`, gen-<n>/{lock,index,tree/}, pool/<tree>/{index,tree/}
//! ```

use crate::error::CopyError;
use crate::folder::spread;
use crate::{mounts, removal};
use rustix::fs::{FlockOperation, flock};
use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// An open store. Clones are the same store; what it has of its own on the disk is removed with the last of them and
/// of its snapshots and trees.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) root: PathBuf,
    /// This open store's own folder.
    pub(crate) run: PathBuf,
    _lock: File,
    next: AtomicU64,
    /// Whether overlays can be mounted, as far as is known.
    pub(crate) overlays: AtomicBool,
}

impl Store {
    /// Opens a store, and makes it (for this user alone) if it is not there. Its folder should be on the file system
    /// that the trees will be on.
    ///
    /// # Errors
    ///
    /// When folders cannot be made there.
    pub fn open(root: &Path) -> Result<Self, CopyError> {
        folder(root)?;
        let root = std::fs::canonicalize(root).map_err(|error| CopyError::at(root, error))?;
        folder(&root.join("runs"))?;
        folder(&root.join("trees"))?;
        spread(&root.join("runs"));
        let guard = lock(&root.join("lock"), FlockOperation::LockShared)?;
        let (run, own) = new_run(&root)?;
        drop(guard);
        let overlays = AtomicBool::new(mounts::is_plain(&root) && mounts::may_mount());
        let shared = Shared { root, run, _lock: own, next: AtomicU64::new(0), overlays };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// A folder of this open store's own, removed with it, and by [`crate::sweep`] if this process does not get so far.
    /// Project folders in it can be moved to and fro, so trees in it are made and removed fastest.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.shared.run
    }
}

impl Shared {
    /// A new name in this store's own folder.
    pub(crate) fn new_path(&self, what: &str) -> PathBuf {
        self.run.join(format!("{what}-{}", self.next.fetch_add(1, Ordering::Relaxed)))
    }

    /// The folder of what is kept of a checkout.
    pub(crate) fn of_checkout(&self, checkout: &Path) -> Result<PathBuf, CopyError> {
        let path = self.root.join("trees").join(key(checkout));
        folder(&path)?;
        spread(&path);
        Ok(path)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // What cannot be removed is found by the next sweep.
        let _ = removal::remove(&self.run);
    }
}

fn new_run(root: &Path) -> Result<(PathBuf, File), CopyError> {
    let process = std::process::id();
    let mut moment = crate::stamp::now();
    loop {
        let run = root.join("runs").join(format!("{process}-{moment:x}"));
        match DirBuilder::new().mode(0o700).create(&run) {
            Ok(()) => {
                let lock = lock(&run.join("lock"), FlockOperation::LockExclusive)?;
                return Ok((run, lock));
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => moment += 1,
            Err(error) => return Err(CopyError::at(&run, error)),
        }
    }
}

/// Makes a folder for this user alone, and those above it.
pub(crate) fn folder(path: &Path) -> Result<(), CopyError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700).create(path).map_err(|error| CopyError::at(path, error))
}

/// Opens and locks a file.
pub(crate) fn lock(path: &Path, how: FlockOperation) -> Result<File, CopyError> {
    let failed = |error: std::io::Error| CopyError::at(path, error);
    let mut options = OpenOptions::new();
    let file =
        options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path).map_err(failed)?;
    loop {
        match flock(&file, how) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(failed(error.into())),
        }
    }
}

/// Locks a file unless somebody else has.
pub(crate) fn try_lock(path: &Path, how: FlockOperation) -> Option<File> {
    lock(path, how).ok()
}

/// A name for a checkout: its last name, to be recognised by people, and a hash of its path (FNV-1a, 128 bits).
fn key(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    let hash = bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, &byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let plain = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let name: String = name.chars().filter(plain).take(40).collect();
    format!("{name}-{hash:032x}")
}
