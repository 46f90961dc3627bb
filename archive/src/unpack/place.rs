//! Makes files, directories and links below the directory, replacing what is in the way.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat};
use nix::sys::stat::{Mode, UtimensatFlags, fchmod, fstatat, futimens, mkdirat, mode_t, utimensat};
use nix::sys::time::TimeSpec;
use nix::unistd::{Gid, Uid, UnlinkatFlags, fchown, fchownat, linkat, symlinkat, unlinkat};

use super::name::outside;
use super::{Restore, Run, UnpackError, damaged};
use crate::entry::{Kind, kind_of};
use crate::paths::shown;
use crate::tree::{Missing, TreeError, Walker};

/// Writes below the directory, for one thread. Paths have been through [`super::name::check`].
pub(super) struct Place<'r> {
    run: &'r Run<'r>,
    walker: Walker<'r>,
}

impl<'r> Place<'r> {
    pub(super) fn new(run: &'r Run<'r>) -> Self {
        Self { run, walker: run.tree.walker() }
    }

    /// A new file, empty, in place of what was there.
    pub(super) fn file(&mut self, path: &[u8], restore: &Restore) -> Result<File, UnpackError> {
        let mode = Mode::from_bits_truncate(if restore.mode.is_some() { 0o600 } else { 0o666 });
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        self.make(path, |directory, name| openat(directory, name, flags, mode)).map(File::from)
    }

    /// Owner, permissions and time of a file that is complete.
    pub(super) fn finish_file(&self, path: &[u8], file: &File, restore: &Restore) -> Result<(), UnpackError> {
        self.restore(file.as_fd(), restore).map_err(|error| write_error(path, error))
    }

    /// Removes a file that could not be completed.
    pub(super) fn remove_file(&mut self, path: &[u8]) {
        if let Ok((directory, name)) = self.walker.parent(path, Missing::Fail) {
            let _ = unlinkat(directory, name, UnlinkatFlags::NoRemoveDir);
        }
    }

    /// A directory; one that exists is kept.
    pub(super) fn directory(&mut self, path: &[u8]) -> Result<(), UnpackError> {
        if path.is_empty() {
            return Ok(());
        }
        self.make(path, |directory, name| match mkdirat(directory, name, Mode::from_bits_truncate(0o777)) {
            Err(Errno::EEXIST) if kind_at(directory, name)? == Some(Kind::Directory) => Ok(()),
            result => result,
        })
    }

    /// Owner, permissions and time of a directory, once nothing more is written into it.
    pub(super) fn finish_directory(&mut self, path: &[u8], restore: &Restore) -> Result<(), UnpackError> {
        let opened = self.walker.parent(path, Missing::Fail).and_then(|(directory, name)| {
            let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
            Ok(openat(directory, name, flags, Mode::empty())?)
        });
        let opened: OwnedFd = match opened {
            Ok(opened) => opened,
            // A later entry of the archive took its place.
            Err(TreeError::System(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP)) => return Ok(()),
            Err(error) => return Err(tree_error(self.run, path, error)),
        };
        self.restore(opened.as_fd(), restore).map_err(|error| write_error(path, error))
    }

    /// A symbolic link, which may point anywhere.
    pub(super) fn symlink(
        &mut self,
        path: &[u8],
        target: &[u8],
        restore: &Restore,
    ) -> Result<(), UnpackError> {
        if target.is_empty() || target.contains(&0) {
            return Err(damaged(path, "the target of a symbolic link is not a path"));
        }
        self.make(path, |directory, name| symlinkat(OsStr::from_bytes(target), directory, name))?;
        let as_root = self.run.as_root;
        let (directory, name) = self.parent(path)?;
        if let (true, Some((user, group))) = (as_root, restore.owner) {
            let (user, group) = (Uid::from_raw(user), Gid::from_raw(group));
            let _ = fchownat(directory, name, Some(user), Some(group), AtFlags::AT_SYMLINK_NOFOLLOW);
        }
        if let Some(time) = time(restore) {
            let _ = utimensat(directory, name, &TimeSpec::UTIME_OMIT, &time, UtimensatFlags::NoFollowSymlink);
        }
        Ok(())
    }

    /// A further name for a file below the directory.
    pub(super) fn hard_link(&mut self, path: &[u8], existing: &[u8]) -> Result<(), UnpackError> {
        let mut other = self.run.tree.walker();
        let (from, old) =
            other.parent(existing, Missing::Fail).map_err(|error| tree_error(self.run, existing, error))?;
        match kind_at(from, old) {
            Ok(Some(Kind::File)) => {}
            Ok(_) => return Err(damaged(path, "a hard link to what is not a file")),
            Err(error) => return Err(write_error(path, error)),
        }
        self.make(path, |directory, name| linkat(from, old, directory, name, AtFlags::empty()))
    }

    fn parent<'p>(&mut self, path: &'p [u8]) -> Result<(BorrowedFd<'_>, &'p OsStr), UnpackError> {
        let run = self.run;
        self.walker.parent(path, Missing::Create).map_err(|error| tree_error(run, path, error))
    }

    /// Makes something with parents as needed; what is in its way is removed, unless it is a directory with content.
    fn make<T>(
        &mut self,
        path: &[u8],
        make: impl Fn(BorrowedFd<'_>, &OsStr) -> nix::Result<T>,
    ) -> Result<T, UnpackError> {
        if path.is_empty() {
            return Err(write_error(path, Errno::EISDIR));
        }
        let (directory, name) = self.parent(path)?;
        let made = match make(directory, name) {
            Err(Errno::EEXIST) => remove(directory, name).and_then(|()| make(directory, name)),
            result => result,
        };
        made.map_err(|error| write_error(path, error))
    }

    fn restore(&self, file: BorrowedFd<'_>, restore: &Restore) -> nix::Result<()> {
        if let (true, Some((user, group))) = (self.run.as_root, restore.owner) {
            let _ = fchown(file, Some(Uid::from_raw(user)), Some(Gid::from_raw(group)));
        }
        if let Some(mode) = restore.mode {
            fchmod(file, Mode::from_bits_truncate((mode & 0o777) as mode_t))?;
        }
        match time(restore) {
            Some(time) => futimens(file, &TimeSpec::UTIME_OMIT, &time),
            None => Ok(()),
        }
    }
}

fn time(restore: &Restore) -> Option<TimeSpec> {
    restore.seconds.map(|seconds| TimeSpec::new(seconds, 0))
}

fn kind_at(directory: BorrowedFd<'_>, name: &OsStr) -> nix::Result<Option<Kind>> {
    Ok(kind_of(&fstatat(directory, name, AtFlags::AT_SYMLINK_NOFOLLOW)?))
}

fn remove(directory: BorrowedFd<'_>, name: &OsStr) -> nix::Result<()> {
    match unlinkat(directory, name, UnlinkatFlags::NoRemoveDir) {
        Err(Errno::EISDIR | Errno::EPERM) => unlinkat(directory, name, UnlinkatFlags::RemoveDir),
        Err(Errno::ENOENT) => Ok(()),
        result => result,
    }
}

fn write_error(path: &[u8], error: Errno) -> UnpackError {
    UnpackError::Write { path: shown(path), source: io::Error::from(error) }
}

fn tree_error(run: &Run<'_>, path: &[u8], error: TreeError) -> UnpackError {
    match error {
        TreeError::Outside => outside(run, path),
        TreeError::System(error) => write_error(path, error),
    }
}
