//! The engine's end of a worker: takes its answer while it comes.

use super::decoder::{Decoder, Part, Violation};
use super::intake::Intake;
use super::report::{Done, Report};
use crate::StageError;
use executor::{CancellationToken, Exit, Output, RunError, Stream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How much is kept of what a worker says in its own name, in bytes: why it could not do its work.
const OWN_WORDS: usize = 4096;

/// Takes the output of a worker's process: frames on standard output, and on standard error what concerns the
/// process itself, which nobody needs to see unless it ends without a report.
pub(super) struct Link {
    output: Arc<dyn Output>,
    /// Stops a worker that does not keep to the rules.
    stop: CancellationToken,
    state: Mutex<State>,
}

struct State {
    decoder: Decoder,
    intake: Option<Box<dyn Intake>>,
    report: Option<Report>,
    violation: Option<Violation>,
    own_words: Vec<u8>,
}

impl Link {
    /// A link whose worker says what goes to `output`, and sends archives only if there is an intake.
    pub(super) fn new(
        output: Arc<dyn Output>,
        intake: Option<Box<dyn Intake>>,
        stop: CancellationToken,
    ) -> Self {
        let state = State {
            decoder: Decoder::default(),
            intake,
            report: None,
            violation: None,
            own_words: Vec::new(),
        };
        Self { output, stop, state: Mutex::new(state) }
    }

    /// How many bytes wait for what comes.
    pub(super) fn held_back(&self) -> usize {
        let state = self.lock();
        state.decoder.held_back() + state.own_words.len()
    }

    /// What came of the stage, now that the worker's process has ended. `describe` words an exit.
    pub(super) fn conclude(
        &self,
        ended: Result<Exit, RunError>,
        stopped: bool,
        describe: impl Fn(Exit) -> String,
    ) -> Done {
        let mut state = self.lock();
        if let Some(violation) = &state.violation {
            let text = format!("the worker of the stage sent what no worker sends: {violation}");
            return Done::plain(Err(StageError::system(text)));
        }
        if let Some(report) = state.report.take() {
            let done = Done::from(report);
            let kept = !state.intake.as_ref().is_some_and(|intake| intake.has_failed());
            return if kept || done.result.is_err() { done } else { Done::plain(Err(StageError::helper())) };
        }
        Done::plain(Err(match ended {
            _ if stopped => StageError::Stopped,
            Err(error) => error.into(),
            Ok(exit) => {
                self.output.write(Stream::Stderr, &state.own_words);
                StageError::system(format!("the worker of the stage ended too early: {}", describe(exit)))
            }
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Output for Link {
    fn write(&self, stream: Stream, bytes: &[u8]) {
        let State { decoder, intake, report, violation, own_words } = &mut *self.lock();
        if stream == Stream::Stderr {
            let room = OWN_WORDS.saturating_sub(own_words.len()).min(bytes.len());
            own_words.extend_from_slice(&bytes[..room]);
            return;
        }
        let mut take = |part: Part<'_>| {
            let output = &*self.output;
            match (part, &mut *intake) {
                (Part::Said(stream, bytes), _) => output.write(stream, bytes),
                (Part::Report(text), _) => {
                    *report = Some(serde_json::from_slice(&text).map_err(|_| Violation::Report)?);
                }
                (_, None) => return Err(Violation::Archive),
                (Part::Name(name), Some(intake)) => intake.begin(name, output)?,
                (Part::Content(bytes), Some(intake)) => intake.store(bytes, output)?,
                (Part::Whole, Some(intake)) => intake.end(output)?,
            }
            Ok(())
        };
        if let Err(found) = decoder.feed(bytes, &mut take) {
            *violation = Some(found);
            self.stop.cancel();
        }
    }

    fn remark(&self, stream: Stream, bytes: &[u8]) {
        self.output.remark(stream, bytes);
    }

    fn service(&self, lines: &[u8]) {
        self.output.service(lines);
    }
}
