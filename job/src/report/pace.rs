//! When something is sent while a job runs.
//!
//! Pure decisions over instants, so that they are tested without a clock. Somebody who watches a log (the
//! coordinator then asks for updates every few seconds) sees output soon after it comes to rest and at the end
//! of each section; when nobody watches, the coordinator's longer interval is kept, but for section ends. What
//! is sent early draws on a budget, so that chatty jobs stay far below GitLab's limit of 200 calls a minute.

use super::chunks::CHUNK;
use std::time::Duration;
use tokio::time::Instant;

/// Between two updates until the coordinator says otherwise.
const FIRST_INTERVAL: Duration = Duration::from_secs(3);
/// The longest interval a coordinator may ask for.
const LONGEST_INTERVAL: Duration = Duration::from_secs(15 * 60);
/// Up to this interval somebody is taken to be watching.
const WATCHED: Duration = Duration::from_secs(5);
/// Between two early updates while somebody watches.
const EARLY_GAP: Duration = Duration::from_millis(250);
/// Between two early updates while nobody does.
const UNWATCHED_GAP: Duration = Duration::from_secs(3);
/// Output that does not grow for so long has come to rest.
const REST: Duration = Duration::from_millis(100);
/// Output that never rests is sent after that, where the interval allows.
const LONGEST_BURST: Duration = Duration::from_secs(1);
/// A silent job says that it lives at least so often.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// The same while the coordinator named no interval.
const KEEP_ALIVE_UNASKED: Duration = Duration::from_secs(10);
/// Early updates that may come in a row, and how long it takes to earn another.
const BUDGET: u32 = 10;
const EARNING: Duration = Duration::from_secs(1);
/// Bounds of the pauses after a failure.
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_LONGEST: Duration = Duration::from_secs(15);

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Send a piece of the trace.
    Send,
    /// Say that the job lives.
    KeepAlive,
    /// Neither before that instant, unless something changes.
    Wait(Instant),
}

/// What waits to be sent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Backlog {
    /// How much.
    pub(super) bytes: u64,
    /// Whether some of it is worth sending early.
    pub(super) prompt: bool,
}

/// What was sent when, and what the coordinator asks for.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    asked: bool,
    last_sent: Instant,
    last_contact: Instant,
    grown: Instant,
    waiting: Instant,
    retry: Option<Retry>,
    budget: Budget,
}

#[derive(Debug)]
struct Retry {
    at: Instant,
    backoff: client::Backoff,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            interval: FIRST_INTERVAL,
            asked: false,
            // So a job that is over within an instant costs one chunk, not two.
            last_sent: now,
            last_contact: now,
            grown: now,
            waiting: now,
            retry: None,
            budget: Budget {
                empty_at: now.checked_sub(EARNING * BUDGET).unwrap_or(now),
                full: EARNING * BUDGET,
            },
        }
    }

    /// The coordinator's wish, from any answer.
    pub(super) fn interval(&mut self, asked: Option<Duration>) {
        if let Some(asked) = asked {
            self.interval = asked.min(LONGEST_INTERVAL);
            self.asked = true;
        }
    }

    /// The trace grew; `afresh` if nothing was waiting before.
    pub(super) fn grew(&mut self, now: Instant, afresh: bool) {
        self.grown = now;
        if afresh {
            self.waiting = now;
        }
    }

    /// A piece was sent; `early` if it was small and did not wait for the interval.
    pub(super) fn sent(&mut self, now: Instant) {
        if now < self.last_sent + self.interval {
            self.budget.spend(now);
        }
        self.last_sent = now;
        self.last_contact = now;
        self.retry = None;
    }

    /// A piece was not taken.
    pub(super) fn failed(&mut self, now: Instant) {
        let mut backoff = match self.retry.take() {
            Some(retry) => retry.backoff,
            None => client::Backoff::new(RETRY_FIRST, RETRY_LONGEST),
        };
        self.retry = Some(Retry { at: now + backoff.pause(), backoff });
    }

    /// A keep-alive was answered, or at least tried; it is not repeated at once.
    pub(super) fn kept_alive(&mut self, now: Instant) {
        self.last_contact = now;
    }

    pub(super) fn next(&self, now: Instant, backlog: Backlog) -> Next {
        let send = self.send_at(now, backlog);
        if send.is_some_and(|at| at <= now) {
            return Next::Send;
        }
        // While pieces are refused their own answers say what the coordinator thinks of the job.
        let alive =
            (self.retry.is_none() || backlog.bytes == 0).then(|| self.last_contact + self.keep_alive());
        match (send, alive) {
            (_, Some(at)) if at <= now => Next::KeepAlive,
            (Some(send), Some(alive)) => Next::Wait(send.min(alive)),
            (Some(at), None) | (None, Some(at)) => Next::Wait(at),
            (None, None) => Next::Wait(now + KEEP_ALIVE),
        }
    }

    fn send_at(&self, now: Instant, backlog: Backlog) -> Option<Instant> {
        if backlog.bytes == 0 {
            return None;
        }
        if let Some(retry) = &self.retry {
            return Some(retry.at);
        }
        if backlog.bytes >= CHUNK as u64 {
            return Some(now);
        }
        // Also where the interval is long over: the first line of a burst takes the rest along.
        let burst = (self.grown + REST).min(self.waiting + LONGEST_BURST);
        let regular = burst.max(self.last_sent + self.interval);
        Some(self.early_at(now, backlog.prompt).map_or(regular, |early| early.min(regular)))
    }

    /// When a piece may be sent before its time, if at all.
    fn early_at(&self, now: Instant, prompt: bool) -> Option<Instant> {
        let watched = self.interval <= WATCHED;
        let rest = watched.then(|| self.grown + REST);
        let wanted = if prompt { Some(now) } else { rest }?;
        let gap = if watched { EARLY_GAP } else { UNWATCHED_GAP };
        Some(wanted.max(self.last_sent + gap).max(self.budget.available_at()))
    }

    /// The longest silence.
    fn keep_alive(&self) -> Duration {
        if self.asked { self.interval.min(KEEP_ALIVE) } else { KEEP_ALIVE_UNASKED }
    }
}

