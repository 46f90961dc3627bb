//! Extracts a zip file: directories, then files on several threads, then links, then the directories' times.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering;

use super::decode::Decoders;
use super::directory::{self, Item, Range, u16_at, u32_at};
use super::place::Place;
use super::{Run, UnpackError, Unpacked, damaged, name};
use crate::entry::Kind;
use crate::paths::{MAX_PATH, shown};
use crate::pool::{self, Job};
use crate::select::Note;
use crate::zip_format::{ENCRYPTED, LOCAL, LOCAL_SIZE};

const BUFFER: usize = 64 * 1024;
/// Results that may wait for an earlier file; they hold nothing, so one large file stops nobody.
const WINDOW: usize = 4096;
/// Below this many bytes in all, starting threads costs more than it gains.
const WORTH_THREADS: u64 = 256 * 1024;

pub(super) fn extract(run: &Run<'_>, archive: &File, threads: usize) -> Result<Unpacked, UnpackError> {
    let items = directory::read(run, archive)?;
    let mut notes = Vec::new();
    let targets = targets(run, &items, &mut notes)?;
    let of_kind = |kind| targets.iter().filter(move |target| target.item.kind == Some(kind));
    let mut place = Place::new(run);
    for target in of_kind(Kind::Directory) {
        run.count(0)?;
        place.directory(&target.path)?;
    }
    let total = of_kind(Kind::File).fold(0_u64, |sum, target| sum.saturating_add(target.item.size));
    let threads = if total < WORTH_THREADS { 1 } else { threads };
    let tasks = of_kind(Kind::File).map(|target| Ok(Job::Work(target)));
    let state = || Worker::new(run, archive);
    let work = |worker: &mut Worker<'_>, target: &Target<'_>| worker.file(target);
    pool::ordered(threads, WINDOW, tasks, state, work, |result| result)?;
    let mut worker = Worker::new(run, archive);
    for target in of_kind(Kind::Symlink) {
        run.count(0)?;
        worker.symlink(target)?;
    }
    let mut directories: Vec<_> = of_kind(Kind::Directory).collect();
    // Deepest first: a directory may be closed to us once it has its permissions.
    directories.sort_unstable_by(|one, other| other.path.cmp(&one.path));
    for target in directories {
        place.finish_directory(&target.path, &target.item.restore)?;
    }
    Ok(Unpacked { entries: targets.len() as u64, bytes: run.bytes.load(Ordering::Relaxed), notes })
}

/// An entry and where it goes.
struct Target<'i> {
    path: Vec<u8>,
    item: &'i Item,
}

/// Checks all names. Of several entries with one name the last counts, as if they were extracted in order.
fn targets<'i>(
    run: &Run<'_>,
    items: &'i [Item],
    notes: &mut Vec<Note>,
) -> Result<Vec<Target<'i>>, UnpackError> {
    let mut targets: Vec<Target<'i>> = Vec::with_capacity(items.len());
    for item in items {
        let path = name::check(run, &item.name)?;
        if item.kind.is_none() {
            notes.push(Note::Irregular { path: shown(&item.name) });
        } else {
            targets.push(Target { path, item });
        }
    }
    let last: HashMap<&[u8], usize> =
        targets.iter().enumerate().map(|(index, target)| (target.path.as_slice(), index)).collect();
    if last.len() < targets.len() {
        let keep: Vec<bool> =
            targets.iter().enumerate().map(|(index, target)| last[target.path.as_slice()] == index).collect();
        let mut keep = keep.into_iter();
        targets.retain(|_| keep.next().unwrap_or(true));
    }
    Ok(targets)
}

/// What one thread needs to extract files.
struct Worker<'r> {
    run: &'r Run<'r>,
    archive: &'r File,
    place: Place<'r>,
    decoders: Decoders,
    input: Vec<u8>,
    output: Vec<u8>,
}

impl<'r> Worker<'r> {
    fn new(run: &'r Run<'r>, archive: &'r File) -> Self {
        let place = Place::new(run);
        Self {
            run,
            archive,
            place,
            decoders: Decoders::default(),
            input: vec![0; BUFFER],
            output: vec![0; BUFFER],
        }
    }

