//! Sections whose requests are refused are left alone for a while.

use std::time::{Duration, Instant};

/// How many refusals a section may have, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HealthLimits {
    /// `unhealthy_requests_limit`.
    pub(crate) failures: u32,
    /// `unhealthy_interval`; zero never parks.
    pub(crate) interval: Duration,
}

/// A section's health: refusals in a row, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// Polled.
    Polled {
        /// Refusals in a row.
        failures: u32,
        /// The first of them, from which the interval counts.
        since: Instant,
    },
    /// Not polled before `until`.
    Parked {
        /// The next forced check.
        until: Instant,
    },
}

impl Health {
    /// Nothing is known against the section.
    pub(crate) fn fresh(now: Instant) -> Self {
        Self::Polled { failures: 0, since: now }
    }

    /// An answer that is no refusal.
    pub(crate) fn good(&mut self, now: Instant) {
        *self = Self::fresh(now);
    }

    /// A refusal. True if the section is parked by it.
    pub(crate) fn refused(&mut self, limits: HealthLimits, now: Instant) -> bool {
        let Self::Polled { failures, since } = *self else { return false };
        let failures = failures.saturating_add(1);
        let since = if failures == 1 { now } else { since };
        let until = since.checked_add(limits.interval).unwrap_or(now);
        if failures < limits.failures || until <= now {
            *self = Self::Polled { failures, since };
            return false;
        }
        *self = Self::Parked { until };
        true
    }

    /// Ends the parking when its time has come. True if it did: the next request is a forced check.
    pub(crate) fn wake(&mut self, now: Instant) -> bool {
        match *self {
            Self::Parked { until } if until <= now => {
                *self = Self::fresh(now);
                true
            }
            Self::Parked { .. } | Self::Polled { .. } => false,
        }
    }

    /// When the section may be asked for again, if it is parked.
    pub(crate) fn parked_until(&self) -> Option<Instant> {
        match *self {
            Self::Parked { until } => Some(until),
            Self::Polled { .. } => None,
        }
    }

    /// Refusals in a row.
    pub(crate) fn failures(&self) -> u32 {
        match *self {
            Self::Polled { failures, .. } => failures,
            Self::Parked { .. } => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HealthLimits = HealthLimits { failures: 3, interval: Duration::from_secs(8) };

    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    /// gitlab-runner, interval 8 s, one request a second: refused at 0, 1, 2, 8, 9, 10, 16 s.
    #[test]
    fn the_interval_counts_from_the_first_refusal() {
        let start = Instant::now();
        let mut health = Health::fresh(start);
        let mut asked = Vec::new();
        for second in 0..17 {
            let now = at(start, second);
            health.wake(now);
            if health.parked_until().is_none() {
                asked.push(second);
                health.refused(LIMITS, now);
            }
        }
        assert_eq!(asked, [0, 1, 2, 8, 9, 10, 16]);
    }

    #[test]
    fn a_good_answer_clears_the_count() {
        let start = Instant::now();
        let mut health = Health::fresh(start);
        assert!(!health.refused(LIMITS, start));
        assert!(!health.refused(LIMITS, start));
        health.good(at(start, 1));
        assert_eq!(health.failures(), 0);
        assert!(!health.refused(LIMITS, at(start, 2)));
    }

    #[test]
    fn without_an_interval_nothing_is_parked() {
        let start = Instant::now();
        let mut health = Health::fresh(start);
        let limits = HealthLimits { interval: Duration::ZERO, ..LIMITS };
        assert!((0..10).all(|second| !health.refused(limits, at(start, second))));
    }
}
