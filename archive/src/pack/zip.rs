//! Lays compressed pieces down as a zip file.

use std::borrow::Cow;

use crc32fast::Hasher;

use super::pieces::{Begin, Data, Piece, run};
use super::{Context, Output, PackError, Packed};
use crate::entry::{Attributes, Entry, Kind};
use crate::zip_format::{Record, STORED, end};

pub(super) fn write(context: &Context<'_>, out: &mut Output<'_>) -> Result<Packed, PackError> {
    let mut zip = Zip { out, directory: Vec::new(), current: None, packed: Packed::default() };
    run(context, |piece| zip.piece(piece))?;
    zip.finish()
}

struct Zip<'z, 'o> {
    out: &'z mut Output<'o>,
    /// The central directory so far.
    directory: Vec<u8>,
    current: Option<Current>,
    packed: Packed,
}

/// A file whose blocks are being written.
struct Current {
    name: Vec<u8>,
    attributes: Attributes,
    method: u16,
    offset: u64,
    crc: Hasher,
    packed: u64,
    size: u64,
}

impl Current {
    fn record(&self) -> Record<'_> {
        Record {
            name: &self.name,
            attributes: self.attributes,
            is_directory: false,
            method: self.method,
            streamed: true,
            crc: self.crc.clone().finalize(),
            packed: self.packed,
            size: self.size,
            offset: self.offset,
        }
    }
}

impl Zip<'_, '_> {
    fn piece(&mut self, piece: &Piece<'_>) -> Result<(), PackError> {
        match piece {
            Piece::Directory(entry) => self.plain(entry, &[]),
            Piece::Symlink(entry, target) => self.plain(entry, target),
            Piece::Data(data) => self.data(data),
            Piece::Note(note) => {
                self.packed.notes.push(note.clone());
                Ok(())
            }
            Piece::Grown(_) | Piece::Failed(_) => Ok(()),
        }
    }

    /// A directory, or a symbolic link with its target: stored, sizes known beforehand.
    fn plain(&mut self, entry: &Entry, content: &[u8]) -> Result<(), PackError> {
        let record = Record {
            name: &stored_name(entry),
            attributes: entry.stat,
            is_directory: entry.kind == Kind::Directory,
            method: STORED,
            streamed: false,
            crc: crc32fast::hash(content),
            packed: content.len() as u64,
            size: content.len() as u64,
            offset: self.out.written,
        };
        self.out.put(&record.local())?;
        self.out.put(content)?;
        record.central(&mut self.directory);
        self.packed.entries += 1;
        Ok(())
    }

    fn data(&mut self, data: &Data<'_>) -> Result<(), PackError> {
        if let Some(begin) = &data.begin {
            let current = self.begin(begin);
            self.out.put(&current.record().local())?;
            self.current = Some(current);
        }
        self.out.put(&data.packed)?;
        let Some(mut current) = self.current.take() else { return Ok(()) };
        current.crc.combine(&data.crc);
        current.size += data.size;
        current.packed += data.packed.len() as u64;
        if data.is_last {
            let record = current.record();
            self.out.put(&record.descriptor())?;
            record.central(&mut self.directory);
            self.packed.entries += 1;
        } else {
            self.current = Some(current);
        }
        Ok(())
    }

    fn begin(&self, begin: &Begin<'_>) -> Current {
        Current {
            name: begin.entry.path.to_vec(),
            attributes: begin.attributes,
            method: begin.method,
            offset: self.out.written,
            crc: Hasher::new(),
            packed: 0,
            size: 0,
        }
    }

    fn finish(self) -> Result<Packed, PackError> {
        let offset = self.out.written;
        self.out.put(&self.directory)?;
        self.out.put(&end(self.packed.entries, offset, self.directory.len() as u64))?;
        Ok(self.packed)
    }
}

/// The name an archive holds: directories end in a slash, the project directory itself is `./`.
pub(super) fn stored_name(entry: &Entry) -> Cow<'_, [u8]> {
    match (entry.kind, &*entry.path) {
        (Kind::Directory, []) => Cow::Borrowed(b"./"),
        (Kind::Directory, path) => Cow::Owned([path, b"/"].concat()),
        (Kind::File | Kind::Symlink, path) => Cow::Borrowed(path),
    }
}
