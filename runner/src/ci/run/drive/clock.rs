//! The time of a run.

use pipeline::Moment;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// Counts from the moment it was made, so that a clock that is set meanwhile delays nothing.
#[derive(Clone, Copy, Debug)]
pub(in crate::ci::run) struct Clock {
    origin: Moment,
    start: Instant,
}

impl Clock {
    /// Begins now.
    pub(in crate::ci::run) fn start() -> Self {
        let age = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { origin: Moment(millis(age)), start: Instant::now() }
    }

    /// Now.
    pub(in crate::ci::run) fn now(&self) -> Moment {
        Moment(self.origin.0.saturating_add(millis(self.start.elapsed())))
    }

    /// Since it was made.
    pub(in crate::ci::run) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// The instant that a moment is; far moments are as far as can be waited for.
    pub(super) fn instant(&self, moment: Moment) -> Instant {
        const YEAR: u64 = 366 * 24 * 3600 * 1000;
        let ahead = moment.0.saturating_sub(self.origin.0).min(YEAR);
        self.start + Duration::from_millis(ahead)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// From one moment to a later one.
pub(super) fn between(from: Moment, to: Moment) -> Duration {
    Duration::from_millis(to.0.saturating_sub(from.0))
}
