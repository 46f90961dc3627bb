//! Pauses before a failing coordinator is asked again.

use std::time::Duration;

/// The longest pause that we choose ourselves: a coordinator that comes back is noticed within it.
pub(crate) const LONGEST: Duration = Duration::from_secs(30);

/// The longest pause that a coordinator may ask for; more would look like a runner that died.
const LONGEST_ASKED: Duration = Duration::from_secs(600);

/// Pauses that start at the check interval, double, and stay below [`LONGEST`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The pause after one more failure. `jitter`, from 0 up to 1, shortens it by up to a quarter, so that
    /// the runners of a coordinator that failed do not come back in step.
    pub(crate) fn pause(&mut self, interval: Duration, asked: Option<Duration>, jitter: f64) -> Duration {
        let doublings = self.failures.min(16);
        self.failures = self.failures.saturating_add(1);
        if let Some(asked) = asked {
            return asked.min(LONGEST_ASKED).max(interval.min(LONGEST));
        }
        let grown = interval.saturating_mul(1 << doublings).min(LONGEST);
        grown.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 4.0)
    }

    /// The coordinator answered again.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Whether the last answer was a failure.
    pub(crate) fn is_failing(self) -> bool {
        self.failures > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn pauses_double_up_to_the_bound() {
        let mut backoff = Backoff::default();
        let pauses: Vec<u64> = (0..8).map(|_| backoff.pause(SECOND, None, 0.0).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30, 30]);
        backoff.reset();
        assert_eq!(backoff.pause(SECOND, None, 0.0), SECOND);
    }

    #[test]
    fn the_coordinators_wish_counts_within_reason() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.pause(SECOND, Some(Duration::from_secs(90)), 1.0), Duration::from_secs(90));
        assert_eq!(backoff.pause(SECOND, Some(Duration::MAX), 0.0), LONGEST_ASKED);
        assert_eq!(backoff.pause(3 * SECOND, Some(Duration::ZERO), 0.0), 3 * SECOND);
    }

    proptest! {
        #[test]
        fn never_longer_than_the_bound(interval in 1..7200u64, failures in 0..200u32, jitter in 0.0..1.0f64) {
            let mut backoff = Backoff { failures };
            let pause = backoff.pause(Duration::from_secs(interval), None, jitter);
            prop_assert!(pause <= LONGEST);
            prop_assert!(pause >= Duration::from_millis(750));
        }
    }
}
