//! Looks at all files of a checkout: what they are now, and which are not there any more.

use crate::error::SnapshotError;
use crate::folder;
use crate::manifest::{Kind, Manifest};
use crate::parallel;
use crate::stamp::Stamp;
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FileType, statat};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Fills the stamps in and leaves out what is gone or is neither a file nor a link. `seen` is a moment before.
pub(crate) fn look(
    path: &Path,
    root: &OwnedFd,
    manifest: &mut Manifest,
    seen: i64,
) -> Result<(), SnapshotError> {
    let pieces = manifest.pieces();
    // A few files are looked at sooner than a thread is started.
    let (groups, size) = (pieces.len().div_ceil(PIECES_AT_ONCE), PIECES_AT_ONCE);
    let found = parallel::map(
        groups,
        || (),
        |(), group| {
            let mut found = Vec::new();
            for (number, range) in pieces.iter().skip(group * size).take(size) {
                let unreadable = |name: &[u8], error: rustix::io::Errno| SnapshotError::Unreadable {
                    path: path
                        .join(OsStr::from_bytes(&crate::manifest::join(manifest.folder_path(*number), name))),
                    source: error.into(),
                };
                let entries = manifest.entries.get(range.clone()).unwrap_or_default();
                let folder = match folder::below(root, manifest.folder_path(*number)) {
                    Ok(folder) => Some(folder),
                    Err(error) if folder::is_gone(error) => None,
                    Err(error) => return Err(unreadable(b"", error)),
                };
                for entry in entries {
                    let Some(folder) = &folder else {
                        found.push(None);
                        continue;
                    };
                    match statat(folder, manifest.name(entry), AtFlags::SYMLINK_NOFOLLOW) {
                        Ok(stat) => found.push(kind(&stat).map(|kind| (kind, Stamp::of(&stat)))),
                        Err(error) if folder::is_gone(error) => found.push(None),
                        Err(error) => return Err(unreadable(manifest.name(entry), error)),
                    }
                }
            }
            Ok(found)
        },
    )?;
    let mut found = found.into_iter().flatten();
    let mut gone = false;
    for entry in &mut manifest.entries {
        match found.next().flatten() {
            Some((kind, stamp)) => {
                (entry.kind, entry.stamp, entry.racy) = (kind, stamp, !stamp.is_settled(seen));
            }
            None if matches!(entry.kind, Kind::Object | Kind::ObjectLink) => {
                (entry.stamp, entry.racy) = (of_object(entry.object.of(&manifest.text)), false);
            }
            None => (entry.stamp.ino, gone) = (GONE, true),
        }
    }
    if gone {
        manifest.retain(|_, entry| entry.stamp.ino != GONE);
    }
    Ok(())
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
