//! Stages that run while the executor still prepares.
//!
//! Helpers may be at hand long before the job's image is. Then sources, caches and artifacts are fetched
//! meanwhile. The trace shows none of that until preparing is over: what those stages say is written aside, and
//! comes in its usual place, with its own times. Where preparing fails it never comes: for the reader the job
//! ended before these stages began.

use super::Engine;
use super::ending::Failure;
use super::halt::{Bounds, Halt, within};
use super::narrator::{Narrator, StageOutput};
use super::prepare::Fetched;
use crate::StageError;
use executor::{CancellationToken, Executor, PrepareError, Rest};
use std::pin::pin;
use std::sync::Arc;
use trace::Aside;

/// How the rest of preparing ended: nothing if it was given up.
type Prepared = (Option<Result<(), PrepareError>>, Option<Halt>);

/// What was over first.
enum First {
    Rest(Prepared),
    Early(Result<Fetched, Failure>),
}

/// The trace while two things are told at once.
struct Telling {
    /// Tells of preparing, in the trace itself.
    live: Narrator,
    /// What the stages after it say.
    aside: Aside,
}

impl<E: Executor> Engine<'_, E> {
    /// Fetches what the job needs while `rest` goes on; `section` is that of preparing, and `bounds` hold for it.
    ///
    /// # Errors
    /// As [`Engine::begin`].
    pub(super) async fn overlap(
        &mut self,
        rest: Rest,
        bounds: Bounds,
        section: Arc<StageOutput>,
    ) -> Result<Fetched, Failure> {
        let control = self.control;
        let mut rest = pin!(within(&bounds, control, async |stop| stop.run_until_cancelled(rest).await));
        let Some(telling) = self.tell_aside() else {
            // Without a place for what is ahead of its turn, there is nothing but to take turns.
            let (prepared, halt) = rest.await;
            self.close(&section, outcome(prepared), halt)?;
            return self.early_stages(&bounds).await;
        };
        let give_up = CancellationToken::new();
        self.given_up = Some(give_up.clone());
        let mut early = Box::pin(self.early_stages(&bounds));
        let first = tokio::select! {
            biased;
            prepared = &mut rest => First::Rest(prepared),
            fetched = &mut early => First::Early(fetched),
        };
        let (prepared, fetched) = match first {
            First::Rest(prepared) => {
                if is_ready(&prepared) {
                    telling.turn(&section);
                } else {
                    give_up.cancel();
                }
                (prepared, early.await)
            }
            // Where these stages fail by themselves there is nothing more to prepare for. What stops both stops
            // preparing first.
            First::Early(fetched) if has_failed(&fetched) && bounds.exceeded(control).is_none() => {
                telling.turn(&section);
                return fetched;
            }
            First::Early(fetched) => {
                drop(early);
                let prepared = rest.await;
                if is_ready(&prepared) {
                    telling.turn(&section);
                }
                (prepared, fetched)
            }
        };
        self.given_up = None;
        if is_ready(&prepared) {
            return fetched;
        }
        telling.aside.discard();
        self.narrator = telling.live;
        let (prepared, halt) = prepared;
        self.close(&section, outcome(prepared), halt)?;
        Err(Failure::Stage(StageError::Stopped))
    }

    /// From now on what the engine says is written aside. Nothing where there is no room for it.
    fn tell_aside(&mut self) -> Option<Telling> {
        let file = tempfile::tempfile()
            .inspect_err(|error| tracing::debug!(%error, "no file for what is ahead of its turn"))
            .ok()?;
        let (narrator, aside) = self.start.narrator_aside(file);
        Some(Telling { live: std::mem::replace(&mut self.narrator, narrator), aside })
    }
}

impl Telling {
    /// Ends the section of preparing; what was told aside has its turn.
    fn turn(&self, section: &StageOutput) {
        self.live.close(section);
        self.live.finish();
        self.aside.release();
    }
}

fn is_ready(prepared: &Prepared) -> bool {
    matches!(prepared, (Some(Ok(())), None))
}

fn has_failed(fetched: &Result<Fetched, Failure>) -> bool {
    !matches!(fetched, Ok(Ok(())))
}

fn outcome(prepared: Option<Result<(), PrepareError>>) -> Result<(), StageError> {
    match prepared {
        Some(Ok(())) => Ok(()),
        Some(Err(error)) => Err(error.into()),
        None => Err(StageError::Stopped),
    }
}