    fn file(&mut self, target: &Target<'_>) -> Result<(), UnpackError> {
        let data = self.data(target.item)?;
        let mut file = self.place.file(&target.path, &target.item.restore)?;
        let result = self
            .decode(target.item, data, |bytes| {
                file.write_all(bytes)
                    .map_err(|source| UnpackError::Write { path: shown(&target.path), source })
            })
            .and_then(|()| self.place.finish_file(&target.path, &file, &target.item.restore));
        if result.is_err() {
            self.place.remove_file(&target.path);
        }
        result
    }

    fn symlink(&mut self, target: &Target<'_>) -> Result<(), UnpackError> {
        if target.item.size > MAX_PATH as u64 {
            return Err(damaged(&target.item.name, "the target of a symbolic link is too long"));
        }
        let data = self.data(target.item)?;
        let mut link = Vec::new();
        self.decode(target.item, data, |bytes| {
            link.extend_from_slice(bytes);
            Ok(())
        })?;
        self.place.symlink(&target.path, &link, &target.item.restore)
    }

    /// Where an entry's data is, by its local header, which must agree with the central directory.
    fn data(&self, item: &Item) -> Result<Range<'r>, UnpackError> {
        let unsupported =
            |what: &str| Err(UnpackError::Unsupported { name: shown(&item.name), what: what.to_owned() });
        if item.flags & ENCRYPTED != 0 {
            return unsupported("encryption");
        }
        let mut header = vec![0; LOCAL_SIZE + item.name.len()];
        self.archive.read_exact_at(&mut header, item.offset).map_err(read_error)?;
        let agrees = u32_at(&header, 0) == LOCAL
            && u16_at(&header, 8) == item.method
            && usize::from(u16_at(&header, 26)) == item.name.len()
            && header[LOCAL_SIZE..] == *item.name;
        if !agrees {
            return Err(damaged(&item.name, "its two headers differ"));
        }
        let at = item.offset + header.len() as u64 + u64::from(u16_at(&header, 28));
        let end = at.saturating_add(item.packed);
        if end > item.bound {
            return Err(damaged(&item.name, "overlaps what follows it in the archive"));
        }
        Ok(Range { file: self.archive, at, end })
    }

    /// Decompresses an entry, checking size and checksum.
    fn decode(
        &mut self,
        item: &Item,
        mut data: Range<'_>,
        mut sink: impl FnMut(&[u8]) -> Result<(), UnpackError>,
    ) -> Result<(), UnpackError> {
        let wrong = |reason| damaged(&item.name, reason);
        let begun = self.decoders.begin(item.method).map_err(UnpackError::Read)?;
        let mut decoder = begun.ok_or_else(|| UnpackError::Unsupported {
            name: shown(&item.name),
            what: format!("compression method {}", item.method),
        })?;
        let mut crc = crc32fast::Hasher::new();
        let (mut begin, mut end, mut size) = (0, 0, 0_u64);
        loop {
            if begin == end {
                begin = 0;
                end = data.read(&mut self.input).map_err(read_error)?;
            }
            let step = decoder
                .step(&self.input[begin..end], &mut self.output)
                .map_err(|_| wrong("its data does not decompress"))?;
            begin += step.consumed;
            let bytes = &self.output[..step.produced];
            size += bytes.len() as u64;
            if size > item.size {
                return Err(wrong("its size differs from what the archive says"));
            }
            self.run.count(bytes.len())?;
            crc.update(bytes);
            sink(bytes)?;
            let is_empty = begin == end && data.at == data.end;
            if step.may_end && is_empty {
                break;
            }
            if step.consumed == 0 && step.produced == 0 && (is_empty || begin < end) {
                return Err(wrong("its data does not decompress"));
            }
        }
        if size != item.size {
            return Err(wrong("its size differs from what the archive says"));
        }
        if crc.finalize() != item.crc {
            return Err(wrong("its checksum differs from what the archive says"));
        }
        Ok(())
    }
}

/// A file shorter than its directory says is damaged, not unreadable.
fn read_error(error: io::Error) -> UnpackError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => UnpackError::NotAnArchive,
        _ => UnpackError::Read(error),
    }
}
