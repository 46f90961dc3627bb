//! One entry of a directory, and its owner.

use rustix::fd::BorrowedFd;
use rustix::fs::{AtFlags, FileType, Gid, Mode, Stat, Uid, chownat, fchmod, fchown, fstat};
use rustix::io::Errno;
use std::ffi::CStr;

/// Who is to own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// Everybody may do everything in such a directory.
const SHARED: Mode = Mode::from_bits_retain(0o777);

impl Owner {
    fn ids(self) -> (Option<Uid>, Option<Gid>) {
        (Some(Uid::from_raw(self.uid)), Some(Gid::from_raw(self.gid)))
    }

    fn has(self, stat: &Stat) -> bool {
        stat.st_uid == self.uid && stat.st_gid == self.gid
    }

    /// Whether an open directory is the owner's already; if that cannot be told, it is not.
    pub(super) fn is_of(self, directory: BorrowedFd<'_>) -> bool {
        fstat(directory).is_ok_and(|stat| self.has(&stat))
    }

    /// Takes an open directory.
    pub(super) fn take(self, directory: BorrowedFd<'_>) -> Result<(), Errno> {
        if self.has(&fstat(directory)?) {
            return Ok(());
        }
        let (uid, gid) = self.ids();
        fchown(directory, uid, gid)
    }

    /// Takes an entry that is no directory, by its name. A device file is left as it is: whoever owns it would have the
    /// device.
    pub(super) fn take_entry(self, directory: BorrowedFd<'_>, name: &CStr, stat: &Stat) -> Result<(), Errno> {
        let is_device = matches!(kind(stat), FileType::BlockDevice | FileType::CharacterDevice);
        if is_device || self.has(stat) {
            return Ok(());
        }
        let (uid, gid) = self.ids();
        match chownat(directory, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW) {
            // Gone meanwhile.
            Err(Errno::NOENT) => Ok(()),
            result => result,
        }
    }
}

/// What an entry is.
pub(super) fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// Lets everybody do everything in an open directory.
pub(super) fn share(directory: BorrowedFd<'_>) -> Result<(), Errno> {
    let mode = Mode::from_raw_mode(fstat(directory)?.st_mode);
    if mode.contains(SHARED) { Ok(()) } else { fchmod(directory, mode | SHARED) }
}
