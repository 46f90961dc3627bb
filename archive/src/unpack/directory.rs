//! Reads a zip file's central directory.
//!
//! Own code rather than a library: what matters here is what libraries leave to their callers (raw names, bounds before
//! memory is taken, entries that overlap), the writer shares the records, and the rest is small.

use std::fs::File;
use std::io::{BufReader, Read};
use std::os::unix::fs::FileExt;

use nix::sys::stat::SFlag;

use super::{Budget, MAX_NAMES, Restore, UnpackError, damaged};
use crate::entry::Kind;
use crate::paths::MAX_PATH;
use crate::zip_format::{
    CENTRAL, CENTRAL_SIZE, END, END_64, END_64_SIZE, END_SIZE, EXTRA_OWNER, EXTRA_TIME, EXTRA_ZIP64,
    IN_ZIP64, LOCAL_SIZE, LOCATOR_64, LOCATOR_64_SIZE, from_msdos,
};

/// An entry as the central directory describes it.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// The stored name.
    pub(super) name: Box<[u8]>,
    /// `None` for what is not extracted: devices and the like.
    pub(super) kind: Option<Kind>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    /// Where its local header begins.
    pub(super) offset: u64,
    /// Where the next entry, or the directory, begins: its data ends before.
    pub(super) bound: u64,
    pub(super) restore: Restore,
}

/// All entries, in the directory's order.
pub(super) fn read(budget: &Budget<'_>, archive: &File) -> Result<Vec<Item>, UnpackError> {
    let length = archive.metadata().map_err(UnpackError::Read)?.len();
    let place = find(archive, length)?;
    budget.check_entries(place.entries)?;
    let mut reader =
        BufReader::with_capacity(64 * 1024, Range { file: archive, at: place.begin, end: place.end });
    let mut items = Vec::new();
    let mut names = 0;
    for _ in 0..place.entries {
        let item = read_item(&mut reader, &place)?;
        names += item.name.len();
        if names > MAX_NAMES {
            return Err(damaged(b"central directory", "its names are too long"));
        }
        items.push(item);
    }
    bound(&mut items, place.begin)?;
    Ok(items)
}

/// Where the central directory is.
struct Place {
    entries: u64,
    begin: u64,
    end: u64,
    /// How far the whole archive is moved, as when a program precedes it.
    moved: u64,
}

/// Finds the end record and what it says, zip64 included.
fn find(archive: &File, length: u64) -> Result<Place, UnpackError> {
    let tail = length.min((END_SIZE + usize::from(u16::MAX)) as u64) as usize;
    let mut buffer = vec![0; tail];
    archive.read_exact_at(&mut buffer, length - tail as u64).map_err(UnpackError::Read)?;
    let at = (0..=tail.saturating_sub(END_SIZE))
        .rev()
        .find(|&at| {
            buffer.len() >= at + END_SIZE
                && u32_at(&buffer, at) == END
                && at + END_SIZE + usize::from(u16_at(&buffer, at + 20)) <= tail
        })
        .ok_or(UnpackError::NotAnArchive)?;
    let end = &buffer[at..];
    let position = length - tail as u64 + at as u64;
    let mut entries = u64::from(u16_at(end, 10));
    let mut size = u64::from(u32_at(end, 12));
    let mut offset = u64::from(u32_at(end, 16));
    let mut directory_end = position;
    let limit = u64::from(IN_ZIP64);
    let is_64 = entries == u64::from(u16::MAX) || size == limit || offset == limit;
    if is_64 && let Some((found, record)) = find_64(archive, position)? {
        directory_end = found;
        entries = u64_at(&record, 32);
        size = u64_at(&record, 40);
        offset = u64_at(&record, 48);
    }
    let begin = directory_end.checked_sub(size).ok_or(UnpackError::NotAnArchive)?;
    let moved = begin.checked_sub(offset).ok_or(UnpackError::NotAnArchive)?;
    // Each entry takes at least its fixed part.
    if entries.checked_mul(CENTRAL_SIZE as u64).is_none_or(|least| least > size) {
        return Err(UnpackError::NotAnArchive);
    }
    Ok(Place { entries, begin, end: directory_end, moved })
}

/// The zip64 end record that belongs to an end record at `position`.
fn find_64(archive: &File, position: u64) -> Result<Option<(u64, [u8; END_64_SIZE])>, UnpackError> {
    let Some(at) = position.checked_sub(LOCATOR_64_SIZE as u64) else { return Ok(None) };
    let mut locator = [0; LOCATOR_64_SIZE];
    archive.read_exact_at(&mut locator, at).map_err(UnpackError::Read)?;
    if u32_at(&locator, 0) != LOCATOR_64 {
        return Ok(None);
    }
    // As the locator says, or right before it if the archive was moved.
    let places = [Some(u64_at(&locator, 8)), at.checked_sub(END_64_SIZE as u64)];
    for found in places.into_iter().flatten().filter(|found| found.saturating_add(END_64_SIZE as u64) <= at) {
        let mut record = [0; END_64_SIZE];
        archive.read_exact_at(&mut record, found).map_err(UnpackError::Read)?;
        if u32_at(&record, 0) == END_64 {
            return Ok(Some((found, record)));
        }
    }
    Err(UnpackError::NotAnArchive)
}

