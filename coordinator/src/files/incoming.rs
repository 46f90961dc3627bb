//! A file that is being received: counted, hashed and written as it comes, so that memory does not grow with it.

use super::traces::blocking;
use bytes::Bytes;
use ring::digest::{Context, SHA256};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use tempfile::NamedTempFile;

/// So much is gathered before it is written.
const BATCH: usize = 1 << 20;

/// Why a file was not received.
#[derive(Debug, thiserror::Error)]
pub enum IncomingError {
    /// It is too large.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The most bytes.
        limit: u64,
    },
    /// The disk failed.
    #[error("the file cannot be stored")]
    Disk(#[from] io::Error),
}

/// A file that is being received.
pub struct Incoming {
    file: Option<(NamedTempFile, Context)>,
    batch: Vec<Bytes>,
    /// Bytes in the batch.
    gathered: usize,
    size: u64,
    limit: u64,
}

/// A file that is whole, not yet in its place; gone when it is dropped.
#[derive(Debug)]
pub struct Received {
    pub(super) file: NamedTempFile,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

impl Incoming {
    pub(super) fn new(file: NamedTempFile, limit: u64) -> Self {
        let file = Some((file, Context::new(&SHA256)));
        Self { file, batch: Vec::new(), gathered: 0, size: 0, limit }
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// Where there are too many of them, or the disk fails.
    pub async fn add(&mut self, bytes: Bytes) -> Result<(), IncomingError> {
        self.size = self.size.saturating_add(bytes.len() as u64);
        if self.size > self.limit {
            return Err(IncomingError::TooLarge { limit: self.limit });
        }
        self.gathered += bytes.len();
        self.batch.push(bytes);
        if self.gathered >= BATCH { self.write().await } else { Ok(()) }
    }

    /// How many bytes came so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The file is whole.
    ///
    /// # Errors
    /// Where the disk fails.
    pub async fn finish(mut self) -> Result<Received, IncomingError> {
        self.write().await?;
        let (file, context) = self.file.take().ok_or_else(broken)?;
        let mut sha256 = String::with_capacity(64);
        for byte in context.finish().as_ref() {
            let _ = write!(sha256, "{byte:02x}");
        }
        Ok(Received { file, size: self.size, sha256 })
    }

    async fn write(&mut self) -> Result<(), IncomingError> {
        // A write that was given up or failed takes the file with it: nobody can finish it then.
        let (mut file, mut context) = self.file.take().ok_or_else(broken)?;
        let batch = std::mem::take(&mut self.batch);
        self.gathered = 0;
        let written = blocking(move || {
            for bytes in &batch {
                context.update(bytes);
                file.as_file_mut().write_all(bytes)?;
            }
            io::Result::Ok((file, context))
        });
        self.file = Some(written.await??);
        Ok(())
    }
}

/// A write failed before, or was given up.
fn broken() -> io::Error {
    io::ErrorKind::BrokenPipe.into()
}

impl Received {
    /// Reads it from its beginning.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn reader(&self) -> io::Result<std::fs::File> {
        self.file.reopen()
    }
}
