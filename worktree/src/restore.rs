//! Finds out what a job did to its tree, and removes what does not belong there. The job's processes have ended, but
//! whatever they left is hostile: links in the place of folders, folders in the place of files.

use crate::copy::same_content;
use crate::error::CopyError;
use crate::folder;
use crate::manifest::{Folder, Manifest, join};
use crate::stamp::Stamp;
use crate::{parallel, removal};
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Dir, FileType, Mode, fchmod, fremovexattr, fstat, mkdirat, statat};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What is in the place of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// The copy that was made.
    Same(Stamp),
    /// Something that is to be replaced by a fresh copy.
    Other,
    Nothing,
}

/// Makes all folders of the manifest be folders.
pub(crate) fn folders(tree: &OwnedFd, path: &Path, manifest: &Manifest) -> Result<(), CopyError> {
    let mask = usual_mode(tree, path)?;
    for folder in &manifest.folders {
        let name = folder.path.of(&manifest.text);
        let full = path.join(OsStr::from_bytes(name));
        let failed = |error: Errno| CopyError::at(&full, error);
        let opened = match folder::readable_below(tree, name) {
            Ok(opened) => opened,
            Err(Errno::ACCESS) => return Err(failed(Errno::ACCESS)),
            Err(_) => {
                // Its parent is a folder by now, so no link leads away from here.
                removal::remove(&full)?;
                mkdirat(tree, name, Mode::from_raw_mode(0o777)).map_err(failed)?;
                continue;
            }
        };
        let mode = fstat(&opened).map_err(failed)?.st_mode & 0o7777;
        if mode != mask {
            fchmod(&opened, Mode::from_raw_mode(mask)).map_err(failed)?;
        }
        for attribute in [c"system.posix_acl_default", c"system.posix_acl_access"] {
            // There hardly is one, and not every file system knows them.
            let _ = fremovexattr(&opened, attribute);
        }
    }
    Ok(())
}

/// The mode that a folder gets here, which is seen by making one.
fn usual_mode(tree: &OwnedFd, path: &Path) -> Result<u32, CopyError> {
    let failed = |error: Errno| CopyError::at(path, error);
    // The `.git` of the last job goes in any case; its place is free then.
    removal::remove(&path.join(".git"))?;
    mkdirat(tree, ".git", Mode::from_raw_mode(0o777)).map_err(failed)?;
    let stat = statat(tree, ".git", AtFlags::SYMLINK_NOFOLLOW).map_err(failed)?;
    rustix::fs::unlinkat(tree, ".git", AtFlags::REMOVEDIR).map_err(failed)?;
    Ok(stat.st_mode & 0o777)
}

/// What is known of an entry's copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// If it has this stamp, it is as it was made.
    Copy(Stamp),
    /// If it has this stamp, it is worth reading.
    Perhaps(Stamp),
    Nothing,
}

/// A tree that is made good again.
pub(crate) struct Restoring<'a> {
    pub(crate) tree: &'a OwnedFd,
    pub(crate) path: &'a Path,
    /// The snapshot's files.
    pub(crate) files: &'a OwnedFd,
    pub(crate) manifest: &'a Manifest,
    /// Of each entry.
    pub(crate) known: &'a [Known],
}

impl Restoring<'_> {
    /// Says what is in each entry's place, and removes what is in no entry's or folder's.
    pub(crate) fn entries(&self) -> Result<Vec<Found>, CopyError> {
        let folders = &self.manifest.folders;
        let work = |_: &mut (), number: usize| {
            folders.get(number).map_or(Ok(Vec::new()), |folder| self.folder(folder))
        };
        let found = parallel::map(folders.len(), || (), work)?;
        Ok(found.into_iter().flatten().collect())
    }

    fn folder(&self, folder: &Folder) -> Result<Vec<Found>, CopyError> {
        let inside = folder.path.of(&self.manifest.text);
        let full = self.path.join(OsStr::from_bytes(inside));
        let failed = |error: Errno| CopyError::at(&full, error);
        let opened = folder::readable_below(self.tree, inside).map_err(failed)?;
        let entries = self.manifest.in_folder(folder);
        let mut found = vec![Found::Nothing; entries.len()];
        for item in Dir::read_from(&opened).map_err(failed)? {
            let item = item.map_err(failed)?;
            let name = item.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let stray = || removal::remove(&full.join(OsStr::from_bytes(name)));
            let place = entries.binary_search_by(|entry| self.manifest.name(entry).cmp(name));
            let Ok(place) = place else {
                if self.manifest.folder(&join(inside, name)).is_none() {
                    stray()?;
                }
                continue;
            };
            let stat = statat(&opened, name, AtFlags::SYMLINK_NOFOLLOW).map_err(failed)?;
            let state = if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
                stray()?;
                Found::Nothing
            } else {
                let link = FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
                self.judge(
                    folder.entries.start as usize + place,
                    &opened,
                    inside,
                    name,
                    link,
                    Stamp::of(&stat),
                )
            };
            if let Some(place) = found.get_mut(place) {
                *place = state;
            }
        }
        Ok(found)
    }

    fn judge(
        &self,
        number: usize,
        opened: &OwnedFd,
        inside: &[u8],
        name: &[u8],
        link: bool,
        stamp: Stamp,
    ) -> Found {
        let same = match self.known.get(number) {
            Some(Known::Copy(known)) => *known == stamp,
            Some(Known::Perhaps(known)) if *known == stamp => {
                folder::below(self.files, inside).is_ok_and(|files| same_content(opened, &files, name, link))
            }
            Some(Known::Perhaps(_) | Known::Nothing) | None => false,
        };
        if same { Found::Same(stamp) } else { Found::Other }
    }
}