/// A budget that refills by itself: as an instant in the past at which it would have been empty.
#[derive(Debug)]
struct Budget {
    empty_at: Instant,
    full: Duration,
}

impl Budget {
    fn available_at(&self) -> Instant {
        self.empty_at + EARNING
    }

    fn spend(&mut self, now: Instant) {
        let oldest = now.checked_sub(self.full).unwrap_or(self.empty_at);
        self.empty_at = self.empty_at.max(oldest) + EARNING;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const SOME: Backlog = Backlog { bytes: 10, prompt: false };
    const PROMPT: Backlog = Backlog { bytes: 10, prompt: true };
    const NONE: Backlog = Backlog { bytes: 0, prompt: false };

    /// When the next call is made if nothing changes, and what it is.
    fn when(pace: &Pace, start: Instant, backlog: Backlog) -> (Duration, Next) {
        let mut now = start;
        loop {
            match pace.next(now, backlog) {
                Next::Wait(until) => {
                    assert!(until > now);
                    now = until;
                }
                next => return (now - start, next),
            }
        }
    }

    fn asked(start: Instant, seconds: u64) -> Pace {
        let mut pace = Pace::new(start);
        pace.interval(Some(Duration::from_secs(seconds)));
        pace
    }

    #[test]
    fn the_first_piece_waits_a_moment() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        assert_eq!(when(&pace, start, PROMPT), (250 * MS, Next::Send));
        assert_eq!(when(&pace, start, SOME), (250 * MS, Next::Send));
        pace.grew(start + 200 * MS, true);
        assert_eq!(when(&pace, start, SOME), (300 * MS, Next::Send));
    }

    #[test]
    fn output_that_never_rests_is_sent_at_the_interval() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let mut now = start;
        while pace.next(now, SOME) != Next::Send {
            now += 50 * MS;
            pace.grew(now, false);
        }
        assert_eq!(now - start, Duration::from_secs(3));
    }

    #[test]
    fn the_first_line_of_a_burst_takes_the_rest_along() {
        let start = Instant::now();
        for seconds in [3, 60] {
            let mut pace = asked(start, seconds);
            let mut now = start + Duration::from_secs(500);
            pace.kept_alive(now);
            pace.grew(now, true);
            assert_eq!(when(&pace, now, SOME), (REST, Next::Send));
            while pace.next(now, SOME) != Next::Send {
                now += 50 * MS;
                pace.grew(now, false);
            }
            assert_eq!(now - start, Duration::from_secs(501));
        }
    }

    #[test]
    fn a_backlog_does_not_wait() {
        let start = Instant::now();
        let pace = asked(start, 60);
        let backlog = Backlog { bytes: CHUNK as u64, prompt: false };
        assert_eq!(when(&pace, start, backlog), (Duration::ZERO, Next::Send));
    }

    #[test]
    fn unwatched_jobs_keep_the_interval_but_for_section_ends() {
        let start = Instant::now();
        let pace = asked(start, 20);
        assert_eq!(when(&pace, start, SOME), (Duration::from_secs(20), Next::Send));
        assert_eq!(when(&pace, start, PROMPT), (Duration::from_secs(3), Next::Send));
    }

    #[test]
    fn silent_jobs_are_kept_alive() {
        let start = Instant::now();
        for (pace, seconds) in [(Pace::new(start), 10), (asked(start, 3), 3), (asked(start, 60), 30)] {
            assert_eq!(when(&pace, start, NONE), (Duration::from_secs(seconds), Next::KeepAlive));
        }
    }

    #[test]
    fn intervals_are_bounded() {
        let start = Instant::now();
        let mut pace = asked(start, 86400);
        assert_eq!(pace.interval, LONGEST_INTERVAL);
        pace.interval(None);
        assert_eq!(pace.interval, LONGEST_INTERVAL);
    }

    #[test]
    fn failures_slow_down_and_silence_keep_alives() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let mut now = start;
        for _ in 0..20 {
            pace.failed(now);
            let (pause, next) = when(&pace, now, SOME);
            assert_eq!(next, Next::Send);
            assert!(pause >= RETRY_FIRST && pause <= RETRY_LONGEST);
            now += pause;
        }
        pace.sent(now);
        assert_eq!(when(&pace, now, PROMPT).0, 250 * MS);
    }

    #[test]
    fn early_pieces_draw_on_a_budget() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let mut now = start;
        let mut sent = Vec::new();
        while now < start + Duration::from_secs(60) {
            let (pause, next) = when(&pace, now, PROMPT);
            assert_eq!(next, Next::Send);
            now += pause;
            sent.push(now - start);
            pace.sent(now);
        }
        let within = |seconds: u64| sent.iter().filter(|at| **at <= Duration::from_secs(seconds)).count();
        assert_eq!(within(1), 4);
        assert!((69..=72).contains(&within(60)), "{}", within(60));
    }
}
