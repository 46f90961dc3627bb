//! The file system side: links followed, lock held, content replaced in one step.

use super::StoreError;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Stands beside the file while it is being changed, and stays, since removing it would race.
const LOCK_NAME: &str = ".config.toml.lock";

/// How many links may lead to the file.
const LINKS: usize = 40;

/// The file with its lock.
pub(super) struct Locked {
    target: PathBuf,
    folder: PathBuf,
    /// Released when it is dropped.
    _lock: Flock<File>,
}

impl Locked {
    /// Finds the file behind links, makes its folder, and waits for the lock.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let target =
            behind_links(path).map_err(|source| StoreError::Read { path: path.to_owned(), source })?;
        let folder = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(|source| StoreError::Folder { path: folder.clone(), source })?;
        let lock_path = folder.join(LOCK_NAME);
        let lock = lock(&lock_path).map_err(|source| StoreError::Lock { path: lock_path, source })?;
        Ok(Self { target, folder, _lock: lock })
    }

    /// The content, or nothing if there is no file.
    pub(super) fn read(&self) -> Result<Option<String>, StoreError> {
        match std::fs::read_to_string(&self.target) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Read { path: self.target.clone(), source }),
        }
    }

    /// Replaces the content: all of it or nothing, readable by the owner only.
    pub(super) fn write(&self, text: &str) -> Result<(), StoreError> {
        self.replace(text).map_err(|source| StoreError::Write { path: self.target.clone(), source })
    }

    fn replace(&self, text: &str) -> io::Result<()> {
        let mut new = tempfile::Builder::new().prefix(".config.toml.").tempfile_in(&self.folder)?;
        new.write_all(text.as_bytes())?;
        new.as_file().set_permissions(Permissions::from_mode(0o600))?;
        self.keep_owner(new.as_file())?;
        new.as_file().sync_all()?;
        new.persist(&self.target).map_err(|error| error.error)?;
        File::open(&self.folder)?.sync_all()
    }

    /// A file that root changes stays with whom it belonged to.
    fn keep_owner(&self, new: &File) -> io::Result<()> {
        let Ok(old) = std::fs::metadata(&self.target) else { return Ok(()) };
        let own = new.metadata()?;
        if (old.uid(), old.gid()) != (own.uid(), own.gid()) {
            let kept = std::os::unix::fs::fchown(new, Some(old.uid()), Some(old.gid()));
            // Someone who is not root may not give files away; the file is then theirs, as its folder is.
            if nix::unistd::geteuid().is_root() {
                return kept;
            }
        }
        Ok(())
    }
}

fn lock(path: &Path) -> io::Result<Flock<File>> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(nix::libc::O_NOFOLLOW)
        .open(path)?;
    Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, error)| error.into())
}

/// Where the last link leads, whether there is a file or not.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match std::fs::read_link(&path) {
            Ok(next) => path = path.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "too many symbolic links"))
}
