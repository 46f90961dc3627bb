//! Sends a trace in pieces, and knows how much of it the coordinator has.

use super::{Coordinator, Subject, TraceSource, reaction::PatchReaction};
use client::{Answer, CallError, Patience, TraceChunk};
use std::io;

/// Most bytes of one request (gitlab-runner's limit).
pub(super) const CHUNK: usize = 1024 * 1024;
/// Bytes that are sent to find out what a coordinator has that may well have most of a trace.
const PROBE: usize = 512;
/// After so many answers that send us elsewhere without a byte being stored, something is wrong.
const PATIENCE: u32 = 4;

/// The place in a trace up to which the coordinator has it.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    offset: u64,
    fruitless: u32,
    /// The next piece is only meant to learn where the coordinator is.
    probing: bool,
}

/// What came of sending one piece.
#[derive(Debug)]
pub(super) enum Sent {
    /// Progress: stored, or told where to go on.
    Moved(Answer),
    /// 404.
    Missing(Answer),
    /// No more trace is taken.
    Closed(Answer),
    /// Not stored; the same piece may be tried again.
    Failed(Option<Answer>, String),
}

/// Why a trace is not sent to its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Flush {
    /// The coordinator has all.
    Complete,
    /// It takes no more.
    Closed,
    /// It did not go on; worth another try.
    Failed(String),
}

impl Chunks {
    /// For a trace of which the coordinator probably has the beginning.
    pub(super) fn probing() -> Self {
        Self { probing: true, ..Self::default() }
    }

    /// How many bytes wait to be sent.
    pub(super) fn backlog(&self, length: u64) -> u64 {
        length.saturating_sub(self.offset)
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Sends everything again.
    pub(super) fn rewind(&mut self) {
        *self = Self::default();
    }

    /// Sends one piece.
    ///
    /// # Errors
    /// When the trace cannot be read.
    pub(super) async fn send(
        &mut self,
        api: &impl Coordinator,
        subject: &Subject,
        source: &impl TraceSource,
        patience: &Patience,
    ) -> io::Result<Sent> {
        let content = source.read_at(self.offset, if self.probing { PROBE } else { CHUNK })?;
        if content.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the trace is shorter than it was"));
        }
        let chunk = TraceChunk {
            job_id: subject.id,
            token: &subject.token,
            offset: self.offset,
            content: &content,
            debug_trace: subject.debug_trace,
        };
        let answer = api.patch_trace(&chunk, patience).await;
        Ok(self.settle(answer, content.len() as u64, source))
    }

    /// Sends pieces until nothing is left, or it does not go on.
    pub(super) async fn flush(
        &mut self,
        api: &impl Coordinator,
        subject: &Subject,
        source: &impl TraceSource,
        patience: &Patience,
    ) -> Flush {
        while self.backlog(source.len()) > 0 {
            match self.send(api, subject, source, patience).await {
                Ok(Sent::Moved(_)) => {}
                Ok(Sent::Missing(_) | Sent::Closed(_)) => return Flush::Closed,
                Ok(Sent::Failed(_, why)) => return Flush::Failed(why),
                Err(error) => {
                    tracing::error!(job = subject.id, %error, "The rest of the trace cannot be read and is lost");
                    return Flush::Closed;
                }
            }
        }
        Flush::Complete
    }

    fn settle(&mut self, answer: Result<Answer, CallError>, sent: u64, source: &impl TraceSource) -> Sent {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Sent::Failed(None, error.to_string()),
        };
        match PatchReaction::of(&answer) {
            PatchReaction::Stored => {
                self.offset += sent;
                self.fruitless = 0;
                self.probing = false;
                Sent::Moved(answer)
            }
            PatchReaction::Resync(stored) => self.resync(stored, source, answer),
            PatchReaction::Missing => Sent::Missing(answer),
            PatchReaction::Closed => Sent::Closed(answer),
            PatchReaction::Unclear => {
                let why = answer.text.clone();
                Sent::Failed(Some(answer), why)
            }
        }
    }

    /// Goes where the coordinator says. One that refuses the very place it names, or never comes to rest, is
    /// given a pause like any other failure.
    fn resync(&mut self, stored: u64, source: &impl TraceSource, answer: Answer) -> Sent {
        let length = source.len();
        if stored > length {
            tracing::warn!(stored, length, "The coordinator has more of the trace than there is");
        }
        source.follow(stored);
        let stays = stored == self.offset;
        self.offset = stored;
        self.probing = false;
        self.fruitless = self.fruitless.saturating_add(1);
        if stays || self.fruitless > PATIENCE {
            self.fruitless = 0;
            let why = format!("{} (the trace is wanted from {stored})", answer.text);
            return Sent::Failed(Some(answer), why);
        }
        Sent::Moved(answer)
    }
}
