//! Looks at all files of a checkout: what they are now, and which are not there any more.

use crate::error::SnapshotError;
use crate::folder;
use crate::manifest::{Entry, Kind, Manifest};
use crate::parallel;
use crate::stamp::Stamp;
use rustix::fd::OwnedFd;
use rustix::fs::{Access, AtFlags, FileType, accessat, statat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Fills the stamps in and leaves out what is gone or is neither a file nor a link. So is what is not tracked and
/// cannot be read: those paths are given. `seen` is a moment before.
pub(crate) fn look(
    path: &Path,
    root: &OwnedFd,
    manifest: &mut Manifest,
    seen: i64,
) -> Result<Vec<PathBuf>, SnapshotError> {
    let pieces = manifest.pieces();
    // A few files are looked at sooner than a thread is started.
    let (groups, size) = (pieces.len().div_ceil(PIECES_AT_ONCE), PIECES_AT_ONCE);
    let found = parallel::map(
        groups,
        || (),
        |(), group| {
            let mut found = Vec::new();
            for (number, range) in pieces.iter().skip(group * size).take(size) {
                piece(path, root, manifest, *number, range.clone(), &mut found)?;
            }
            Ok::<_, SnapshotError>(found)
        },
    )?;
    let mut found = found.into_iter().flatten();
    let (mut gone, mut unreadable) = (false, Vec::new());
    for (number, entry) in manifest.entries.iter_mut().enumerate() {
        match found.next().unwrap_or(Seen::Gone) {
            Seen::Is(kind, stamp) => {
                (entry.kind, entry.stamp, entry.racy) = (kind, stamp, !stamp.is_settled(seen));
            }
            Seen::Gone if matches!(entry.kind, Kind::Object | Kind::ObjectLink) => {
                (entry.stamp, entry.racy) = (of_object(entry.object.of(&manifest.text)), false);
            }
            Seen::Gone => (entry.stamp.ino, gone) = (GONE, true),
            Seen::Unreadable => {
                (entry.stamp.ino, gone) = (GONE, true);
                unreadable.push(number);
            }
        }
    }
    let path = |number: &usize| {
        Some(PathBuf::from(OsString::from_vec(manifest.path(manifest.entries.get(*number)?))))
    };
    let unreadable = unreadable.iter().filter_map(path).collect();
    if gone {
        manifest.retain(|_, entry| entry.stamp.ino != GONE);
    }
    Ok(unreadable)
}

/// What an entry is now.
enum Seen {
    Is(Kind, Stamp),
    Gone,
    /// It is not tracked, and whoever runs this may not read it.
    Unreadable,
}

/// Looks at the entries of a folder.
fn piece(
    path: &Path,
    root: &OwnedFd,
    manifest: &Manifest,
    number: u32,
    range: Range<usize>,
    found: &mut Vec<Seen>,
) -> Result<(), SnapshotError> {
    let name = manifest.folder_path(number);
    let folder = folder::below(root, name);
    for entry in manifest.entries.get(range).unwrap_or_default() {
        let seen = match &folder {
            Ok(folder) => entry_in(folder, manifest, entry),
            Err(error) => Err(*error),
        };
        found.push(match seen {
            Ok(seen) => seen,
            Err(error) if folder::is_gone(error) => Seen::Gone,
            Err(error) if !entry.tracked && is_forbidden(error) => Seen::Unreadable,
            Err(error) => {
                let path = path.join(OsStr::from_bytes(&manifest.path(entry)));
                return Err(SnapshotError::Unreadable { path, source: error.into() });
            }
        });
    }
    Ok(())
}

fn entry_in(folder: &OwnedFd, manifest: &Manifest, entry: &Entry) -> Result<Seen, Errno> {
    let name = manifest.name(entry);
    let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let Some(kind) = kind(&stat) else { return Ok(Seen::Gone) };
    // What everybody may read need not be tried.
    if kind == Kind::File && !entry.tracked && stat.st_mode & 0o444 != 0o444 {
        accessat(folder, name, Access::READ_OK, AtFlags::empty())?;
    }
    Ok(Seen::Is(kind, Stamp::of(&stat)))
}

fn is_forbidden(error: Errno) -> bool {
    matches!(error, Errno::ACCESS | Errno::PERM)
}

const PIECES_AT_ONCE: usize = 64;

/// No file has this number.
const GONE: u64 = u64::MAX;

fn kind(stat: &rustix::fs::Stat) -> Option<Kind> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Some(Kind::File),
        FileType::Symlink => Some(Kind::Link),
        _ => None,
    }
}

/// A stamp that is the same for the same object: half of its name's digits as numbers.
fn of_object(name: &[u8]) -> Stamp {
    let number = |range: std::ops::Range<usize>| {
        let digits = name.get(range).and_then(|digits| std::str::from_utf8(digits).ok());
        digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0)
    };
    let mode = if name.ends_with(b"x") { 0o755 } else { 0o644 };
    let half = |range| (number(range) >> 1).cast_signed();
    Stamp { size: number(0..16), mtime: half(16..32), ctime: half(24..40), ino: 0, mode }
}
