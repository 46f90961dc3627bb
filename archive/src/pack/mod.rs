//! Writes archives.
//!
//! The files are read and compressed on several threads, small ones whole, large ones in blocks; the calling thread
//! lays the results down in the order of the entries. So output is the same on every run and memory is bounded by the
//! number of threads, whatever the number and size of files.

mod coder;
mod gzip;
mod pieces;
mod raw;
mod source;
mod tar;
mod zip;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::entry::Entry;
use crate::format::{Format, Level};
use crate::select::Note;
use crate::tree::Tree;

/// Below this many bytes in all, starting threads costs more than it gains.
const WORTH_THREADS: u64 = 256 * 1024;

/// How to pack.
#[derive(Debug, Clone, Copy)]
pub struct PackOptions<'a> {
    /// The kind of archive.
    pub format: Format,
    /// How hard to compress. Without meaning for gzip and raw.
    pub level: Level,
    /// Threads that compress (`FASTZIP_ARCHIVER_CONCURRENCY`); 0 is one for each core.
    pub threads: usize,
    /// Set to give up; looked at before each block.
    pub cancel: &'a AtomicBool,
}

/// What was packed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packed {
    /// Entries in the archive.
    pub entries: u64,
    /// Bytes written.
    pub bytes: u64,
    /// Files that were left out, and why.
    pub notes: Vec<Note>,
}

/// Why an archive could not be written. Output written so far is useless.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The project directory cannot be opened.
    #[error("cannot open the project directory {}", path.display())]
    Project {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The archive cannot be written, as with a full disk.
    #[error("cannot write the archive")]
    Write(#[source] io::Error),
    /// A file that is already partly in the archive cannot be read further.
    #[error("cannot read {path}")]
    Read {
        /// The file, relative to the project directory.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Gzip and raw hold regular files only.
    #[error("the file {path:?} is not a regular file")]
    NotRegular {
        /// The path, relative to the project directory.
        path: String,
    },
    /// Raw holds one file only.
    #[error("only one file can be sent as raw")]
    NotSingle,
    /// The compressor failed.
    #[error("cannot compress")]
    Compress(#[source] io::Error),
    /// `cancel` was set.
    #[error("canceled")]
    Canceled,
}

impl PackError {
    /// Whether the disk, or a quota, is full.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        let full = |source: &io::Error| {
            matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        };
        matches!(self, Self::Write(source) if full(source))
    }
}

/// Packs entries of the project directory into `out`, in the order given.
///
/// A file that is gone or cannot be opened is left out with a note.
///
/// # Errors
/// As [`PackError`] lists; all threads have ended by then.
pub fn pack(
    project: &Path,
    entries: &[Entry],
    options: &PackOptions<'_>,
    out: &mut dyn Write,
) -> Result<Packed, PackError> {
    let tree =
        Tree::open(project).map_err(|source| PackError::Project { path: project.to_path_buf(), source })?;
    let context = Context::new(&tree, entries, options);
    let mut output = Output { inner: BufWriter::with_capacity(64 * 1024, out), written: 0 };
    let result = match options.format {
        Format::Zip | Format::ZipZstd => zip::write(&context, &mut output),
        Format::TarZstd => tar::write(&context, &mut output),
        Format::Gzip => gzip::write(&context, &mut output),
        Format::Raw => raw::write(&context, &mut output),
    };
    let bytes = output.written;
    match result.and_then(|packed| output.inner.flush().map(|()| packed).map_err(PackError::Write)) {
        Ok(packed) => Ok(Packed { bytes, ..packed }),
        Err(error) => {
            // Not dropped as it is, since that would try to write the rest once more.
            let _ = output.inner.into_parts();
            Err(error)
        }
    }
}

/// What all writers need.
struct Context<'a> {
    tree: &'a Tree,
    entries: &'a [Entry],
    format: Format,
    level: Level,
    /// Threads to use.
    threads: usize,
    /// Compress even what that enlarges, as GitLab Runner does with one entry or one thread.
    always_compress: bool,
    cancel: &'a AtomicBool,
}

impl<'a> Context<'a> {
    fn new(tree: &'a Tree, entries: &'a [Entry], options: &PackOptions<'a>) -> Self {
        let threads = match options.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        let total = entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.size()));
        Self {
            tree,
            entries,
            format: options.format,
            level: options.level,
            threads: if total < WORTH_THREADS { 1 } else { threads },
            always_compress: threads == 1 || entries.len() == 1,
            cancel: options.cancel,
        }
    }

    fn check_cancel(&self) -> Result<(), PackError> {
        if self.cancel.load(Ordering::Relaxed) { Err(PackError::Canceled) } else { Ok(()) }
    }
}

/// The archive being written, and its length so far.
struct Output<'o> {
    inner: BufWriter<&'o mut dyn Write>,
    written: u64,
}

impl Output<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), PackError> {
        self.inner.write_all(bytes).map_err(PackError::Write)?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
