//! Takes what a container writes to its standard output.

use super::link::{Answer, Link};
use super::over::{Over, Why};
use crate::agent::protocol::{Decoder, Direction, Event, Header, Piece, VERSION};
use executor::{Output, Stream};
use std::io;
use std::sync::Arc;

/// So many of the last bytes that are not the agent's are kept for messages.
const TAIL: usize = 4096;

/// Takes what a container writes to its standard output: the agent's frames, and what else there is. Dropping it ends
/// the conversation.
///
/// Everything in the container may write there, so nothing that is fed is trusted; it cannot do more than a command of
/// the job can.
pub struct Intake {
    decoder: Decoder,
    hearing: Hearing,
}

struct Hearing {
    link: Arc<Link>,
    said: Arc<dyn Output>,
    tail: Vec<u8>,
    /// Number of the next frame.
    sequence: u32,
}

impl Intake {
    pub(super) fn new(link: Arc<Link>, said: Arc<dyn Output>) -> Self {
        let hearing = Hearing { link, said, tail: Vec::new(), sequence: 0 };
        Self { decoder: Decoder::new(Direction::ToHost), hearing }
    }

    /// Takes the next bytes, however they were split. Writes to outputs before it returns.
    pub fn feed(&mut self, bytes: &[u8]) {
        let Self { decoder, hearing } = self;
        if hearing.link.is_over() {
            return;
        }
        if let Err(why) = decoder.feed(bytes, |piece| hearing.hear(piece)) {
            hearing.finish(why);
        }
    }

    /// Nothing more comes: the container ended, or reading failed. The same as dropping it where nothing failed.
    pub fn end(mut self, result: io::Result<()>) {
        self.finish(match result {
            Ok(()) => Why::Ended,
            Err(error) => Why::Broken { error: error.to_string() },
        });
    }

    /// How many bytes wait for what comes, for a fuzz target.
    #[doc(hidden)]
    pub fn held_back(&self) -> usize {
        self.decoder.held_back() + self.hearing.tail.len()
    }

    fn finish(&mut self, why: Why) {
        let rest = self.decoder.rest();
        if !rest.is_empty() && !self.hearing.link.is_over() {
            self.hearing.hear_foreign(&rest);
        }
        self.hearing.finish(why);
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.finish(Why::Ended);
    }
}

impl Hearing {
    fn finish(&mut self, why: Why) {
        self.link.finish(Over { why, said: std::mem::take(&mut self.tail) });
    }

    fn hear(&mut self, piece: Piece<'_>) -> Result<(), Why> {
        match piece {
            Piece::Foreign(bytes) => {
                self.hear_foreign(bytes);
                Ok(())
            }
            Piece::Frame(header, payload) => self.hear_frame(header, payload),
        }
    }

    fn hear_foreign(&mut self, bytes: &[u8]) {
        self.said.write(Stream::Stdout, bytes);
        self.tail.extend_from_slice(&bytes[bytes.len().saturating_sub(TAIL)..]);
        let surplus = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..surplus);
    }

    fn hear_frame(&mut self, header: Header, payload: &[u8]) -> Result<(), Why> {
        let event = Event::read(header, payload).map_err(|_| Why::Damaged)?;
        let is_first = self.sequence == 0;
        let is_hello = matches!(event, Event::Hello(_) | Event::Stranger { .. });
        if header.sequence != self.sequence || is_first != is_hello {
            return Err(Why::Damaged);
        }
        self.sequence = Header::following(self.sequence);
        self.take(event)
    }

    fn take(&mut self, event: Event<'_>) -> Result<(), Why> {
        match event {
            Event::Hello(hello) => self.link.begin(hello),
            Event::Stranger { version } => return Err(Why::Version { theirs: version, ours: VERSION }),
            Event::Output { id, stream, bytes } => {
                if let Some(output) = self.link.output(id) {
                    output.write(stream, bytes);
                }
            }
            Event::Closed { id } => self.link.close(id),
            Event::Exit { id, exit } => self.link.answer(id, Answer::Exit(exit)),
            Event::Failed { id, failure } => self.link.answer(id, Answer::Failed(failure)),
            Event::Done { id } => self.link.answer(id, Answer::Done),
            Event::OutOfMemory { kills, limit } => self.link.add_out_of_memory(kills, limit),
        }
        Ok(())
    }
}
