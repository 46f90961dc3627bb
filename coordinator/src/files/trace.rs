//! One trace: bytes are added at its end, and nowhere else.

use super::place::open_private;
use super::traces::{TraceError, TraceState};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How much of a file is looked at in one piece.
const PIECE: usize = 256 * 1024;

/// A trace that was opened.
#[derive(Debug)]
pub(super) struct Trace {
    file: File,
    end: Mutex<End>,
    told: watch::Sender<TraceState>,
}

/// What is known of the end of a trace.
#[derive(Debug)]
struct End {
    length: u64,
    crc: crc32fast::Hasher,
    sealed: bool,
    /// When somebody last looked at it without following it.
    looked: Option<Instant>,
    /// When it was last written, or opened.
    touched: Instant,
    /// When the runner first said that it had sent more than what is here.
    waiting: Option<Instant>,
}

impl Trace {
    /// Opens a trace, or begins it. What is in the file is read once for its checksum.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = open_private(path)?;
        let (length, crc) = measure(&file)?;
        let end = End { length, crc, sealed: false, looked: None, touched: Instant::now(), waiting: None };
        Ok(Self {
            file,
            end: Mutex::new(end),
            told: watch::Sender::new(TraceState { length, sealed: false }),
        })
    }

    fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds bytes at `offset`, which must be the end; answers the new length. The bytes are with the system when this
    /// returns: they outlive the process. Blocks.
    pub(super) fn append(&self, offset: u64, bytes: &[u8], limit: u64) -> Result<u64, TraceError> {
        let mut end = self.end();
        if end.sealed {
            return Err(TraceError::Sealed);
        }
        if offset != end.length {
            return Err(TraceError::Offset { stored: end.length });
        }
        let length = offset.saturating_add(bytes.len() as u64);
        if length > limit {
            return Err(TraceError::TooLong { limit });
        }
        // What was written only in part is not counted, and written over by the next try.
        self.file.write_all_at(bytes, offset)?;
        end.crc.update(bytes);
        end.length = length;
        end.touched = Instant::now();
        end.waiting = None;
        self.told.send_replace(TraceState { length, sealed: false });
        Ok(length)
    }

    pub(super) fn length(&self) -> u64 {
        self.end().length
    }

    /// CRC-32 of all bytes.
    pub(super) fn crc32(&self) -> u32 {
        self.end().crc.clone().finalize()
    }

    /// Nothing is added any more.
    pub(super) fn seal(&self) {
        let mut end = self.end();
        end.sealed = true;
        self.told.send_replace(TraceState { length: end.length, sealed: true });
    }

    /// A receiver that hears of every change.
    pub(super) fn follow(&self) -> watch::Receiver<TraceState> {
        self.told.subscribe()
    }

    /// Somebody looks at it now.
    pub(super) fn look(&self) {
        self.end().looked = Some(Instant::now());
    }

    /// Whether somebody follows it, or looked at it within `recently`.
    pub(super) fn is_watched(&self, recently: Duration) -> bool {
        self.told.receiver_count() > 0 || self.end().looked.is_some_and(|at| at.elapsed() < recently)
    }

    /// Whether nothing happened to it for so long.
    pub(super) fn is_idle(&self, since: Duration) -> bool {
        let end = self.end();
        self.told.receiver_count() == 0 && end.touched.elapsed() >= since
    }

    /// For how long the runner has waited for bytes that it sent to be here; from now on, if it has not.
    pub(super) fn waited(&self) -> Duration {
        self.end().waiting.get_or_insert_with(Instant::now).elapsed()
    }

    /// Bytes from `offset`, at most `most` of them.
    pub(super) fn read(&self, offset: u64, most: usize) -> io::Result<Vec<u8>> {
        read_at(&self.file, offset, most, self.length())
    }
}

/// Bytes of a file that counts as `length` long.
pub(super) fn read_at(file: &File, offset: u64, most: usize, length: u64) -> io::Result<Vec<u8>> {
    let count = length.saturating_sub(offset).min(most as u64);
    let mut bytes = vec![0; usize::try_from(count).unwrap_or(most)];
    file.read_exact_at(&mut bytes, offset)?;
    Ok(bytes)
}

fn measure(file: &File) -> io::Result<(u64, crc32fast::Hasher)> {
    let mut crc = crc32fast::Hasher::new();
    let mut length = 0;
    if file.metadata()?.len() == 0 {
        return Ok((0, crc));
    }
    let mut piece = vec![0; PIECE];
    loop {
        match file.read_at(&mut piece, length) {
            Ok(0) => return Ok((length, crc)),
            Ok(count) => {
                crc.update(piece.get(..count).unwrap_or_default());
                length += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
