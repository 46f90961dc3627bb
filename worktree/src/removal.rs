//! Removes folders whatever is in them, at any depth, and never through a link.

use crate::error::CopyError;
use crate::folder;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, RenameFlags, chmodat, fchmod, renameat, renameat_with, unlinkat,
};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Removes a file, link or folder with everything in it. That it is gone already is fine.
pub(crate) fn remove(path: &Path) -> Result<(), CopyError> {
    let failed = |error: Errno| CopyError::at(path, error);
    match unlinkat(CWD, path, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        Err(Errno::ISDIR | Errno::PERM) => {}
        Err(error) => return Err(failed(error)),
    }
    let top = match open(CWD, path.as_os_str().as_bytes()) {
        Ok(top) => top,
        Err(Errno::NOENT) => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    Remover { top: &top, path, waiting: Vec::new(), next: 0 }.run()?;
    crate::mounts::let_go(path, || unlinkat(CWD, path, AtFlags::REMOVEDIR)).map_err(failed)
}

/// Folders in folders are moved up to the top one before they are emptied, so that no depth is too deep.
struct Remover<'a> {
    top: &'a OwnedFd,
    path: &'a Path,
    waiting: Vec<Vec<u8>>,
    next: u64,
}

impl Remover<'_> {
    fn run(&mut self) -> Result<(), CopyError> {
        let names = list(self.top).map_err(|error| CopyError::at(self.path, error))?;
        for (name, is_folder) in names {
            if is_folder {
                self.waiting.push(name);
            } else {
                self.unlink(self.top.as_fd(), &name)?;
            }
        }
        while let Some(name) = self.waiting.pop() {
            self.folder(&name)?;
        }
        Ok(())
    }

    fn folder(&mut self, name: &[u8]) -> Result<(), CopyError> {
        let full = self.path.join(OsStr::from_bytes(name));
        let failed = |error: Errno| CopyError::at(&full, error);
        if unlinkat(self.top, name, AtFlags::REMOVEDIR).is_ok() {
            return Ok(());
        }
        let opened = open(self.top, name).map_err(failed)?;
        for (inner, is_folder) in list(&opened).map_err(failed)? {
            if is_folder {
                self.raise(&opened, &inner, &full)?;
            } else {
                self.unlink(opened.as_fd(), &inner)?;
            }
        }
        drop(opened);
        crate::mounts::let_go(&full, || unlinkat(self.top, name, AtFlags::REMOVEDIR)).map_err(failed)
    }

    /// Moves a folder to the top, unless it is empty.
    fn raise(&mut self, parent: &OwnedFd, name: &[u8], full: &Path) -> Result<(), CopyError> {
        if unlinkat(parent, name, AtFlags::REMOVEDIR).is_ok() {
            return Ok(());
        }
        let full = full.join(OsStr::from_bytes(name));
        loop {
            let new = format!(".removed-{}", self.next).into_bytes();
            self.next += 1;
            let rename =
                || match renameat_with(parent, name, self.top, new.as_slice(), RenameFlags::NOREPLACE) {
                    Err(Errno::INVAL | Errno::NOSYS) => renameat(parent, name, self.top, new.as_slice()),
                    other => other,
                };
            let mut renamed = crate::mounts::let_go(&full, rename);
            if matches!(renamed, Err(Errno::ACCESS | Errno::PERM)) {
                // Its `..` changes, which needs a folder that may be written.
                let _ = chmodat(parent, name, Mode::RWXU, AtFlags::empty());
                renamed = rename();
            }
            match renamed {
                Ok(()) => {
                    self.waiting.push(new);
                    return Ok(());
                }
                Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => {}
                Err(error) => return Err(CopyError::at(&full, error)),
            }
        }
    }

    fn unlink(&self, folder: impl AsFd, name: &[u8]) -> Result<(), CopyError> {
        let full = self.path.join(OsStr::from_bytes(name));
        match crate::mounts::let_go(&full, || unlinkat(&folder, name, AtFlags::empty())) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(CopyError::at(&full, error)),
        }
    }
}

/// Opens a folder and makes sure that things in it can be removed.
fn open(parent: impl AsFd, name: &[u8]) -> Result<OwnedFd, Errno> {
    let opened = match folder::readable_in(&parent, name) {
        Err(Errno::ACCESS) => {
            // The name was listed as a folder, and the job that could replace it is over.
            chmodat(&parent, name, Mode::RWXU, AtFlags::empty())?;
            folder::readable_in(&parent, name)?
        }
        other => other?,
    };
    let mode = rustix::fs::fstat(&opened)?.st_mode & 0o700;
    if mode != 0o700 {
        let _ = fchmod(&opened, Mode::RWXU);
    }
    Ok(opened)
}

fn list(folder: &OwnedFd) -> Result<Vec<(Vec<u8>, bool)>, Errno> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name == b"." || name == b".." {
            continue;
        }
        let is_folder = match entry.file_type() {
            FileType::Directory => true,
            FileType::Unknown => {
                let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
                FileType::from_raw_mode(stat.st_mode) == FileType::Directory
            }
            _ => false,
        };
        names.push((name.to_vec(), is_folder));
    }
    Ok(names)
}

/// Moves something out of sight, so that removing it takes no one's time: to `trash` if it can be moved there, else
/// beside where it is. Gives where it is then; nothing if it is not there.
pub(crate) fn put_aside(path: &Path, trash: &Path) -> Result<Option<std::path::PathBuf>, CopyError> {
    match std::fs::rename(path, trash) {
        Ok(()) => return Ok(Some(trash.to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(_) => {}
    }
    let (Some(parent), Some(name)) = (path.parent(), trash.file_name()) else {
        return Ok(Some(path.to_owned()));
    };
    let mut hidden = OsString::from(".removed-");
    hidden.push(name);
    let beside = parent.join(hidden);
    match std::fs::rename(path, &beside) {
        Ok(()) => Ok(Some(beside)),
        // Removed where it is.
        Err(_) => Ok(Some(path.to_owned())),
    }
}
