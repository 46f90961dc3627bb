//! The content of single entries of a zip file, checked against what the file says of them.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use super::decode::Decoders;
use super::directory::{Item, Range, u16_at, u32_at};
use super::{Budget, UnpackError, damaged};
use crate::paths::shown;
use crate::zip_format::{ENCRYPTED, LOCAL, LOCAL_SIZE};

const BUFFER: usize = 64 * 1024;

/// Reads entries, for one thread.
pub(super) struct Content<'r> {
    budget: &'r Budget<'r>,
    archive: &'r File,
    decoders: Decoders,
    input: Vec<u8>,
    output: Vec<u8>,
}

impl<'r> Content<'r> {
    pub(super) fn new(budget: &'r Budget<'r>, archive: &'r File) -> Self {
        let decoders = Decoders::default();
        Self { budget, archive, decoders, input: vec![0; BUFFER], output: vec![0; BUFFER] }
    }

    /// Where an entry's data is, by its local header, which must agree with the central directory.
    pub(super) fn data(&self, item: &Item) -> Result<Range<'r>, UnpackError> {
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
    pub(super) fn decode(
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
            self.budget.count(bytes.len())?;
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
