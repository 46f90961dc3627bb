//! Goes through a tree that others may change meanwhile.
//!
//! At any time two directories are open: however deep the tree is, it takes no more descriptors. The way back up is
//! `..`, which is believed only if it leads to where the walk came from.

use super::Troubles;
use super::entry::{self, Owner};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags, Stat, fstat, openat, openat2, statat};
use rustix::io::Errno;
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// What is done to a tree.
pub(super) enum Work {
    /// Everything in it goes to an owner.
    Own(Owner),
    /// Everybody may write in its directories.
    Share,
}

const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A directory whose entries are being worked on.
struct Level {
    /// Its name in the one above.
    name: CString,
    device: u64,
    inode: u64,
    /// Directories in it that are still to come.
    rest: Vec<CString>,
}

struct Walker<'a> {
    work: &'a Work,
    top: &'a Path,
    device: u64,
    troubles: &'a mut Troubles,
    /// From the top down to where the walk is.
    levels: Vec<Level>,
}

/// Works on an open directory and all below it, but for what is mounted there.
pub(super) fn walk(directory: OwnedFd, path: &Path, work: &Work, troubles: &mut Troubles) {
    let device = match fstat(&directory) {
        Ok(stat) => stat.st_dev,
        Err(error) => return troubles.add("look at", path, error),
    };
    let mut walker = Walker { work, top: path, device, troubles, levels: Vec::new() };
    let mut here = walker.visit(directory, CString::default());
    while let Some(directory) = here {
        here = match walker.levels.last_mut().and_then(|level| level.rest.pop()) {
            Some(name) => walker.down(directory, name),
            None => walker.up(directory),
        };
    }
}

impl Walker<'_> {
    /// Works on a directory and its entries; it becomes the lowest level.
    fn visit(&mut self, directory: OwnedFd, name: CString) -> Option<OwnedFd> {
        let stat = match fstat(&directory) {
            Ok(stat) => stat,
            Err(error) => {
                self.trouble("look at", &name, error);
                return None;
            }
        };
        self.levels.push(Level { name, device: stat.st_dev, inode: stat.st_ino, rest: Vec::new() });
        let done = match self.work {
            Work::Own(owner) => owner.take(directory.as_fd()),
            Work::Share => entry::share(directory.as_fd()),
        };
        if let Err(error) = done {
            self.trouble("change", c"", error);
        }
        let rest = self.entries(directory.as_fd());
        if let Some(level) = self.levels.last_mut() {
            level.rest = rest;
        }
        Some(directory)
    }

    /// Works on all entries but directories, which it returns.
    fn entries(&mut self, directory: BorrowedFd<'_>) -> Vec<CString> {
        let mut directories = Vec::new();
        let entries = match Dir::read_from(directory) {
            Ok(entries) => entries,
            Err(error) => {
                self.trouble("read", c"", error);
                return directories;
            }
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.trouble("read", c"", error);
                    break;
                }
            };
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            match entry.file_type() {
                FileType::Directory => directories.push(name.to_owned()),
                FileType::Unknown => match look(directory, name) {
                    Some(stat) if entry::kind(&stat) == FileType::Directory => {
                        directories.push(name.to_owned());
                    }
                    _ => self.take(directory, name),
                },
                _ => self.take(directory, name),
            }
        }
        directories
    }

    /// Works on an entry that is no directory.
    fn take(&mut self, directory: BorrowedFd<'_>, name: &CStr) {
        let Work::Own(owner) = self.work else { return };
        // What is gone meanwhile needs no owner.
        let Some(stat) = look(directory, name) else { return };
        if let Err(error) = owner.take_entry(directory, name, &stat) {
            self.trouble("change the owner of", name, error);
        }
    }

    fn down(&mut self, directory: OwnedFd, name: CString) -> Option<OwnedFd> {
        match self.enter(directory.as_fd(), &name) {
            Ok(Some(below)) => self.visit(below, name).or(Some(directory)),
            // Mounted there, gone, or something else by now.
            Ok(None) | Err(Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => Some(directory),
            Err(error) => {
                self.trouble("read", &name, error);
                Some(directory)
            }
        }
    }

    /// Opens a directory, unless it is the root of another file system.
    fn enter(&self, directory: BorrowedFd<'_>, name: &CStr) -> Result<Option<OwnedFd>, Errno> {
        let resolve = ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS | ResolveFlags::BENEATH;
        let opened = match openat2(directory, name, DIRECTORY, Mode::empty(), resolve) {
            Err(Errno::XDEV) => return Ok(None),
            // Linux before 5.6, or a filter that does not know it.
            Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => {
                openat(directory, name, DIRECTORY, Mode::empty())?
            }
            opened => opened?,
        };
        Ok((fstat(&opened)?.st_dev == self.device).then_some(opened))
    }

    fn up(&mut self, directory: OwnedFd) -> Option<OwnedFd> {
        self.levels.pop();
        let above = self.levels.last()?;
        let opened = openat(&directory, c"..", DIRECTORY, Mode::empty()).and_then(|opened| {
            let stat = fstat(&opened)?;
            let is_same = (stat.st_dev, stat.st_ino) == (above.device, above.inode);
            // The directory was moved away meanwhile.
            if is_same { Ok(opened) } else { Err(Errno::STALE) }
        });
        match opened {
            Ok(opened) => Some(opened),
            Err(error) => {
                self.trouble("go on in", c"", error);
                None
            }
        }
    }

    fn trouble(&mut self, what: &'static str, name: &CStr, error: Errno) {
        let mut path = PathBuf::from(self.top);
        // Deep paths are told as far as they help.
        let names = self.levels.iter().skip(1).take(64).map(|level| level.name.as_c_str()).chain([name]);
        path.extend(names.map(|name| OsStr::from_bytes(name.to_bytes())).filter(|name| !name.is_empty()));
        self.troubles.add(what, &path, error);
    }
}

/// What an entry is; nothing if it is gone.
fn look(directory: BorrowedFd<'_>, name: &CStr) -> Option<Stat> {
    statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).ok()
}
