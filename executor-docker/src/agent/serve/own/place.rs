//! Reaches a directory by its path, and makes what is missing of it.

use super::entry::Owner;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags, fstat, mkdirat, open as open_path, openat, readlinkat};
use rustix::io::Errno;
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Component, Path, PathBuf};

/// As many links as Linux follows in one path.
const MOST_LINKS: u32 = 40;

/// Directories that are made belong to the user; what others may do is as with most directories.
const NEW: Mode = Mode::from_bits_retain(0o755);

const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Opens a directory; what is missing on the way is made and given to the owner.
///
/// A symbolic link is followed only where the image itself has it, on the root's file system: those in volumes may be a
/// job's.
///
/// # Errors
/// With the path at which it got stuck.
pub(super) fn open(path: &Path, owner: Owner) -> Result<OwnedFd, (PathBuf, Errno)> {
    // The root itself is nobody's.
    if !path.is_absolute() || path.file_name().is_none() {
        return Err((path.to_owned(), Errno::INVAL));
    }
    let mut walk = Walk::begin().map_err(|error| ("/".into(), error))?;
    walk.ahead = steps(path).collect();
    while let Some(name) = walk.ahead.pop_front() {
        walk.step(&name, owner).map_err(|error| (walk.at.join(&name), error))?;
    }
    Ok(walk.here)
}

struct Walk {
    here: OwnedFd,
    /// Where that is.
    at: PathBuf,
    /// Directories to enter yet.
    ahead: VecDeque<OsString>,
    links: u32,
    root_device: u64,
}

/// The names in a path; `..` is none of them, since it would lead elsewhere behind a link.
fn steps(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

impl Walk {
    fn begin() -> Result<Self, Errno> {
        let here = open_path("/", DIRECTORY, Mode::empty())?;
        let root_device = fstat(&here)?.st_dev;
        Ok(Self { here, at: "/".into(), ahead: VecDeque::new(), links: 0, root_device })
    }

    fn step(&mut self, name: &OsStr, owner: Owner) -> Result<(), Errno> {
        let mut entered = self.enter(name);
        if entered == Err(Errno::NOENT) {
            match self.make(name, owner) {
                // Somebody else was faster.
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error),
            }
            entered = self.enter(name);
        }
        match entered {
            // A link that is not followed, in the words of either kernel.
            Err(error @ (Errno::LOOP | Errno::NOTDIR)) => self.turn(name, error),
            result => result,
        }
    }

    fn enter(&mut self, name: &OsStr) -> Result<(), Errno> {
        self.here = openat(&self.here, name, DIRECTORY, Mode::empty())?;
        self.at.push(name);
        Ok(())
    }

    fn make(&self, name: &OsStr, owner: Owner) -> Result<(), Errno> {
        mkdirat(&self.here, name, NEW)?;
        // It is looked at again: a link that took its place meanwhile is not followed.
        let made = openat(&self.here, name, DIRECTORY, Mode::empty())?;
        rustix::fs::fchmod(&made, NEW)?;
        owner.take(made.as_fd())
    }

    /// Follows a link of the image's.
    fn turn(&mut self, name: &OsStr, error: Errno) -> Result<(), Errno> {
        let Ok(target) = readlinkat(&self.here, name, Vec::new()) else { return Err(error) };
        self.links += 1;
        if self.links > MOST_LINKS || fstat(&self.here)?.st_dev != self.root_device {
            return Err(Errno::LOOP);
        }
        let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
        if target.is_absolute() {
            self.here = open_path("/", DIRECTORY, Mode::empty())?;
            self.at = "/".into();
        }
        let ahead = std::mem::take(&mut self.ahead);
        self.ahead = steps(&target).chain(ahead).collect();
        Ok(())
    }
}
