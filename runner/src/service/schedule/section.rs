//! One section's place in the schedule.

use super::adaptive::{Load, RequestLimit};
use super::health::{Health, HealthLimits};
use super::{Backoff, Change, Outcome, SectionId};
use std::time::{Duration, Instant};

/// Whose jobs count against one `limit`: gitlab-runner counts by token. The short form is enough to tell
/// tokens of one coordinator apart, and is all that a job's record holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Owner {
    /// The coordinator.
    pub(crate) url: String,
    /// The token's short form.
    pub(crate) short_token: String,
}

/// What the configuration says about a section's polling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Whose `limit` it is.
    pub(crate) owner: Owner,
    /// Whether it is polled at all: it has a token and an executor that we have.
    pub(crate) pollable: bool,
    /// `limit`.
    pub(crate) limit: Option<usize>,
    /// `check_interval`.
    pub(crate) interval: Duration,
    /// `strict_check_interval`.
    pub(crate) strict: bool,
    /// `request_concurrency`.
    pub(crate) request_concurrency: usize,
    /// `FF_USE_ADAPTIVE_REQUEST_CONCURRENCY`.
    pub(crate) adaptive: bool,
    /// When it is parked.
    pub(crate) health: HealthLimits,
}

#[derive(Debug)]
pub(super) struct Section {
    pub(super) id: SectionId,
    pub(super) pace: Pace,
    /// The next request may be sent then.
    pub(super) due: Instant,
    /// The last request was sent then.
    pub(super) last_asked: Option<Instant>,
    /// Requests without an answer.
    pub(super) open: usize,
    pub(super) health: Health,
    backoff: Backoff,
    request_limit: RequestLimit,
    /// Whether the last request was sent early because the queue had moved.
    hastened: bool,
}

impl Section {
    /// A section as configured now; `known` is what it was before.
    pub(super) fn configured(id: SectionId, pace: Pace, known: Option<Self>, now: Instant) -> Self {
        let fresh = Self {
            id,
            pace,
            due: now,
            last_asked: None,
            open: 0,
            health: Health::fresh(now),
            backoff: Backoff::default(),
            request_limit: RequestLimit::default(),
            hastened: false,
        };
        match known {
            Some(old) => {
                let was_left_alone = old.backoff.is_failing() || old.health.parked_until().is_some();
                let due = if was_left_alone { now } else { old.due.min(now + fresh.pace.interval) };
                Self {
                    due,
                    last_asked: old.last_asked,
                    open: old.open,
                    request_limit: old.request_limit,
                    hastened: old.hastened,
                    ..fresh
                }
            }
            None => fresh,
        }
    }

    /// How many requests may be open.
    pub(super) fn requests_allowed(&self) -> usize {
        self.request_limit.allowed(self.pace.adaptive, self.pace.request_concurrency)
    }

    /// Whether it is polled, has no request open, and so will want a slot soon.
    pub(super) fn may_want_a_slot(&self) -> bool {
        self.pace.pollable && self.open == 0 && self.health.parked_until().is_none()
    }

    pub(super) fn asked(&mut self, now: Instant) {
        self.open += 1;
        self.last_asked = Some(now);
        // A request that was held for longer than the interval is thus followed by the next at once.
        self.due = now + self.pace.interval;
    }

    pub(super) fn answered(
        &mut self,
        outcome: Outcome,
        may_be_held: bool,
        jitter: f64,
        now: Instant,
    ) -> Change {
        let was_failing = self.backoff.is_failing();
        let ceiling = self.pace.request_concurrency;
        match outcome {
            Outcome::Cut => return Change::None,
            Outcome::Refused => return self.refused(now),
            Outcome::Failing { retry_after } => {
                self.health.good(now);
                self.request_limit.learn(Load::Overloaded, ceiling);
                let pause = self.backoff.pause(self.pace.interval, retry_after, jitter);
                self.due = now + pause;
                return Change::Paused(pause);
            }
            Outcome::Job(_) => {
                self.request_limit.learn(Load::Job, ceiling);
                self.hastened = false;
                if !self.pace.strict {
                    self.due = now;
                }
            }
            Outcome::Nothing { moved } => {
                self.request_limit.learn(Load::Idle, ceiling);
                // At most once in a row: a coordinator that always names another version is not hurried on.
                self.hastened = moved && may_be_held && !self.hastened && !self.pace.strict;
                if self.hastened {
                    self.due = now;
                }
            }
        }
        self.health.good(now);
        self.backoff.reset();
        if was_failing { Change::Recovered } else { Change::None }
    }

    fn refused(&mut self, now: Instant) -> Change {
        self.backoff.reset();
        let failures = self.health.failures().saturating_add(1);
        if self.health.refused(self.pace.health, now) { Change::Parked { failures } } else { Change::None }
    }
}
