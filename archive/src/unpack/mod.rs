//! Extracts archives into a directory, which nothing leaves.
//!
//! Nothing in an archive is believed: names are checked before anything is written, paths are resolved on open
//! directories, sizes count as they come out of the decompressor, symbolic links are made last.

mod content;
mod decode;
mod directory;
mod listing;
mod name;
mod place;
mod tar;
mod tar_reader;
mod zip;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::select::Note;
use crate::tree::Tree;

pub use listing::{Listing, ZipEntry};

/// The names of one archive that are kept may take this much memory, in bytes.
const MAX_NAMES: usize = 128 * 1024 * 1024;

/// What one extraction may use at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Extracted bytes in all.
    pub bytes: u64,
    /// Entries, directories included.
    pub entries: u64,
}

impl Default for Limits {
    /// 1 TiB in 5 million entries: beyond any archive GitLab takes, below what fills a machine's memory with names.
    fn default() -> Self {
        Self { bytes: 1 << 40, entries: 5_000_000 }
    }
}

/// How to unpack.
#[derive(Debug, Clone, Copy)]
pub struct UnpackOptions<'a> {
    /// Threads that decompress (`FASTZIP_EXTRACTOR_CONCURRENCY`); 0 is one for each core.
    pub threads: usize,
    /// What stops a bomb.
    pub limits: Limits,
    /// Set to give up; looked at before each block.
    pub cancel: &'a AtomicBool,
}

/// What was unpacked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// Files, directories and links made.
    pub entries: u64,
    /// Bytes of content.
    pub bytes: u64,
    /// Entries that were left out.
    pub notes: Vec<Note>,
}

/// Why an archive could not be unpacked. What was extracted before stays.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// The directory to extract into cannot be opened.
    #[error("cannot open the directory {}", path.display())]
    Target {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The archive cannot be read.
    #[error("cannot read the archive")]
    Read(#[source] io::Error),
    /// Neither zip nor tar with Zstandard, or damaged beyond reading. Worded as GitLab Runner's users know it.
    #[error("zip: not a valid zip file")]
    NotAnArchive,
    /// A format that is never extracted.
    #[error("unsupported archive format {format:?}")]
    UnsupportedFormat {
        /// The format.
        format: &'static str,
    },
    /// An entry needs what is not supported.
    #[error("{name}: {what} is not supported")]
    Unsupported {
        /// The entry.
        name: String,
        /// What it needs.
        what: String,
    },
    /// An entry would land outside the directory. Worded as GitLab Runner's users know it.
    #[error("{name} cannot be extracted outside of chroot ({})", directory.display())]
    Outside {
        /// The entry.
        name: String,
        /// The directory.
        directory: PathBuf,
    },
    /// An entry contradicts itself or does not decompress.
    #[error("{name}: {reason}")]
    Damaged {
        /// The entry, or the archive.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// More content than allowed.
    #[error("the archive holds more than {limit} bytes")]
    TooLarge {
        /// [`Limits::bytes`].
        limit: u64,
    },
    /// More entries than allowed.
    #[error("the archive holds more than {limit} entries")]
    TooManyEntries {
        /// [`Limits::entries`].
        limit: u64,
    },
    /// A file, directory or link cannot be made.
    #[error("cannot write {path}")]
    Write {
        /// The path below the directory.
        path: String,
        /// Why, as a full disk.
        #[source]
        source: io::Error,
    },
    /// `cancel` was set.
    #[error("canceled")]
    Canceled,
}

impl UnpackError {
    /// Whether the disk, or a quota, is full.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        let full = |source: &io::Error| {
            matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        };
        matches!(self, Self::Write { source, .. } if full(source))
    }
}

/// Extracts a zip or tar.zst file, told apart by its first bytes, into the existing directory `target`.
///
/// Existing files and links are replaced, directories kept. Permissions without setuid, setgid and sticky bits, and
/// times, are restored; owners too when root extracts, as far as possible.
///
/// # Errors
/// As [`UnpackError`] lists; extraction stops at the first, and all threads have ended by then.
pub fn unpack(archive: &File, target: &Path, options: &UnpackOptions<'_>) -> Result<Unpacked, UnpackError> {
    let tree =
        Tree::open(target).map_err(|source| UnpackError::Target { path: target.to_path_buf(), source })?;
    let run = Run {
        tree: &tree,
        target,
        budget: Budget::new(options.limits, options.cancel),
        as_root: nix::unistd::Uid::effective().is_root(),
    };
    let mut magic = [0; 4];
    let length = archive.read_at(&mut magic, 0).map_err(UnpackError::Read)?;
    let unpacked = match &magic[..length] {
        [0x28, 0xB5, 0x2F, 0xFD] => tar::extract(&run, archive)?,
        [0x1F, 0x8B, ..] => return Err(UnpackError::UnsupportedFormat { format: "gzip" }),
        _ => {
            let threads = match options.threads {
                0 => std::thread::available_parallelism().map_or(1, usize::from),
                threads => threads,
            };
            zip::extract(&run, archive, threads)?
        }
    };
    Ok(unpacked)
}

/// What all parts of one extraction share.
struct Run<'a> {
    tree: &'a Tree,
    target: &'a Path,
    budget: Budget<'a>,
    as_root: bool,
}

impl Run<'_> {
    fn count(&self, bytes: usize) -> Result<(), UnpackError> {
        self.budget.count(bytes)
    }
}

/// What one reader may use.
struct Budget<'a> {
    limits: Limits,
    cancel: &'a AtomicBool,
    /// Bytes that came out so far.
    bytes: AtomicU64,
}

impl<'a> Budget<'a> {
    fn new(limits: Limits, cancel: &'a AtomicBool) -> Self {
        Self { limits, cancel, bytes: AtomicU64::new(0) }
    }

    /// Counts bytes that came out of a decompressor; an error once they are too many or on cancel.
    fn count(&self, bytes: usize) -> Result<(), UnpackError> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(UnpackError::Canceled);
        }
        let before = self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        if before.saturating_add(bytes as u64) > self.limits.bytes {
            return Err(UnpackError::TooLarge { limit: self.limits.bytes });
        }
        Ok(())
    }

    fn check_entries(&self, entries: u64) -> Result<(), UnpackError> {
        if entries > self.limits.entries {
            return Err(UnpackError::TooManyEntries { limit: self.limits.entries });
        }
        Ok(())
    }
}

/// What to restore of an entry besides its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Restore {
    /// Permission bits; `None` leaves them to the umask.
    mode: Option<u32>,
    /// User and group.
    owner: Option<(u32, u32)>,
    /// Modification time, in seconds since the epoch.
    seconds: Option<i64>,
}

fn damaged(name: &[u8], reason: &'static str) -> UnpackError {
    UnpackError::Damaged { name: crate::paths::shown(name), reason }
}

#[cfg(test)]
mod tests;
