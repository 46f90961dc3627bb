//! The way to the host: frames gathered while a thread writes those before.
//!
//! What is small goes out at once, what is much in pieces as large as the pipe takes them whole, and who writes more
//! than the host takes is kept waiting. Frames are written by a thread of its own that blocks: to make standard output
//! non-blocking would make it so for everybody who has it, an entrypoint's background process for one.

use crate::agent::protocol::{ATOMIC, Direction, Event, Frame, HEADER, Header};
use executor::{Output, Stream};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// With so many bytes gathered no more output is welcome. As much again may be on its way.
const MUCH: usize = 256 << 10;

/// In less room than this no frame with output is begun.
const LITTLE_ROOM: usize = HEADER + 64;

/// Where frames to the host are put. Clones lead to the same host.
#[derive(Clone)]
pub(super) struct Outgoing(Arc<Shared>);

struct Shared {
    gathered: Mutex<Gathered>,
    /// There is something to write, or nothing will be any more.
    news: Condvar,
    /// The host does not read any more.
    broken: CancellationToken,
    /// Everything was written, or cannot be.
    finished: CancellationToken,
}

#[derive(Default)]
struct Gathered {
    /// Each is written in one piece.
    pieces: VecDeque<PieceOut>,
    size: usize,
    sequence: u32,
    waiting: Vec<Waker>,
    is_writer_idle: bool,
    is_closed: bool,
}

/// Whole frames; the last may still grow.
struct PieceOut {
    bytes: Vec<u8>,
    growing: Option<Growing>,
}

/// A frame with output that has no header yet.
struct Growing {
    at: usize,
    sequence: u32,
    id: u32,
    stream: Stream,
}

impl Outgoing {
    /// Starts the thread that writes.
    pub(super) fn start(output: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            gathered: Mutex::default(),
            news: Condvar::new(),
            broken: CancellationToken::new(),
            finished: CancellationToken::new(),
        });
        let writer = Arc::clone(&shared);
        std::thread::Builder::new().name("to-host".into()).spawn(move || writer.write(output))?;
        Ok(Self(shared))
    }

    /// Says something to the host.
    pub(super) fn say(&self, event: &Event<'_>) {
        let frame = event.frame();
        self.gather(|gathered| gathered.add(&frame));
    }

    /// An output whose bytes go to the host as those of a command. The host is told when the last clone is dropped.
    pub(super) fn output(&self, id: u32) -> Arc<dyn Output> {
        Arc::new(ToHost { id, outgoing: self.clone() })
    }

    /// Waits until the host does not read any more.
    pub(super) async fn broken(&self) {
        self.0.broken.cancelled().await;
    }

    /// The host does not read any more.
    pub(super) fn set_broken(&self) {
        self.0.broken.cancel();
    }

    /// Takes no more, and waits until what was said is written.
    pub(super) async fn finish(&self, patience: Duration) {
        self.gather(|gathered| gathered.is_closed = true);
        // A host that does not read in time does not want to know.
        let _ = tokio::time::timeout(patience, self.0.finished.cancelled()).await;
    }

    fn gather(&self, add: impl FnOnce(&mut Gathered)) {
        let mut gathered = self.0.lock();
        if gathered.is_closed {
            return;
        }
        add(&mut gathered);
        if std::mem::take(&mut gathered.is_writer_idle) {
            drop(gathered);
            self.0.news.notify_one();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, mut output: impl Write) {
        while let Some(pieces) = self.next() {
            if pieces.iter().try_for_each(|piece| output.write_all(&piece.bytes)).is_err() {
                self.broken.cancel();
                self.lock().close();
                break;
            }
        }
        self.finished.cancel();
    }

    /// Waits for pieces to write; nothing when there will be none.
    fn next(&self) -> Option<VecDeque<PieceOut>> {
        let mut gathered = self.lock();
        while gathered.pieces.is_empty() && !gathered.is_closed {
            gathered.is_writer_idle = true;
            gathered = self.news.wait(gathered).unwrap_or_else(PoisonError::into_inner);
        }
        let pieces = gathered.take();
        let waiting = std::mem::take(&mut gathered.waiting);
        drop(gathered);
        waiting.into_iter().for_each(Waker::wake);
        (!pieces.is_empty()).then_some(pieces)
    }
}

