//! One thing to pack, and whether it is newer than an archive.

use std::path::Path;
use std::time::{Duration, SystemTime};

use nix::sys::stat::{FileStat, SFlag};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// What an entry is. Sockets, devices and FIFOs are never entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory; its content has entries of its own.
    Directory,
    /// A symbolic link, stored as a link.
    Symlink,
}

/// A file, directory or symbolic link below the project directory, as it was when it was selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub(crate) path: Box<[u8]>,
    pub(crate) kind: Kind,
    pub(crate) stat: Attributes,
}

/// What an archive keeps of a file besides its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attributes {
    /// Type and permission bits, as in `st_mode`.
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) size: u64,
    /// Seconds since the epoch.
    pub(crate) seconds: i64,
    /// Nanoseconds of that second.
    pub(crate) nanos: u32,
}

impl Entry {
    /// The entry for what was found at a path; `None` for what no archive holds.
    pub(crate) fn new(path: &[u8], stat: &FileStat) -> Option<Self> {
        let kind = kind_of(stat)?;
        Some(Self { path: path.into(), kind, stat: Attributes::new(stat) })
    }

    /// The path relative to the project directory; empty for the project directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.path))
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The size of a file's content in bytes when it was selected.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.stat.size
    }

    /// When its content was last changed.
    #[must_use]
    pub fn modified(&self) -> SystemTime {
        let whole = Duration::from_secs(self.stat.seconds.unsigned_abs());
        let second = if self.stat.seconds < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(whole)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(whole)
        };
        let second = second.unwrap_or(SystemTime::UNIX_EPOCH);
        second.checked_add(Duration::from_nanos(self.stat.nanos.into())).unwrap_or(second)
    }
}

/// The kind of what a stat describes; `None` for sockets, devices and FIFOs.
pub(crate) fn kind_of(stat: &FileStat) -> Option<Kind> {
    match SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT {
        SFlag::S_IFREG => Some(Kind::File),
        SFlag::S_IFDIR => Some(Kind::Directory),
        SFlag::S_IFLNK => Some(Kind::Symlink),
        _ => None,
    }
}

impl Attributes {
    pub(crate) fn new(stat: &FileStat) -> Self {
        Self {
            mode: stat.st_mode,
            uid: stat.st_uid,
            gid: stat.st_gid,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            seconds: stat.st_mtime,
            nanos: u32::try_from(stat.st_mtime_nsec).unwrap_or(0),
        }
    }
}

/// The latest change among the entries, directories included; `None` without entries.
#[must_use]
pub fn newest_change(entries: &[Entry]) -> Option<SystemTime> {
    entries.iter().map(Entry::modified).max()
}

/// Whether any entry, directories included, changed after an archive was written: GitLab Runner's test for a cache that
/// must be packed again. Deletions, and new files with old times in unchanged directories, are not noticed.
#[must_use]
pub fn changed_since(entries: &[Entry], archive: SystemTime) -> bool {
    newest_change(entries).is_some_and(|newest| newest > archive)
}
