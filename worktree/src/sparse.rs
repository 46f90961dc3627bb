//! Copies files that are mostly holes, such as images of disks, without writing the holes.

use crate::copy::Failed;
use rustix::fd::OwnedFd;
use rustix::fs::{SeekFrom, copy_file_range, ftruncate, seek};
use rustix::io::{Errno, pread, pwrite};

/// Copies what is between the holes of a file of this size. Says whether it could: not every file system knows holes.
pub(crate) fn copy(
    source: &OwnedFd,
    target: &OwnedFd,
    size: u64,
    buffer: &mut [u8],
    told: impl Fn(u64) -> Result<(), Failed>,
) -> Result<bool, Failed> {
    let mut at = 0;
    while at < size {
        let begin = match seek(source, SeekFrom::Data(at)) {
            Ok(begin) => begin,
            Err(Errno::NXIO) => {
                told(size - at)?;
                break;
            }
            Err(_) if at == 0 => return Ok(false),
            Err(error) => return Err(Failed::Read(error)),
        };
        // A hole counts as copied.
        told(begin.min(size) - at)?;
        let end = seek(source, SeekFrom::Hole(begin)).map_err(Failed::Read)?.min(size);
        Piece { source, target, at: begin, end }.copy(buffer, &told)?;
        at = end.max(begin + 1);
    }
    ftruncate(target, size).map_err(Failed::Write)?;
    Ok(true)
}

/// A part of a file.
struct Piece<'a> {
    source: &'a OwnedFd,
    target: &'a OwnedFd,
    at: u64,
    end: u64,
}

impl Piece<'_> {
    fn copy(mut self, buffer: &mut [u8], told: impl Fn(u64) -> Result<(), Failed>) -> Result<(), Failed> {
        while self.at < self.end {
            let (mut from, mut to) = (self.at, self.at);
            let most = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(crate::copy::PIECE);
            let copied = match copy_file_range(self.source, Some(&mut from), self.target, Some(&mut to), most)
            {
                Ok(bytes) => bytes,
                Err(Errno::INTR) => continue,
                Err(error @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) => return Err(Failed::Write(error)),
                Err(_) => self.through(buffer, most)?,
            };
            if copied == 0 {
                // It has become shorter; who copies it sees that it changed.
                return Ok(());
            }
            self.at += copied as u64;
            told(copied as u64)?;
        }
        Ok(())
    }

    fn through(&self, buffer: &mut [u8], most: usize) -> Result<usize, Failed> {
        let most = most.min(buffer.len());
        let buffer = buffer.get_mut(..most).unwrap_or_default();
        let bytes = pread(self.source, &mut *buffer, self.at).map_err(Failed::Read)?;
        let piece = buffer.get(..bytes).unwrap_or_default();
        pwrite(self.target, piece, self.at).map_err(Failed::Write)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::unix::fs::{FileExt, MetadataExt};

    #[test]
    fn holes_stay_holes() {
        const SIZE: u64 = 64 << 20;
        let folder = tempfile::tempdir().unwrap();
        let source = File::create_new(folder.path().join("source")).unwrap();
        source.set_len(SIZE).unwrap();
        for (at, text) in [(5 << 20, "one"), (40 << 20, "two")] {
            source.write_all_at(text.as_bytes(), at).unwrap();
        }
        let source = File::open(folder.path().join("source")).unwrap();
        let target = File::create_new(folder.path().join("target")).unwrap();
        let (from, to) = (OwnedFd::from(source), OwnedFd::from(target));
        if !copy(&from, &to, SIZE, &mut [0; 100], |_| Ok(())).unwrap() {
            return;
        }
        let data = std::fs::metadata(folder.path().join("target")).unwrap();
        assert_eq!(data.len(), SIZE);
        assert!(data.blocks() * 512 < SIZE / 8, "{}", data.blocks());
        let same = std::fs::read(folder.path().join("target")).unwrap()
            == std::fs::read(folder.path().join("source")).unwrap();
        assert!(same);
    }

    #[test]
    fn a_piece_goes_through_memory_where_it_has_to() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("source"), "0123456789").unwrap();
        let (source, target) = (
            File::open(folder.path().join("source")).unwrap(),
            File::create(folder.path().join("target")).unwrap(),
        );
        let (from, to) = (OwnedFd::from(source), OwnedFd::from(target));
        let piece = Piece { source: &from, target: &to, at: 2, end: 9 };
        assert_eq!(piece.through(&mut [0; 4], 7).unwrap(), 4);
        assert_eq!(std::fs::read(folder.path().join("target")).unwrap(), b"\0\x002345");
    }
}