fn read_item(reader: &mut impl Read, place: &Place) -> Result<Item, UnpackError> {
    let mut fixed = [0; CENTRAL_SIZE];
    fill(reader, &mut fixed)?;
    if u32_at(&fixed, 0) != CENTRAL {
        return Err(UnpackError::NotAnArchive);
    }
    let mut name = vec![0; u16_at(&fixed, 28).into()];
    let mut extra = vec![0; u16_at(&fixed, 30).into()];
    let mut comment = vec![0; u16_at(&fixed, 32).into()];
    for part in [&mut name, &mut extra, &mut comment] {
        fill(reader, part)?;
    }
    if name.len() > MAX_PATH {
        return Err(damaged(&name[..64], "its name is too long"));
    }
    let mut item = Item {
        kind: None,
        flags: u16_at(&fixed, 8),
        method: u16_at(&fixed, 10),
        crc: u32_at(&fixed, 16),
        packed: u32_at(&fixed, 20).into(),
        size: u32_at(&fixed, 24).into(),
        offset: u32_at(&fixed, 42).into(),
        bound: 0,
        restore: Restore {
            seconds: Some(from_msdos(u16_at(&fixed, 14), u16_at(&fixed, 12))),
            ..Restore::default()
        },
        name: name.into(),
    };
    item.read_extra(&extra)?;
    item.read_mode(fixed[5], u32_at(&fixed, 38));
    item.offset = item.offset.checked_add(place.moved).ok_or(UnpackError::NotAnArchive)?;
    Ok(item)
}

impl Item {
    fn read_extra(&mut self, mut extra: &[u8]) -> Result<(), UnpackError> {
        while extra.len() >= 4 {
            let (id, length) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
            let Some(value) = extra.get(4..4 + length) else { break };
            match id {
                EXTRA_ZIP64 => self.read_zip64(value)?,
                EXTRA_TIME if length >= 5 && value[0] & 1 != 0 => {
                    self.restore.seconds = Some(i64::from(u32_at(value, 1).cast_signed()));
                }
                EXTRA_OWNER => self.restore.owner = owner(value).or(self.restore.owner),
                _ => {}
            }
            extra = &extra[4 + length..];
        }
        Ok(())
    }

    /// Holds, in this order, those of the numbers that their own field has no room for.
    fn read_zip64(&mut self, value: &[u8]) -> Result<(), UnpackError> {
        let mut numbers = value.chunks_exact(8).map(|number| u64_at(number, 0));
        for field in [&mut self.size, &mut self.packed, &mut self.offset] {
            if *field == u64::from(IN_ZIP64) {
                *field = numbers.next().ok_or(UnpackError::NotAnArchive)?;
            }
        }
        Ok(())
    }

    fn read_mode(&mut self, system: u8, attributes: u32) {
        const UNIX: u8 = 3;
        const MACOS: u8 = 19;
        let unix = matches!(system, UNIX | MACOS).then_some(attributes >> 16).filter(|&mode| mode != 0);
        self.restore.mode = unix.map(|mode| mode & 0o777);
        let format = SFlag::from_bits_truncate(unix.unwrap_or(0)) & SFlag::S_IFMT;
        self.kind = match format {
            _ if self.name.ends_with(b"/") => Some(Kind::Directory),
            SFlag::S_IFDIR => Some(Kind::Directory),
            SFlag::S_IFLNK => Some(Kind::Symlink),
            SFlag::S_IFREG => Some(Kind::File),
            format if format.is_empty() => {
                Some(if attributes & 0x10 != 0 { Kind::Directory } else { Kind::File })
            }
            _ => None,
        };
    }
}

/// User and group of an Info-ZIP owner field with numbers of four bytes or fewer.
fn owner(value: &[u8]) -> Option<(u32, u32)> {
    let (&[1, length], rest) = value.split_first_chunk::<2>()? else { return None };
    let (user, rest) = rest.split_at_checked(length.into())?;
    let (&length, rest) = rest.split_first()?;
    let (group, _) = rest.split_at_checked(length.into())?;
    let number = |bytes: &[u8]| {
        (1..=4)
            .contains(&bytes.len())
            .then(|| bytes.iter().rev().fold(0, |sum, &byte| sum << 8 | u32::from(byte)))
    };
    Some((number(user)?, number(group)?))
}

/// Gives every entry the place where the next one begins, and refuses those that cannot fit before it: entries that
/// share data are how a small archive is made to unpack into a huge one.
fn bound(items: &mut [Item], directory: u64) -> Result<(), UnpackError> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_unstable_by_key(|&index| items[index].offset);
    let mut next = directory;
    for &index in order.iter().rev() {
        let item = &mut items[index];
        let least = (LOCAL_SIZE + item.name.len()) as u64;
        let end = item.offset.checked_add(least).and_then(|end| end.checked_add(item.packed));
        if end.is_none_or(|end| end > next) {
            return Err(damaged(&item.name, "overlaps what follows it in the archive"));
        }
        item.bound = next;
        next = item.offset;
    }
    Ok(())
}

/// A part of a file, read without moving the file's own position. It is an error if the file ends before the part.
pub(super) struct Range<'f> {
    pub(super) file: &'f File,
    pub(super) at: u64,
    pub(super) end: u64,
}

impl Read for Range<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = (self.end - self.at).min(buffer.len() as u64) as usize;
        let count = self.file.read_at(&mut buffer[..length], self.at)?;
        if count == 0 && length > 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        self.at += count as u64;
        Ok(count)
    }
}

fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> Result<(), UnpackError> {
    reader.read_exact(buffer).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => UnpackError::NotAnArchive,
        _ => UnpackError::Read(error),
    })
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
