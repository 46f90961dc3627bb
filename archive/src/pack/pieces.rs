//! Turns entries into compressed pieces for formats that hold each file by itself: zip and gzip.

use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

use crc32fast::Hasher;

use super::coder::Coder;
use super::source::{Source, read_at};
use super::{Context, PackError};
use crate::entry::{Attributes, Entry, Kind};
use crate::format::Format;
use crate::paths::shown;
use crate::pool::{self, Job};
use crate::select::Note;
use crate::zip_format::STORED;

/// Files up to this size are compressed whole, larger ones in blocks of it. Smaller blocks would cost size (1 % at half
/// of it), larger ones memory.
const BLOCK: usize = 512 * 1024;

/// What comes out, in the order of the entries.
pub(super) enum Piece<'e> {
    Directory(&'e Entry),
    Symlink(&'e Entry, Vec<u8>),
    Data(Data<'e>),
    /// Something was left out.
    Note(Note),
    /// A file that was small when it was selected is not any more.
    Grown(Open<'e>),
    Failed(PackError),
}

/// A block of a file, compressed.
pub(super) struct Data<'e> {
    /// With the first block: what the file is.
    pub(super) begin: Option<Begin<'e>>,
    pub(super) is_last: bool,
    pub(super) crc: Hasher,
    /// Uncompressed bytes.
    pub(super) size: u64,
    pub(super) packed: Vec<u8>,
}

pub(super) struct Begin<'e> {
    pub(super) entry: &'e Entry,
    pub(super) attributes: Attributes,
    pub(super) method: u16,
}

/// A file opened to be packed in blocks.
#[derive(Clone)]
pub(super) struct Open<'e> {
    entry: &'e Entry,
    file: Arc<File>,
    attributes: Attributes,
}

impl Open<'_> {
    /// The number of its last block. A file is never packed beyond the size it was opened with.
    fn last(&self) -> u64 {
        self.attributes.size.saturating_sub(1) / BLOCK as u64
    }
}

enum Task<'e> {
    Whole(&'e Entry),
    Block(Open<'e>, u64),
}

/// Compresses all entries and hands the pieces on in order. Pieces of one file follow each other.
pub(super) fn run<'e>(
    context: &Context<'e>,
    mut sink: impl FnMut(&Piece<'e>) -> Result<(), PackError>,
) -> Result<(), PackError> {
    let spare = Spare::default();
    let source = Source::new(context.tree);
    let tasks = Tasks { context, source, entries: context.entries.iter(), current: None };
    let window = context.threads + 2;
    let state = || Worker::new(context, &spare);
    let work = |worker: &mut Worker<'_, 'e>, task| worker.run(task);
    let mut hand_on = |piece: Piece<'e>| {
        sink(&piece)?;
        if let Piece::Data(data) = piece {
            spare.give(data.packed);
        }
        Ok(())
    };
    let mut own = None;
    pool::ordered(context.threads, window, tasks, state, work, |piece| match piece {
        Piece::Failed(error) => Err(error),
        Piece::Grown(open) => {
            let worker = own.get_or_insert_with(|| Worker::new(context, &spare));
            (0..=open.last()).try_for_each(|block| hand_on(Piece::Data(worker.block(&open, block)?)))
        }
        other => hand_on(other),
    })
}

/// Output buffers to use again.
#[derive(Default)]
struct Spare(Mutex<Vec<Vec<u8>>>);

