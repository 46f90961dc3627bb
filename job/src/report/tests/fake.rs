//! A coordinator in memory that keeps GitLab's rules and can be told to break.

use super::{Coordinator, answer};
use client::{Answer, CallError, Failure, Patience, TraceChunk};
use protocol::{JobState, JobStatus, StoredRange, UpdateRequest};
use std::{cell::RefCell, collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// What goes wrong with one call.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// Nothing.
    Fine,
    /// This status, without acting.
    Status(u16),
    /// This answer, without acting.
    Answer(Box<Answer>),
    /// No answer, without acting.
    CutBefore,
    /// No answer, after acting.
    CutAfter,
    /// The trace is cut to so many bytes first.
    Forget(usize),
    /// Bytes of somebody else are added first.
    Add(&'static str),
    /// The answer takes that long.
    Slow(Duration),
}

/// A call as it was seen, with its time.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) at: Duration,
    pub(super) what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    Patch { offset: u64, bytes: usize },
    Put(JobState),
}

#[derive(Default)]
pub(super) struct State {
    pub(super) stored: Vec<u8>,
    /// The verdicts that were applied.
    pub(super) verdicts: Vec<UpdateRequest>,
    pub(super) seen: Vec<Seen>,
    pub(super) updates: Vec<UpdateRequest>,
    /// Faults of the calls to come; the rest go well.
    pub(super) faults: VecDeque<Fault>,
    pub(super) interval: Option<u64>,
    pub(super) job_status: JobStatus,
    /// Whether a verdict is refused (412) whose trace did not arrive.
    pub(super) validates: bool,
    start: Option<Instant>,
}

#[derive(Default)]
pub(super) struct Fake(pub(super) RefCell<State>);

impl Fake {
    pub(super) fn plan(&self, faults: impl IntoIterator<Item = Fault>) {
        self.0.borrow_mut().faults.extend(faults);
    }

    /// The calls in short: `PUT running`, `PATCH 0+5`.
    pub(super) fn calls(&self) -> Vec<String> {
        let text = |seen: &Seen| match &seen.what {
            What::Patch { offset, bytes } => format!("PATCH {offset}+{bytes}"),
            What::Put(state) => format!("PUT {state:?}").to_lowercase().replace("put", "PUT"),
        };
        self.0.borrow().seen.iter().map(text).collect()
    }

    /// The times of all calls, in seconds.
    pub(super) fn times(&self) -> Vec<f64> {
        self.0.borrow().seen.iter().map(|seen| seen.at.as_secs_f64()).collect()
    }

    async fn call(&self, what: What, act: impl Fn(&mut State) -> Answer) -> Result<Answer, CallError> {
        let (fault, answered) = {
            let mut state = self.0.borrow_mut();
            let now = Instant::now();
            let at = now - *state.start.get_or_insert(now);
            state.seen.push(Seen { at, what });
            let fault = state.faults.pop_front().unwrap_or(Fault::Fine);
            let interval = state.interval.map(Duration::from_secs);
            let result = state.apply(&fault, act);
            let result = result
                .map(|answer| Answer { update_interval: answer.update_interval.or(interval), ..answer });
            (fault, result)
        };
        if let Fault::Slow(time) = fault {
            tokio::time::sleep(time).await;
        }
        answered
    }
}

impl State {
    fn apply(&mut self, fault: &Fault, act: impl Fn(&mut Self) -> Answer) -> Result<Answer, CallError> {
        match fault {
            Fault::Fine | Fault::Slow(_) => Ok(act(self)),
            Fault::Status(status) => Ok(answer(*status)),
            Fault::Answer(answer) => Ok((**answer).clone()),
            Fault::CutBefore => Err(cut()),
            Fault::CutAfter => {
                act(self);
                Err(cut())
            }
            Fault::Forget(keep) => {
                // What is lost once the verdict was applied is nobody's to send again.
                if !self.is_over() {
                    self.stored.truncate(*keep);
                }
                Ok(act(self))
            }
            Fault::Add(text) => {
                self.stored.extend_from_slice(text.as_bytes());
                Ok(act(self))
            }
        }
    }

    fn is_over(&self) -> bool {
        !self.verdicts.is_empty()
    }

    fn patch(&mut self, offset: u64, content: &[u8]) -> Answer {
        if self.is_over() || self.job_status == JobStatus::Stopped {
            return Answer { job_status: self.job_status, ..answer(403) };
        }
        let fits = offset == self.stored.len() as u64;
        if fits {
            self.stored.extend_from_slice(content);
        }
        let stored = StoredRange(self.stored.len() as u64);
        Answer { stored, job_status: self.job_status, ..answer(if fits { 202 } else { 416 }) }
    }

    fn put(&mut self, update: &UpdateRequest) -> Answer {
        if self.is_over() || self.job_status == JobStatus::Stopped {
            return Answer { job_status: self.job_status, ..answer(403) };
        }
        if update.state != JobState::Running {
            if self.validates && update.output.bytesize != self.stored.len() as u64 {
                return answer(412);
            }
            self.verdicts.push(update.clone());
        }
        Answer { job_status: self.job_status, ..answer(200) }
    }
}

impl Coordinator for Fake {
    async fn update_job(&self, _: i64, update: &UpdateRequest, _: &Patience) -> Result<Answer, CallError> {
        assert_eq!(update.token.expose(), "job-secret");
        self.0.borrow_mut().updates.push(update.clone());
        self.call(What::Put(update.state), |state| state.put(update)).await
    }

    async fn patch_trace(&self, chunk: &TraceChunk<'_>, _: &Patience) -> Result<Answer, CallError> {
        assert_eq!((chunk.job_id, chunk.token.expose()), (7, "job-secret"));
        assert!(!chunk.content.is_empty());
        let what = What::Patch { offset: chunk.offset, bytes: chunk.content.len() };
        self.call(what, |state| state.patch(chunk.offset, chunk.content)).await
    }
}

fn cut() -> CallError {
    let failure = Failure::Transport { connecting: false, detail: "cut".to_owned() };
    CallError { call: "CALL".to_owned(), correlation_id: String::new(), failure }
}