impl Gathered {
    fn close(&mut self) {
        self.is_closed = true;
        self.pieces.clear();
        self.waiting.drain(..).for_each(Waker::wake);
    }

    fn take(&mut self) -> VecDeque<PieceOut> {
        if let Some(last) = self.pieces.back_mut() {
            last.seal();
        }
        self.size = 0;
        std::mem::take(&mut self.pieces)
    }

    fn next_sequence(&mut self) -> u32 {
        let sequence = self.sequence;
        self.sequence = Header::following(sequence);
        sequence
    }

    /// The last piece if it has so much room, else a new one.
    fn piece_with_room(&mut self, room: usize) -> &mut PieceOut {
        let fits = self.pieces.back_mut().is_some_and(|last| {
            last.seal();
            last.room() >= room
        });
        if !fits {
            self.pieces.push_back(PieceOut { bytes: Vec::with_capacity(ATOMIC), growing: None });
        }
        self.last()
    }

    /// The last piece, which must be there.
    fn last(&mut self) -> &mut PieceOut {
        let last = self.pieces.len() - 1;
        &mut self.pieces[last]
    }

    fn add(&mut self, frame: &Frame) {
        let header = frame.header(self.next_sequence()).to_bytes(Direction::ToHost);
        self.size += header.len() + frame.payload.len();
        let piece = self.piece_with_room(header.len() + frame.payload.len());
        piece.bytes.extend_from_slice(&header);
        piece.bytes.extend_from_slice(&frame.payload);
    }

    fn add_output(&mut self, id: u32, stream: Stream, mut bytes: &[u8]) {
        self.size += bytes.len();
        while !bytes.is_empty() {
            let grows = self.pieces.back().is_some_and(|last| last.grows_for(id, stream));
            let piece = if grows { self.last() } else { self.begin_output(id, stream) };
            let (now, later) = bytes.split_at(bytes.len().min(piece.room()));
            piece.bytes.extend_from_slice(now);
            bytes = later;
        }
    }

    fn begin_output(&mut self, id: u32, stream: Stream) -> &mut PieceOut {
        let sequence = self.next_sequence();
        self.size += HEADER;
        let piece = self.piece_with_room(LITTLE_ROOM);
        piece.growing = Some(Growing { at: piece.bytes.len(), sequence, id, stream });
        piece.bytes.extend_from_slice(&[0; HEADER]);
        piece
    }
}

impl PieceOut {
    fn room(&self) -> usize {
        ATOMIC.saturating_sub(self.bytes.len())
    }

    fn grows_for(&self, id: u32, stream: Stream) -> bool {
        let fits = |growing: &Growing| growing.id == id && growing.stream == stream;
        self.room() > 0 && self.growing.as_ref().is_some_and(fits)
    }

    /// Gives a frame that grew its header.
    fn seal(&mut self) {
        let Some(Growing { at, sequence, id, stream }) = self.growing.take() else { return };
        let size = u32::try_from(self.bytes.len() - at - HEADER).unwrap_or(u32::MAX);
        let header = Event::output_header(sequence, id, stream, size).to_bytes(Direction::ToHost);
        self.bytes[at..at + HEADER].copy_from_slice(&header);
    }
}

/// The output of one command.
struct ToHost {
    id: u32,
    outgoing: Outgoing,
}

impl Output for ToHost {
    fn write(&self, stream: Stream, bytes: &[u8]) {
        self.outgoing.gather(|gathered| gathered.add_output(self.id, stream, bytes));
    }

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut gathered = self.outgoing.0.lock();
        if gathered.size < MUCH || gathered.is_closed {
            return Poll::Ready(());
        }
        if !gathered.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
            gathered.waiting.push(context.waker().clone());
        }
        Poll::Pending
    }
}

impl Drop for ToHost {
    fn drop(&mut self) {
        self.outgoing.say(&Event::Closed { id: self.id });
    }
}

#[cfg(test)]
mod tests;
