//! Extracts a tar file compressed with Zstandard, in the order of its entries; symbolic links come last.

use std::fs::File;
use std::io::{Read, Write};

use super::decode::MAX_WINDOW;
use super::directory::Range;
use super::place::Place;
use super::tar_reader::{Header, TarReader};
use super::{MAX_NAMES, Restore, Run, UnpackError, Unpacked, damaged, name};
use crate::paths::{MAX_PATH, shown};
use crate::select::Note;
use crate::tar_format::{DIRECTORY, FILE, SYMLINK};

const HARD_LINK: u8 = b'1';
const SPARSE: u8 = b'S';
const BUFFER: usize = 64 * 1024;

pub(super) fn extract(run: &Run<'_>, archive: &File) -> Result<Unpacked, UnpackError> {
    let end = archive.metadata().map_err(UnpackError::Read)?.len();
    let mut decoder =
        zstd::stream::read::Decoder::new(Range { file: archive, at: 0, end }).map_err(UnpackError::Read)?;
    decoder.window_log_max(MAX_WINDOW).map_err(UnpackError::Read)?;
    let mut tar = Tar {
        run,
        reader: TarReader::new(run, decoder),
        place: Place::new(run),
        directories: Vec::new(),
        links: Vec::new(),
        unpacked: Unpacked::default(),
        kept: 0,
        buffer: vec![0; BUFFER],
    };
    let mut entries = 0;
    while let Some(header) = tar.reader.next()? {
        entries += 1;
        run.budget.check_entries(entries)?;
        tar.entry(header)?;
    }
    tar.reader.drain()?;
    tar.finish()
}

struct Tar<'r, R> {
    run: &'r Run<'r>,
    reader: TarReader<'r, R>,
    place: Place<'r>,
    /// What to restore of directories once everything is in them.
    directories: Vec<(Vec<u8>, Restore)>,
    /// Symbolic links to make, with their targets.
    links: Vec<(Vec<u8>, Vec<u8>, Restore)>,
    unpacked: Unpacked,
    kept: usize,
    buffer: Vec<u8>,
}

impl<R: Read> Tar<'_, R> {
    fn entry(&mut self, header: Header) -> Result<(), UnpackError> {
        let path = name::check(self.run, &header.name)?;
        if header.kind != FILE || header.name.ends_with(b"/") {
            self.keep(header.name.len() + header.link.len())?;
        }
        match header.kind {
            FILE if !header.name.ends_with(b"/") => self.file(&path, &header)?,
            FILE | DIRECTORY => {
                self.place.directory(&path)?;
                self.directories.push((path, header.restore));
            }
            SYMLINK => {
                if header.link.len() > MAX_PATH {
                    return Err(damaged(&header.name, "the target of a symbolic link is too long"));
                }
                self.links.push((path, header.link, header.restore));
            }
            HARD_LINK => {
                let existing = name::check(self.run, &header.link)?;
                self.place.hard_link(&path, &existing)?;
            }
            SPARSE => {
                let (name, what) = (shown(&header.name), "a sparse file".to_owned());
                return Err(UnpackError::Unsupported { name, what });
            }
            _ => {
                self.unpacked.notes.push(Note::Irregular { path: shown(&header.name) });
                return Ok(());
            }
        }
        self.unpacked.entries += 1;
        Ok(())
    }

    /// Counts what stays in memory until the end.
    fn keep(&mut self, length: usize) -> Result<(), UnpackError> {
        self.kept += length;
        if self.kept > MAX_NAMES {
            return Err(damaged(b"tar", "the names of its links and directories are too long"));
        }
        Ok(())
    }

    fn file(&mut self, path: &[u8], header: &Header) -> Result<(), UnpackError> {
        let mut file = self.place.file(path, &header.restore)?;
        let result =
            self.copy(path, &mut file).and_then(|()| self.place.finish_file(path, &file, &header.restore));
        if result.is_err() {
            self.place.remove_file(path);
        }
        result?;
        // Not before: a size that is only claimed may be any number.
        self.unpacked.bytes += header.size;
        Ok(())
    }

    fn copy(&mut self, path: &[u8], file: &mut File) -> Result<(), UnpackError> {
        loop {
            let count = self.reader.read(&mut self.buffer)?;
            if count == 0 {
                return Ok(());
            }
            file.write_all(&self.buffer[..count])
                .map_err(|source| UnpackError::Write { path: shown(path), source })?;
        }
    }

    fn finish(mut self) -> Result<Unpacked, UnpackError> {
        for (path, target, restore) in &self.links {
            self.run.count(0)?;
            self.place.symlink(path, target, restore)?;
        }
        // Stable, so that of two entries for one directory the later one counts.
        self.directories.sort_by(|(one, _), (other, _)| other.cmp(one));
        for (path, restore) in &self.directories {
            self.place.finish_directory(path, restore)?;
        }
        Ok(self.unpacked)
    }
}
