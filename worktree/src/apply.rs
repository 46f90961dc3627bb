//! Brings a folder of ours to what a manifest says, on all cores.

use crate::copy::{Copied, Copier, Failed, hard_link};
use crate::error::{CopyError, SnapshotError};
use crate::folder;
use crate::manifest::{Kind, Manifest};
use crate::parallel;
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Mode, mkdirat, unlinkat};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What is to be done for an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// It is there as it should be.
    Keep,
    /// It is in an older folder of ours as it should be: linked to there, copied from there otherwise.
    Link,
    /// It is copied. `true` if something is in its way.
    Copy(bool),
}

/// What was done for an entry.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Done {
    Kept,
    Copied(Copied),
    Gone,
    /// It comes from git's objects, which is not done here.
    Object,
}

/// Which file could not be copied, and why.
#[derive(Debug)]
pub(crate) struct ApplyError {
    pub(crate) path: Vec<u8>,
    pub(crate) failed: Failed,
}

impl ApplyError {
    /// As the error of a copy from `from` to `to`.
    pub(crate) fn into_copy_error(self, from: &Path, to: &Path) -> CopyError {
        let path = OsStr::from_bytes(&self.path);
        match self.failed {
            Failed::Canceled => CopyError::Canceled,
            Failed::Gone => CopyError::at(&from.join(path), Errno::NOENT),
            Failed::Read(error) => CopyError::at(&from.join(path), error),
            Failed::Write(error) => CopyError::at(&to.join(path), error),
        }
    }

    /// As the error of a snapshot of `from`.
    pub(crate) fn into_snapshot_error(self, from: &Path, to: &Path) -> SnapshotError {
        match self.failed {
            Failed::Read(error) => {
                let path = from.join(OsStr::from_bytes(&self.path));
                SnapshotError::Unreadable { path, source: error.into() }
            }
            _ => self.into_copy_error(from, to).into(),
        }
    }
}

/// Where things come from and go to.
pub(crate) struct Folders<'a> {
    pub(crate) from: &'a OwnedFd,
    pub(crate) to: &'a OwnedFd,
    pub(crate) older: Option<&'a OwnedFd>,
    /// Whether `from` is a folder of ours, in which there is everything.
    pub(crate) ours: bool,
}

/// Does the actions; gives what was done for each entry. The folders are there already.
pub(crate) fn apply(
    folders: &Folders<'_>,
    manifest: &Manifest,
    actions: impl Fn(usize) -> Action + Sync,
    copier: &Copier<'_>,
) -> Result<Vec<Done>, ApplyError> {
    let pieces = manifest.pieces();
    let done = parallel::map(pieces.len(), Copier::buffer, |buffer, piece| {
        let Some((number, range)) = pieces.get(piece) else { return Ok(Vec::new()) };
        let work = Piece { folders, manifest, number: *number, copier };
        work.run(range.clone(), &actions, buffer)
    })?;
    Ok(done.into_iter().flatten().collect())
}

struct Piece<'a> {
    folders: &'a Folders<'a>,
    manifest: &'a Manifest,
    number: u32,
    copier: &'a Copier<'a>,
}

impl Piece<'_> {
    fn run(
        &self,
        range: std::ops::Range<usize>,
        actions: &(impl Fn(usize) -> Action + Sync),
        buffer: &mut [u8],
    ) -> Result<Vec<Done>, ApplyError> {
        if range.clone().all(|entry| actions(entry) == Action::Keep) {
            return Ok(vec![Done::Kept; range.len()]);
        }
        let path = self.manifest.folder_path(self.number);
        let failed = |failed| ApplyError { path: path.to_vec(), failed };
        let to = folder::below(self.folders.to, path).map_err(|error| failed(Failed::Write(error)))?;
        let (mut from, mut older) = (Lazy::new(self.folders.from), self.folders.older.map(Lazy::new));
        let mut done = Vec::with_capacity(range.len());
        for number in range {
            let Some(entry) = self.manifest.entries.get(number) else { break };
            let (name, link) =
                (self.manifest.name(entry), matches!(entry.kind, Kind::Link | Kind::ObjectLink));
            let failed = |failed| ApplyError { path: crate::manifest::join(path, name), failed };
            let source = match actions(number) {
                Action::Keep => {
                    done.push(Done::Kept);
                    continue;
                }
                Action::Link => {
                    let older = older.as_mut().unwrap_or(&mut from).get(path);
                    let older = older.map_err(|error| failed(Failed::Write(error)))?;
                    if hard_link(older, &to, name) {
                        done.push(Done::Kept);
                        continue;
                    }
                    let copied = self.copier.copy(older, &to, name, link, buffer);
                    copied.map_err(failed)?;
                    done.push(Done::Kept);
                    continue;
                }
                Action::Copy(occupied) => {
                    if occupied {
                        remove(&to, name).map_err(|error| failed(Failed::Write(error)))?;
                    }
                    if !self.folders.ours && matches!(entry.kind, Kind::Object | Kind::ObjectLink) {
                        done.push(Done::Object);
                        continue;
                    }
                    from.get(path)
                }
            };
            let copied = match source {
                Ok(source) => self.copier.copy(source, &to, name, link, buffer),
                Err(error) if folder::is_gone(error) => Err(Failed::Gone),
                Err(error) => Err(Failed::Read(error)),
            };
            done.push(match copied {
                Ok(copied) => Done::Copied(copied),
                Err(Failed::Gone) if !self.folders.ours => Done::Gone,
                Err(error) => return Err(failed(error)),
            });
        }
        Ok(done)
    }
}

/// A folder that is opened when it is needed.
struct Lazy<'a> {
    root: &'a OwnedFd,
    opened: Option<OwnedFd>,
}

impl<'a> Lazy<'a> {
    fn new(root: &'a OwnedFd) -> Self {
        Self { root, opened: None }
    }

    fn get(&mut self, path: &[u8]) -> Result<&OwnedFd, Errno> {
        if self.opened.is_none() {
            self.opened = Some(folder::below(self.root, path)?);
        }
        self.opened.as_ref().ok_or(Errno::NOENT)
    }
}

fn remove(folder: &OwnedFd, name: &[u8]) -> Result<(), Errno> {
    match unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes the folders of a manifest. Those that are there stay.
pub(crate) fn make_folders(to: &OwnedFd, path: &Path, manifest: &Manifest) -> Result<(), CopyError> {
    for folder in manifest.folders.iter().skip(1) {
        let name = folder.path.of(&manifest.text);
        match mkdirat(to, name, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(CopyError::at(&path.join(OsStr::from_bytes(name)), error)),
        }
    }
    Ok(())
}
