//! The traces of jobs: files that grow at their end.
//!
//! What was acknowledged is with the operating system, so that it outlives this process (`kill -9`), though not the
//! machine. The bytes are kept exactly as the runner sent them, since it counts them too.

use super::place::{Place, remove_file};
use super::trace::{Trace, read_at};
use bytes::Bytes;
use pipeline::JobId;
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How long somebody counts as watching who asked for a trace once.
const WATCHING: Duration = Duration::from_secs(10);
/// A trace that nothing was added to for so long is closed; it is opened again for more.
const IDLE: Duration = Duration::from_secs(600);
/// So many open traces are not looked through for idle ones.
const FEW: usize = 64;

/// Why a trace did not take bytes.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// They do not begin where the trace ends.
    #[error("the trace has {stored} bytes")]
    Offset {
        /// Its length.
        stored: u64,
    },
    /// It would be too long.
    #[error("the trace would be longer than {limit} bytes")]
    TooLong {
        /// The longest trace.
        limit: u64,
    },
    /// Its job is over.
    #[error("the job is over")]
    Sealed,
    /// The disk failed.
    #[error("the trace cannot be kept")]
    Disk(#[from] io::Error),
}

/// How far a trace is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraceState {
    /// Its length in bytes.
    pub length: u64,
    /// Whether nothing is added any more.
    pub sealed: bool,
}

/// All traces. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Traces {
    place: Place,
    limit: u64,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug)]
struct Open {
    traces: HashMap<JobId, Arc<Trace>>,
    /// So many are there before idle ones are looked for.
    look_at: usize,
}

impl Traces {
    pub(super) fn new(place: Place, limit: u64) -> Self {
        let open = Open { traces: HashMap::new(), look_at: FEW };
        Self { place, limit, open: Arc::new(Mutex::new(open)) }
    }

    /// Adds bytes at `offset`, which must be the end of the trace; answers its new length.
    ///
    /// # Errors
    /// Where the trace does not end there, is over or too long, or the disk fails. Nothing was added then.
    pub async fn append(&self, job: JobId, offset: u64, bytes: Bytes) -> Result<u64, TraceError> {
        let this = self.clone();
        blocking(move || this.trace(job)?.append(offset, &bytes, this.limit)).await?
    }

    /// The length of a trace in bytes.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn length(&self, job: JobId) -> io::Result<u64> {
        if let Some(trace) = self.known(job) {
            return Ok(trace.length());
        }
        let path = self.place.trace(job);
        blocking(move || match std::fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            found => found.map(|found| found.len()),
        })
        .await?
    }

    /// Length and CRC-32 of a trace of a job that is not over.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn measure(&self, job: JobId) -> io::Result<(u64, u32)> {
        let this = self.clone();
        blocking(move || {
            let trace = this.trace(job)?;
            Ok((trace.length(), trace.crc32()))
        })
        .await?
    }

    /// For how long the runner has been told that its trace is not whole yet; begins with the first call.
    ///
    /// # Errors
    /// Where the trace cannot be opened.
    pub async fn waited(&self, job: JobId) -> io::Result<Duration> {
        let this = self.clone();
        blocking(move || Ok(this.trace(job)?.waited())).await?
    }

    /// Bytes from `offset`, at most `most` of them; none behind the end, or where there is no trace.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn read(&self, job: JobId, offset: u64, most: usize) -> io::Result<Vec<u8>> {
        let this = self.clone();
        blocking(move || match this.known(job) {
            Some(trace) => trace.read(offset, most),
            None => match this.file(job)? {
                Some((file, length)) => read_at(&file, offset, most, length),
                None => Ok(Vec::new()),
            },
        })
        .await?
    }

    /// Where the file of a trace is, or would be.
    pub fn path(&self, job: JobId) -> std::path::PathBuf {
        self.place.trace(job)
    }

    /// The file of a trace, and how much of it counts. Nothing where there is no trace. Blocks.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn file(&self, job: JobId) -> io::Result<Option<(File, u64)>> {
        let file = match File::open(self.place.trace(job)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let length = match self.known(job) {
            Some(trace) => trace.length(),
            None => file.metadata()?.len(),
        };
        Ok(Some((file, length)))
    }

    /// Hears of every change of a trace. While somebody holds the receiver, the runner is asked to send often. Only
    /// for jobs that are not over: those of others never change.
    ///
    /// # Errors
    /// Where the trace cannot be opened.
    pub async fn follow(&self, job: JobId) -> io::Result<watch::Receiver<TraceState>> {
        let this = self.clone();
        blocking(move || Ok(this.trace(job)?.follow())).await?
    }

    /// Somebody looks at a trace now: the runner is asked to send often for the next ten seconds. For pages that ask
    /// again and again instead of following.
    pub fn look(&self, job: JobId) {
        if let Some(trace) = self.known(job) {
            trace.look();
        }
    }

    /// Whether somebody follows a trace, or looked at it in the last ten seconds.
    pub fn is_watched(&self, job: JobId) -> bool {
        self.known(job).is_some_and(|trace| trace.is_watched(WATCHING))
    }

    /// The job is over: nothing is added to its trace any more, followers hear of it, and the file is closed once
    /// they are gone.
    pub fn seal(&self, job: JobId) {
        let trace = self.lock().traces.remove(&job);
        if let Some(trace) = trace {
            trace.seal();
        }
    }

    /// Removes a trace. Blocks.
    pub(super) fn remove(&self, job: JobId) {
        self.seal(job);
        remove_file(&self.place.trace(job));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, job: JobId) -> Option<Arc<Trace>> {
        self.lock().traces.get(&job).cloned()
    }

    /// The trace of a job that is not over, opened if it was not. Blocks.
    fn trace(&self, job: JobId) -> io::Result<Arc<Trace>> {
        if let Some(trace) = self.known(job) {
            return Ok(trace);
        }
        // Measured without the lock, which all traces share: a long one takes a while.
        let opened = Arc::new(Trace::open(&self.place.trace(job))?);
        let mut open = self.lock();
        if open.traces.len() >= open.look_at {
            open.traces.retain(|_, trace| Arc::strong_count(trace) > 1 || !trace.is_idle(IDLE));
            open.look_at = open.traces.len().saturating_mul(2).max(FEW);
        }
        // Somebody else may have opened it meanwhile, and may have added to it already.
        Ok(Arc::clone(open.traces.entry(job).or_insert(opened)))
    }
}

/// Runs what waits for the disk where it holds nobody up.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)
}

#[cfg(test)]
mod tests;