impl Spare {
    fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn give(&self, buffer: Vec<u8>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

/// Draws the tasks from the entries.
struct Tasks<'c, 'e> {
    context: &'c Context<'e>,
    source: Source<'e>,
    entries: std::slice::Iter<'e, Entry>,
    /// The large file whose blocks are being handed out, and the next of them.
    current: Option<(Open<'e>, u64)>,
}

impl<'e> Iterator for Tasks<'_, 'e> {
    type Item = Result<Job<Task<'e>, Piece<'e>>, PackError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.context.check_cancel() {
            return Some(Err(error));
        }
        if let Some((open, block)) = self.current.take() {
            if block < open.last() {
                self.current = Some((open.clone(), block + 1));
            }
            return Some(Ok(Job::Work(Task::Block(open, block))));
        }
        let entry = self.entries.next()?;
        Some(Ok(match entry.kind {
            Kind::Directory => Job::Done(Piece::Directory(entry)),
            Kind::Symlink => Job::Done(match self.source.target(entry) {
                Ok(target) => Piece::Symlink(entry, target),
                Err(note) => Piece::Note(note),
            }),
            Kind::File if entry.stat.size <= BLOCK as u64 => Job::Work(Task::Whole(entry)),
            Kind::File => match self.source.open(entry) {
                Err(note) => Job::Done(Piece::Note(note)),
                Ok((file, attributes)) => {
                    self.current = Some((Open { entry, file: Arc::new(file), attributes }, 0));
                    return self.next();
                }
            },
        }))
    }
}

/// What one thread needs to compress.
struct Worker<'c, 'e> {
    context: &'c Context<'e>,
    spare: &'c Spare,
    source: Source<'e>,
    coder: Option<Coder>,
    input: Vec<u8>,
}

impl<'c, 'e> Worker<'c, 'e> {
    fn new(context: &'c Context<'e>, spare: &'c Spare) -> Self {
        let source = Source::new(context.tree);
        Self { context, spare, source, coder: None, input: Vec::new() }
    }

    fn run(&mut self, task: Task<'e>) -> Piece<'e> {
        let result = match task {
            Task::Whole(entry) => self.whole(entry),
            Task::Block(open, block) => self.block(&open, block).map(Piece::Data),
        };
        result.unwrap_or_else(Piece::Failed)
    }

    fn whole(&mut self, entry: &'e Entry) -> Result<Piece<'e>, PackError> {
        let (file, attributes) = match self.source.open(entry) {
            Ok(opened) => opened,
            Err(note) => return Ok(Piece::Note(note)),
        };
        if attributes.size > BLOCK as u64 {
            return Ok(Piece::Grown(Open { entry, file: Arc::new(file), attributes }));
        }
        if let Err(error) = read_at(&file, 0, attributes.size as usize, &mut self.input) {
            return Ok(Piece::Note(Note::Unreadable { path: shown(&entry.path), reason: error.to_string() }));
        }
        drop(file);
        let (method, packed) = self.encode(true, true)?;
        Ok(Piece::Data(self.data(Some(Begin { entry, attributes, method }), true, packed)))
    }

    fn block(&mut self, open: &Open<'e>, block: u64) -> Result<Data<'e>, PackError> {
        self.context.check_cancel()?;
        let offset = block * BLOCK as u64;
        let length = (open.attributes.size - offset).min(BLOCK as u64) as usize;
        read_at(&open.file, offset, length, &mut self.input)
            .map_err(|source| PackError::Read { path: shown(&open.entry.path), source })?;
        let is_last = block == open.last();
        let is_whole = block == 0 && is_last;
        let (method, packed) = self.encode(is_last, is_whole)?;
        let begin = (block == 0).then_some(Begin { entry: open.entry, attributes: open.attributes, method });
        Ok(self.data(begin, is_last, packed))
    }

    /// Compresses the input; a whole file that this would enlarge is stored.
    fn encode(&mut self, is_last: bool, is_whole: bool) -> Result<(u16, Vec<u8>), PackError> {
        let coder = match &mut self.coder {
            Some(coder) => coder,
            none => {
                let new = Coder::new(self.context.format, self.context.level).map_err(PackError::Compress)?;
                none.insert(new)
            }
        };
        let mut packed = self.spare.take();
        let method = coder.method();
        let may_store = is_whole && method != STORED && self.context.format != Format::Gzip;
        if !(may_store && self.input.is_empty()) {
            coder.encode(&self.input, is_last, &mut packed).map_err(PackError::Compress)?;
            if !(may_store && !self.context.always_compress && packed.len() >= self.input.len()) {
                return Ok((method, packed));
            }
        }
        packed.clear();
        packed.extend_from_slice(&self.input);
        Ok((STORED, packed))
    }

    fn data(&self, begin: Option<Begin<'e>>, is_last: bool, packed: Vec<u8>) -> Data<'e> {
        let mut crc = Hasher::new();
        crc.update(&self.input);
        Data { begin, is_last, crc, size: self.input.len() as u64, packed }
    }
}
