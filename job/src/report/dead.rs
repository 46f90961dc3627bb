//! The report of a job whose process is gone.

use super::{Coordinator, Persistence, Reported, Subject, TraceSource, chunks::Chunks, ending::Ending};
use crate::Verdict;
use bytes::Bytes;
use protocol::{FailureReason, TraceOutput};
use std::{cell::Cell, io};
use trace::Spool;

/// Reports a job as failed for `reason` whose process died: finds out how much of the trace the
/// coordinator has, sends the rest of what the process left, then `last_line`, then the verdict.
///
/// `spool` is what could be recovered of the trace. The line is appended to it, unless it ends with it
/// already because an earlier report was cut short; so the checksum is that of the whole. Where the
/// coordinator has more than was recovered, or nothing was, the line follows what it has, and no checksum is
/// sent.
pub async fn dead(
    api: &impl Coordinator,
    subject: &Subject,
    spool: Option<&Spool>,
    last_line: &[u8],
    reason: FailureReason,
    persistence: Persistence,
) -> Reported {
    let verdict = Verdict::failed(reason, None);
    let source = Recovered::new(spool, last_line);
    let mut chunks = if spool.is_some() { Chunks::probing() } else { Chunks::default() };
    Ending { api, subject, source: &source, chunks: &mut chunks, persistence }.deliver(&verdict).await
}

/// What a dead process left of its trace, with a line at its end.
struct Recovered<'a> {
    spool: Option<&'a Spool>,
    line: Bytes,
    /// Where the line goes instead, behind a trace of which only the coordinator has the end.
    behind: Cell<Option<u64>>,
}

impl<'a> Recovered<'a> {
    fn new(spool: Option<&'a Spool>, line: &[u8]) -> Self {
        let behind = match spool {
            Some(spool) => {
                append_once(spool, line);
                None
            }
            None => Some(0),
        };
        Self { spool, line: Bytes::copy_from_slice(line), behind: Cell::new(behind) }
    }

    fn recovered(&self) -> u64 {
        self.spool.map_or(0, Spool::len)
    }
}

impl TraceSource for Recovered<'_> {
    fn len(&self) -> u64 {
        self.behind.get().map_or_else(|| self.recovered(), |place| place + self.line.len() as u64)
    }

    fn output(&self) -> TraceOutput {
        match (self.spool, self.behind.get()) {
            (Some(spool), None) => spool.output(),
            _ => TraceOutput::default(),
        }
    }

    fn read_at(&self, offset: u64, max: usize) -> io::Result<Bytes> {
        let skip = self.behind.get().and_then(|place| offset.checked_sub(place));
        match (skip, self.spool) {
            (Some(skip), _) => {
                let start = usize::try_from(skip).unwrap_or(usize::MAX).min(self.line.len());
                Ok(self.line.slice(start..self.line.len().min(start.saturating_add(max))))
            }
            (None, Some(spool)) => spool.read_at(offset, max),
            (None, None) => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Moves the line behind what the coordinator has, unless the line itself is the end of that.
    fn follow(&self, stored: u64) {
        let line_is_there = self.behind.get().is_some() && stored == self.len();
        if !line_is_there {
            let within = self.spool.is_some() && stored <= self.recovered();
            self.behind.set((!within).then_some(stored));
        }
    }
}

/// Appends the line, unless the trace ends with it.
fn append_once(spool: &Spool, line: &[u8]) {
    let start = spool.len().checked_sub(line.len() as u64);
    if start.and_then(|start| spool.read_at(start, line.len()).ok()).is_some_and(|end| end == line) {
        return;
    }
    if !spool.ends_line() {
        spool.append(b"\n");
    }
    spool.append(line);
}
