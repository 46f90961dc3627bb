//! How long a pipeline took.

use crate::{Moment, Pipeline, Status};
use std::time::Duration;

/// A time span in which a job ran: from, to.
pub type Span = (Moment, Moment);

/// How much time some spans cover together. Where several overlap, time counts once; gaps do not count.
pub fn covered(spans: impl IntoIterator<Item = Span>) -> Duration {
    let mut spans: Vec<Span> = spans.into_iter().collect();
    spans.sort_unstable();
    let (mut total, mut reached) = (0u64, Moment(0));
    for (start, end) in spans {
        let start = start.max(reached);
        if end > start {
            total = total.saturating_add(end.0 - start.0);
            reached = end;
        }
    }
    Duration::from_millis(total)
}

impl Pipeline {
    /// When its latest jobs ran. Bridges are left out: the pipelines that they started have jobs of their own, whose
    /// spans are to be added where the family's duration is wanted.
    pub fn spans(&self, now: Moment) -> impl Iterator<Item = Span> + '_ {
        self.latest()
            .filter(|job| !job.is_bridge())
            .filter(|job| {
                matches!(job.status, Status::Success | Status::Failed | Status::Canceled)
                    || job.status.is_executing()
            })
            .filter_map(move |job| Some((job.started_at?, job.finished_at.unwrap_or(now))))
    }

    /// How long it has worked: the time in which at least one of its latest jobs ran. Waiting, gaps and attempts that
    /// were retried do not count.
    pub fn duration(&self, now: Moment) -> Duration {
        covered(self.spans(now))
    }

    /// How long it waited until it ran. Nothing if it did not wait, or never ran.
    pub fn queued_duration(&self) -> Option<Duration> {
        let waited = self.started_at?.0.saturating_sub(self.created_at.0);
        (waited > 0).then_some(Duration::from_millis(waited))
    }

    /// The mean of the coverages, in per cent, of the latest jobs that have one.
    pub fn coverage(&self, of: impl Fn(&crate::Job) -> Option<f64>) -> Option<f64> {
        let found: Vec<f64> = self.latest().filter_map(of).collect();
        (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(spans: &[(u64, u64)]) -> u128 {
        covered(spans.iter().map(|&(start, end)| (Moment(start), Moment(end)))).as_millis()
    }

    #[test]
    fn time_counts_once_and_gaps_do_not() {
        assert_eq!(of(&[]), 0);
        assert_eq!(of(&[(10, 20)]), 10);
        assert_eq!(of(&[(10, 20), (15, 30)]), 20);
        assert_eq!(of(&[(40, 50), (10, 20)]), 20);
        assert_eq!(of(&[(10, 50), (20, 30), (45, 60)]), 50);
        assert_eq!(of(&[(10, 20), (20, 30)]), 20);
    }

    #[test]
    fn a_clock_that_went_back_takes_nothing_away() {
        assert_eq!(of(&[(30, 10), (10, 20)]), 10);
    }
}
