//! The finished bytes of a log, in a file, until the coordinator has them.
//!
//! A [`Spool`] is a handle to an append-only file that many threads may write to and read from; memory does not grow
//! with the log. It keeps the length and the CRC-32 of exactly what is stored, enforces the log limit, and tells those
//! who wait ([`Watch`]) how far the log has come. It does not know what the bytes mean.

mod limit;
mod recover;
mod watch;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use limit::Room;

pub use limit::DEFAULT_LIMIT;
pub use watch::{Progress, Watch};

/// A handle to the log's bytes; clones are the same log.
#[derive(Clone)]
pub struct Spool(Arc<Shared>);

struct Shared {
    file: File,
    limit: u64,
    state: Mutex<State>,
    progress: tokio::sync::watch::Sender<Progress>,
}

#[derive(Default)]
struct State {
    length: u64,
    crc: crc32fast::Hasher,
    last: Option<u8>,
    truncated: bool,
    finished: bool,
    failure: Option<Failure>,
}

#[derive(Clone, Copy)]
struct Failure {
    kind: io::ErrorKind,
    code: Option<i32>,
}

impl State {
    fn refuses(&self) -> bool {
        self.truncated || self.finished || self.failure.is_some()
    }
}

/// Length and checksum of the log at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Bytes stored, the notice of a full log included.
    pub length: u64,
    /// CRC-32 (IEEE) of them.
    pub crc: u32,
}

impl Summary {
    /// The checksum as the final update of a job carries it: `crc32:` and eight hexadecimal digits.
    pub fn checksum(&self) -> String {
        format!("crc32:{:08x}", self.crc)
    }
}

impl Spool {
    /// An empty log in `file`, which must be empty, and open for reading and writing. What is written beyond `limit`
    /// bytes is replaced by one notice.
    pub fn new(file: File, limit: u64) -> Self {
        Self::with_state(file, limit, State::default())
    }

    fn with_state(file: File, limit: u64, state: State) -> Self {
        let progress = Progress { length: state.length, ..Progress::default() };
        let progress = tokio::sync::watch::Sender::new(progress);
        Self(Arc::new(Shared { file, limit, state: Mutex::new(state), progress }))
    }

    /// Appends bytes. Those that the limit or a failing disk (see [`Spool::error`]) does not admit are dropped: a job
    /// goes on without its log.
    pub fn append(&self, bytes: &[u8]) {
        let mut state = self.lock();
        if state.refuses() || bytes.is_empty() {
            return;
        }
        match limit::admit(state.length, self.0.limit, bytes) {
            Room::All => self.store(&mut state, bytes),
            Room::Only(fitting) => {
                self.store(&mut state, fitting);
                self.store(&mut state, limit::notice(self.0.limit).as_bytes());
                state.truncated = true;
            }
        }
        let length = state.length;
        // Under the lock, so that lengths never go back for those who watch.
        self.0.progress.send_modify(|progress| progress.length = length);
    }

    /// Up to `max` stored bytes from `offset` on; empty behind the end.
    ///
    /// # Errors
    /// The file cannot be read, or is shorter than what was written to it.
    pub fn read_at(&self, offset: u64, max: usize) -> io::Result<Bytes> {
        let left = self.len().saturating_sub(offset);
        let mut bytes = vec![0; usize::try_from(left).unwrap_or(usize::MAX).min(max)];
        self.0.file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes.into())
    }

    /// Length and checksum of what is stored.
    pub fn summary(&self) -> Summary {
        let state = self.lock();
        Summary { length: state.length, crc: state.crc.clone().finalize() }
    }

    /// Number of bytes stored.
    pub fn len(&self) -> u64 {
        self.lock().length
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the log reached its limit. Its last bytes are the notice then.
    pub fn truncated(&self) -> bool {
        self.lock().truncated
    }

    /// Whether appending is in vain: the log is full or finished, or its disk failed.
    pub fn refuses(&self) -> bool {
        self.lock().refuses()
    }

    /// What is written beyond this is replaced by one notice, in bytes.
    pub(crate) fn limit(&self) -> u64 {
        self.0.limit
    }

    /// Takes note that a part of the log could not be stored elsewhere.
    pub(crate) fn fail(&self, error: &io::Error) {
        let failure = Failure { kind: error.kind(), code: error.raw_os_error() };
        self.lock().failure.get_or_insert(failure);
    }

    /// What went wrong when bytes were stored, such as a full disk. Nothing is stored after that.
    pub fn error(&self) -> Option<io::Error> {
        let failure = self.lock().failure?;
        Some(failure.code.map_or_else(|| failure.kind.into(), io::Error::from_raw_os_error))
    }

    /// Whether the last byte is a line feed; so it is for an empty log.
    pub fn ends_line(&self) -> bool {
        self.lock().last.is_none_or(|last| last == b'\n')
    }

    /// Says that what is stored by now is worth sending without delay, for instance because a section ended.
    pub fn prompt(&self) {
        let state = self.lock();
        let length = state.length;
        self.0
            .progress
            .send_if_modified(|progress| std::mem::replace(&mut progress.prompt, length) != length);
    }

    /// Says that nothing will be appended any more, and keeps to it: what comes later is dropped.
    pub fn finish(&self) {
        self.lock().finished = true;
        self.0.progress.send_if_modified(|progress| !std::mem::replace(&mut progress.finished, true));
    }

    /// Someone to wait for more.
    pub fn watch(&self) -> Watch {
        Watch::new(self.0.progress.subscribe())
    }

    /// Stores as much as the file takes, and counts just that.
    fn store(&self, state: &mut State, mut bytes: &[u8]) {
        while !bytes.is_empty() && state.failure.is_none() {
            match self.0.file.write_at(bytes, state.length) {
                Ok(0) => state.failure = Some(Failure { kind: io::ErrorKind::WriteZero, code: None }),
                Ok(stored) => {
                    let (done, rest) = bytes.split_at(stored);
                    state.crc.update(done);
                    state.length += stored as u64;
                    state.last = done.last().copied();
                    bytes = rest;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    state.failure = Some(Failure { kind: error.kind(), code: error.raw_os_error() });
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
