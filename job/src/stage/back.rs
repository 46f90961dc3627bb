//! A worker's artifacts for a folder of the engine's machine.

use super::frame::{Frames, Kind, LONGEST_PIECE};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The way from a worker back to the engine.
#[derive(Clone)]
pub struct Back(Arc<Frames>);

impl Back {
    pub(super) fn through(frames: Arc<Frames>) -> Self {
        Self(frames)
    }

    /// Sends an archive, which the engine keeps under this name; whether all of it was sent.
    ///
    /// # Errors
    /// The archive cannot be read, or the engine does not listen any more.
    pub(crate) fn send(&self, mut archive: File, name: &str, cancel: &AtomicBool) -> io::Result<bool> {
        archive.rewind()?;
        self.0.send(Kind::Name, name.as_bytes())?;
        let mut piece = vec![0; LONGEST_PIECE];
        while !cancel.load(Ordering::Relaxed) {
            match archive.read(&mut piece)? {
                0 => {
                    self.0.send(Kind::Whole, b"")?;
                    return Ok(true);
                }
                read => self.0.send(Kind::Content, &piece[..read])?,
            }
        }
        Ok(false)
    }
}
