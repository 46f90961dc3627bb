//! Growing, jittered pauses.

use std::time::Duration;

/// Pauses that start at `first`, double, and never exceed `longest`. Each is drawn between `first` and the
/// doubled value, so that many jobs of one coordinator do not come back in step.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    attempt: u32,
}

impl Backoff {
    /// Pauses from `first` up to `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, attempt: 0 }
    }

    /// The next pause. The first one is exactly `first`.
    pub fn pause(&mut self) -> Duration {
        let ceiling = self.ceiling();
        self.attempt = self.attempt.saturating_add(1);
        if ceiling <= self.first {
            return ceiling;
        }
        self.first + (ceiling - self.first).mul_f64(random_fraction())
    }

    /// Starts over after something went well.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }

    /// How many pauses were handed out since the start or the last reset.
    pub fn attempts(&self) -> u32 {
        self.attempt
    }

    fn ceiling(&self) -> Duration {
        let factor = 1_u32.checked_shl(self.attempt.min(30)).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.longest)
    }
}

/// A number from 0 up to 1.
fn random_fraction() -> f64 {
    f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_stay_within_their_bounds() {
        let first = Duration::from_millis(100);
        let longest = Duration::from_secs(60);
        let mut backoff = Backoff::new(first, longest);
        assert_eq!(backoff.pause(), first);
        for doublings in 1..200_u32 {
            let pause = backoff.pause();
            assert!(pause >= first && pause <= longest);
            assert!(pause <= first * 2_u32.pow(doublings.min(20)));
        }
        backoff.reset();
        assert_eq!(backoff.pause(), first);
    }

    #[test]
    fn a_cap_below_the_start_wins() {
        let mut backoff = Backoff::new(Duration::from_secs(5), Duration::from_secs(1));
        assert_eq!(backoff.pause(), Duration::from_secs(1));
        assert_eq!(backoff.pause(), Duration::from_secs(1));
    }
}
