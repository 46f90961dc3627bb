//! Folders by their descriptors, in a way that no symbolic link is followed.

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, IFlags, Mode, OFlags, ResolveFlags, ioctl_getflags, ioctl_setflags, openat, openat2};
use rustix::io::{Errno, Result};
use std::path::Path;

const LOOK: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
const READ: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// A folder, for calls that take names in it. The path itself is trusted.
pub(crate) fn open(path: &Path) -> Result<OwnedFd> {
    openat(CWD, path, LOOK, Mode::empty())
}

/// A folder below another one, for calls that take names in it. Its path has no symbolic link in it.
pub(crate) fn below(root: &OwnedFd, path: &[u8]) -> Result<OwnedFd> {
    open_below(root, path, LOOK)
}

/// The same, to be listed.
pub(crate) fn readable_below(root: &OwnedFd, path: &[u8]) -> Result<OwnedFd> {
    open_below(root, path, READ)
}

/// A folder in another one, to be listed.
pub(crate) fn readable_in(folder: impl AsFd, name: &[u8]) -> Result<OwnedFd> {
    openat(folder, name, READ | OFlags::NOFOLLOW, Mode::empty())
}

fn open_below(root: &OwnedFd, path: &[u8], flags: OFlags) -> Result<OwnedFd> {
    let path = if path.is_empty() { b"." } else { path };
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match openat2(root, path, flags, Mode::empty(), resolve) {
        // A kernel before 5.6, or a filter of system calls that was made before.
        Err(Errno::NOSYS | Errno::PERM) => step_by_step(root, path, flags),
        other => other,
    }
}

fn step_by_step(root: &OwnedFd, path: &[u8], flags: OFlags) -> Result<OwnedFd> {
    let mut names = path.split(|&byte| byte == b'/').peekable();
    let mut folder: Option<OwnedFd> = None;
    while let Some(name) = names.next() {
        if name == b".." || name.is_empty() {
            return Err(Errno::XDEV);
        }
        let how = if names.peek().is_some() { LOOK } else { flags } | OFlags::NOFOLLOW;
        let parent = folder.as_ref().map_or(root.as_fd(), AsFd::as_fd);
        let opened = openat(parent, name, how, Mode::empty())?;
        folder = Some(opened);
    }
    folder.ok_or(Errno::NOENT)
}

/// Asks the file system to place each folder that is made in this one where there is much room, instead of near it.
/// Trees of many small files are made several times as fast then on ext4, whose search for free inodes is slow where
/// the disk is crowded. Other file systems do not know it, and nothing depends on it.
pub fn spread(path: &Path) {
    let Ok(folder) = openat(CWD, path, READ | OFlags::NOFOLLOW, Mode::empty()) else { return };
    let Ok(flags) = ioctl_getflags(&folder) else { return };
    if !flags.contains(IFlags::TOPDIR) {
        let _ = ioctl_setflags(&folder, flags | IFlags::TOPDIR);
    }
}

/// Whether an error means that there is no such file (any more), rather than that it cannot be had.
pub(crate) fn is_gone(error: Errno) -> bool {
    matches!(error, Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV)
}
