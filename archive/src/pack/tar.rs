//! Tar, compressed with Zstandard in frames of [`CHUNK`] bytes on several threads.

use std::fs::File;
use std::sync::{Mutex, PoisonError};

use super::coder::Coder;
use super::source::{Source, fill_at};
use super::zip::stored_name;
use super::{Context, Output, PackError, Packed};
use crate::entry::{Entry, Kind};
use crate::paths::shown;
use crate::pool::{self, Job};
use crate::select::Note;
use crate::tar_format::{BLOCK, DIRECTORY, FILE, SYMLINK, headers};

/// Bytes of tar in one frame: more would compress better and need more memory.
const CHUNK: usize = 1024 * 1024;

/// A compressed chunk, and its plain bytes' buffer to use again.
type Frame = Result<(Vec<u8>, Vec<u8>), PackError>;

pub(super) fn write(context: &Context<'_>, out: &mut Output<'_>) -> Result<Packed, PackError> {
    let spare = Mutex::new(Vec::new());
    let mut packed = Packed::default();
    let tasks = Stream {
        context,
        source: Source::new(context.tree),
        entries: context.entries.iter(),
        current: None,
        is_done: false,
        spare: &spare,
        packed: &mut packed,
    };
    let state = || None::<Coder>;
    let work = |coder: &mut Option<Coder>, plain: Vec<u8>| -> Frame {
        let coder = match coder {
            Some(coder) => coder,
            none => none.insert(Coder::new(context.format, context.level).map_err(PackError::Compress)?),
        };
        let mut frame = Vec::new();
        coder.encode(&plain, true, &mut frame).map_err(PackError::Compress)?;
        Ok((frame, plain))
    };
    pool::ordered(context.threads, context.threads + 2, tasks, state, work, |frame: Frame| {
        let (frame, plain) = frame?;
        out.put(&frame)?;
        spare.lock().unwrap_or_else(PoisonError::into_inner).push(plain);
        Ok(())
    })?;
    Ok(packed)
}

/// Draws the tar stream, a chunk at a time.
struct Stream<'c, 'e> {
    context: &'c Context<'e>,
    source: Source<'e>,
    entries: std::slice::Iter<'e, Entry>,
    current: Option<Content<'e>>,
    is_done: bool,
    spare: &'c Mutex<Vec<Vec<u8>>>,
    packed: &'c mut Packed,
}

/// A file partly in the stream.
struct Content<'e> {
    entry: &'e Entry,
    /// Gone once it turned out shorter than its header says.
    file: Option<File>,
    offset: u64,
    size: u64,
}

impl Iterator for Stream<'_, '_> {
    type Item = Result<Job<Vec<u8>, Frame>, PackError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let mut chunk = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        chunk.clear();
        Some(self.fill(&mut chunk).map(|()| Job::Work(chunk)))
    }
}

impl<'e> Stream<'_, 'e> {
    fn fill(&mut self, chunk: &mut Vec<u8>) -> Result<(), PackError> {
        self.context.check_cancel()?;
        while chunk.len() < CHUNK {
            if let Some(content) = self.current.take() {
                self.read(content, chunk)?;
            } else if let Some(entry) = self.entries.next() {
                self.begin(entry, chunk);
            } else {
                chunk.resize(chunk.len() + 2 * BLOCK, 0);
                self.is_done = true;
                break;
            }
        }
        Ok(())
    }

    fn begin(&mut self, entry: &'e Entry, chunk: &mut Vec<u8>) {
        let name = stored_name(entry);
        match entry.kind {
            Kind::Directory => chunk.extend(headers(&name, DIRECTORY, b"", &entry.stat, 0)),
            Kind::Symlink => match self.source.target(entry) {
                Ok(target) => chunk.extend(headers(&name, SYMLINK, &target, &entry.stat, 0)),
                Err(note) => return self.packed.notes.push(note),
            },
            Kind::File => match self.source.open(entry) {
                Ok((file, stat)) => {
                    chunk.extend(headers(&name, FILE, b"", &stat, stat.size));
                    self.current = Some(Content { entry, file: Some(file), offset: 0, size: stat.size });
                }
                Err(note) => return self.packed.notes.push(note),
            },
        }
        self.packed.entries += 1;
    }

    /// Adds content up to the end of the chunk, or the file with its padding.
    fn read(&mut self, mut content: Content<'e>, chunk: &mut Vec<u8>) -> Result<(), PackError> {
        let length = (content.size - content.offset).min((CHUNK - chunk.len()) as u64) as usize;
        let begin = chunk.len();
        chunk.resize(begin + length, 0);
        if let Some(file) = &content.file {
            let filled = fill_at(file, content.offset, &mut chunk[begin..])
                .map_err(|source| PackError::Read { path: shown(&content.entry.path), source })?;
            if filled < length {
                // The header has promised its size; what is missing stays zero.
                self.packed.notes.push(Note::Shrunk { path: shown(&content.entry.path) });
                content.file = None;
            }
        }
        content.offset += length as u64;
        if content.offset < content.size {
            self.current = Some(content);
        } else {
            chunk.resize(chunk.len().next_multiple_of(BLOCK), 0);
        }
        Ok(())
    }
}
