//! Where the bytes of a trace come from.

use bytes::Bytes;
use protocol::{Checksum, TraceOutput};
use std::io;
use trace::Spool;

/// A trace that can be read at any place.
pub trait TraceSource {
    /// How long it is by now.
    fn len(&self) -> u64;

    /// Whether it holds nothing.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the coordinator is told of the whole; nothing where it is not known as a whole.
    fn output(&self) -> TraceOutput;

    /// Up to `max` bytes from `offset` on; empty behind the end.
    ///
    /// # Errors
    /// When they cannot be read.
    fn read_at(&self, offset: u64, max: usize) -> io::Result<Bytes>;

    /// The coordinator says that it has so many bytes, which is not what was assumed.
    fn follow(&self, _stored: u64) {}
}

impl TraceSource for Spool {
    fn len(&self) -> u64 {
        Self::len(self)
    }

    fn output(&self) -> TraceOutput {
        let summary = self.summary();
        TraceOutput { checksum: Some(Checksum(summary.crc)), bytesize: summary.length }
    }

    fn read_at(&self, offset: u64, max: usize) -> io::Result<Bytes> {
        Self::read_at(self, offset, max)
    }
}
