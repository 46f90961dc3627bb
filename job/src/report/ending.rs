//! The end of a report: the rest of the trace, then the verdict, until both are settled.

use super::{
    Coordinator, Persistence, Subject, TraceSource,
    chunks::{Chunks, Flush},
    reaction::FinalReaction,
};
use crate::Verdict;
use client::{Backoff, Patience};
use protocol::UpdateRequest;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Bounds of the pauses between rounds.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How a report ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reported {
    /// The coordinator has the verdict.
    Accepted,
    /// It has ended the job already, so there is nothing left to report. This is also what a verdict meets
    /// that was applied while its answer got lost.
    Refused(String),
    /// It could not be told in all the time that was allowed; the last obstacle is named.
    GaveUp(String),
}

/// What the end of a job needs.
pub(super) struct Ending<'a, C, S> {
    pub(super) api: &'a C,
    pub(super) subject: &'a Subject,
    pub(super) source: &'a S,
    pub(super) chunks: &'a mut Chunks,
    pub(super) persistence: Persistence,
}

/// What to do after one attempt to tell the verdict.
enum Round {
    Done(Reported),
    /// Again, after the pause that was asked for, or our own.
    Again(Option<Duration>, String),
    /// Again with the whole trace.
    Resend(String),
}

impl<C: Coordinator, S: TraceSource> Ending<'_, C, S> {
    /// Delivers the rest of the trace and the verdict.
    pub(super) async fn deliver(self, verdict: &Verdict) -> Reported {
        self.settle(verdict, true).await
    }

    /// Delivers the verdict of a job that never began, which has no trace.
    pub(super) async fn deliver_bare(self, verdict: &Verdict) -> Reported {
        self.settle(verdict, false).await
    }

    async fn settle(mut self, verdict: &Verdict, with_trace: bool) -> Reported {
        let (start, mut backoff) = (Instant::now(), Backoff::new(FIRST_PAUSE, LONGEST_PAUSE));
        let mut trace_wanted = with_trace;
        loop {
            let mut asked = None;
            let obstacle = match self.flush(&mut trace_wanted, start).await {
                Some(obstacle) => obstacle,
                None => match self.tell(verdict, with_trace).await {
                    Round::Done(reported) => return reported,
                    Round::Again(pause, why) => {
                        asked = pause;
                        why
                    }
                    Round::Resend(why) => {
                        self.chunks.rewind();
                        trace_wanted = with_trace;
                        why
                    }
                },
            };
            let pause = asked.unwrap_or_else(|| backoff.pause()).min(LONGEST_PAUSE);
            let until = Instant::now() + pause;
            if until > start + self.persistence.verdict {
                return Reported::GaveUp(obstacle);
            }
            tracing::warn!(
                job = self.subject.id,
                obstacle,
                ?pause,
                "The end of the job is not delivered yet"
            );
            sleep_until(until).await;
        }
    }

    /// Sends what is left of the trace; returns what keeps it from arriving.
    async fn flush(&mut self, wanted: &mut bool, start: Instant) -> Option<String> {
        if !*wanted {
            return None;
        }
        match self.chunks.flush(self.api, self.subject, self.source, &patience()).await {
            Flush::Complete => None,
            Flush::Closed => {
                *wanted = false;
                None
            }
            Flush::Failed(why) if start.elapsed() < self.persistence.trace => Some(why),
            Flush::Failed(why) => {
                tracing::warn!(job = self.subject.id, why, "The verdict goes without the rest of the trace");
                None
            }
        }
    }

    async fn tell(&self, verdict: &Verdict, with_trace: bool) -> Round {
        let update = self.update(verdict, with_trace);
        let answer = match self.api.update_job(self.subject.id, &update, &patience()).await {
            Ok(answer) => answer,
            Err(error) => return Round::Again(None, error.to_string()),
        };
        match FinalReaction::of(&answer) {
            FinalReaction::Accepted => Round::Done(Reported::Accepted),
            FinalReaction::Refused => Round::Done(Reported::Refused(answer.text)),
            FinalReaction::Pending => Round::Again(answer.update_interval, answer.text),
            FinalReaction::Resend => Round::Resend(answer.text),
            FinalReaction::Unclear => Round::Again(None, answer.text),
        }
    }

    fn update(&self, verdict: &Verdict, with_trace: bool) -> UpdateRequest {
        let output = if with_trace { self.source.output() } else { Default::default() };
        UpdateRequest {
            info: self.subject.info.clone(),
            token: self.subject.token.clone(),
            state: verdict.state(),
            failure_reason: verdict.failure,
            checksum: output.checksum,
            output,
            exit_code: verdict.exit_code.filter(|code| *code != 0),
        }
    }
}

/// A coordinator may name its own pauses, within bounds.
fn patience() -> Patience {
    Patience::up_to(LONGEST_PAUSE)
}
