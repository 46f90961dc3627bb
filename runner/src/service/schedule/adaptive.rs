//! How many job requests a section may have open at once.

/// What a request showed about the coordinator's load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    /// It brought a job.
    Job,
    /// It brought nothing.
    Idle,
    /// It was answered with a status that asks for less.
    Overloaded,
}

/// gitlab-runner's adaptive request concurrency (`FF_USE_ADAPTIVE_REQUEST_CONCURRENCY`): grows with jobs,
/// shrinks without, halves on errors, between 1 and `request_concurrency`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RequestLimit {
    value: f64,
}

impl Default for RequestLimit {
    fn default() -> Self {
        Self { value: 1.0 }
    }
}

impl RequestLimit {
    /// Learns from an answer.
    pub(crate) fn learn(&mut self, load: Load, ceiling: usize) {
        let factor = match load {
            Load::Job => 1.1,
            Load::Idle => 0.95,
            Load::Overloaded => 0.5,
        };
        self.value = (self.value * factor).clamp(1.0, count(ceiling));
    }

    /// How many requests may be open.
    pub(crate) fn allowed(self, adaptive: bool, ceiling: usize) -> usize {
        let ceiling = ceiling.max(1);
        if !adaptive {
            return ceiling;
        }
        (1..ceiling).find(|n| count(*n) >= self.value).unwrap_or(ceiling)
    }
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number.max(1)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_with_jobs_and_halves_on_errors() {
        let mut limit = RequestLimit::default();
        assert_eq!(limit.allowed(true, 4), 1);
        limit.learn(Load::Job, 4);
        assert_eq!(limit.allowed(true, 4), 2);
        (0..30).for_each(|_| limit.learn(Load::Job, 4));
        assert_eq!(limit.allowed(true, 4), 4);
        limit.learn(Load::Overloaded, 4);
        assert_eq!(limit.allowed(true, 4), 2);
        (0..30).for_each(|_| limit.learn(Load::Idle, 4));
        assert_eq!(limit.allowed(true, 4), 1);
    }

    #[test]
    fn without_the_flag_the_ceiling_counts() {
        assert_eq!(RequestLimit::default().allowed(false, 3), 3);
        assert_eq!(RequestLimit::default().allowed(false, 0), 1);
    }
}
