//! What stops a stage from outside, and the watch that is kept over every stage.

use crate::{AbortCause, Control, go_duration};
use protocol::FailureReason;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Why a stage was stopped, or not even started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    /// The job's time is over.
    JobTimeout {
        /// The job's time limit.
        limit: Duration,
    },
    /// `RUNNER_SCRIPT_TIMEOUT` is over.
    ScriptTimeout,
    /// A limit of the runner's configuration for one stage is over.
    StageTimeout {
        /// The stage in gitlab-runner's words: `prepare`, `get sources`.
        stage: &'static str,
        /// Its limit.
        limit: Duration,
    },
    /// The limit of `after_script`, or of what follows a job's timeout. Concerns that stage alone.
    OwnTimeout,
    /// Canceled gracefully.
    Canceled,
    /// Aborted.
    Aborted(AbortCause),
    /// What it was done for has failed meanwhile; that is what the job ends with.
    GivenUp,
}

impl Halt {
    /// The text of the job's last line, after `Job failed: `.
    pub(super) fn text(&self) -> String {
        match self {
            Self::JobTimeout { limit } => {
                format!("execution took longer than {} seconds", go_duration::format(*limit))
            }
            Self::ScriptTimeout => "script timeout: context deadline exceeded".to_owned(),
            Self::StageTimeout { stage, limit } => {
                format!("{stage} timeout: exceeded timeout of {}", go_duration::format(*limit))
            }
            Self::OwnTimeout => "context deadline exceeded".to_owned(),
            Self::GivenUp => "context canceled".to_owned(),
            Self::Canceled | Self::Aborted(AbortCause::Coordinator) => "canceled".to_owned(),
            Self::Aborted(AbortCause::Signal(signal)) => format!("aborted: {signal}"),
        }
    }

    /// The reason to report.
    pub(super) fn reason(&self) -> FailureReason {
        match self {
            Self::JobTimeout { .. } | Self::ScriptTimeout | Self::StageTimeout { .. } | Self::OwnTimeout => {
                FailureReason::JobExecutionTimeout
            }
            Self::Canceled | Self::Aborted(AbortCause::Coordinator) => FailureReason::JobCanceled,
            Self::Aborted(AbortCause::Signal(_)) => FailureReason::RunnerInterrupted,
            Self::GivenUp => FailureReason::RunnerSystemFailure,
        }
    }

    /// Whether time ran out.
    pub(super) fn is_timeout(&self) -> bool {
        self.reason() == FailureReason::JobExecutionTimeout
    }
}

/// What may stop the stages of one part of a job.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    /// When its time is over, and what that means. Of several limits the first to come is given.
    pub(super) deadline: Option<(Instant, Halt)>,
    /// Who else stops it.
    pub(super) heeds: Heeds,
    /// Cancelled when there is no point in it any more.
    pub(super) given_up: Option<CancellationToken>,
}

/// Whose wish to stop counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heeds {
    /// A cancel and an abort.
    All,
    /// An abort.
    Abort,
    /// Nobody's: clean-up alone goes on.
    Nothing,
}

impl Bounds {
    /// Bounds with one limit.
    pub(super) fn until(at: Instant, halt: Halt, heeds: Heeds) -> Self {
        Self { deadline: Some((at, halt)), heeds, given_up: None }
    }

    /// The bounds with one more limit, which counts if it comes first.
    pub(super) fn and_deadline(mut self, at: Instant, halt: Halt) -> Self {
        if self.deadline.as_ref().is_none_or(|(known, _)| at < *known) {
            self.deadline = Some((at, halt));
        }
        self
    }

    /// Why a stage must not start, if so.
    pub(super) fn exceeded(&self, control: &Control) -> Option<Halt> {
        if self.heeds != Heeds::Nothing && control.aborted().is_cancelled() {
            return Some(aborted(control));
        }
        if self.heeds == Heeds::All && control.canceled().is_cancelled() {
            return Some(Halt::Canceled);
        }
        if self.given_up.as_ref().is_some_and(CancellationToken::is_cancelled) {
            return Some(Halt::GivenUp);
        }
        self.deadline.as_ref().filter(|(at, _)| Instant::now() >= *at).map(|(_, halt)| halt.clone())
    }

    /// Waits until something stops the stage.
    async fn halted(&self, control: &Control) -> Halt {
        let time_is_over = async {
            match &self.deadline {
                Some((at, halt)) => {
                    tokio::time::sleep_until(*at).await;
                    halt.clone()
                }
                None => std::future::pending().await,
            }
        };
        let is_in_vain = async {
            match &self.given_up {
                Some(given_up) => given_up.cancelled().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = control.aborted().cancelled(), if self.heeds != Heeds::Nothing => aborted(control),
            () = control.canceled().cancelled(), if self.heeds == Heeds::All => Halt::Canceled,
            () = is_in_vain => Halt::GivenUp,
            halt = time_is_over => halt,
        }
    }
}

/// How long a deadline may be away; a limit beyond that is none. Ten years.
const FAR: Duration = Duration::from_secs(10 * 366 * 24 * 3600);

/// The moment at which a limit that begins now is over. Limits come from payloads and may be any number.
pub(super) fn in_time(limit: Duration) -> Instant {
    Instant::now() + limit.min(FAR)
}

fn aborted(control: &Control) -> Halt {
    Halt::Aborted(control.cause().cloned().unwrap_or(AbortCause::Coordinator))
}

/// Runs a stage within bounds. When they are exceeded its stop token is cancelled, and its end still awaited:
/// an executor gives its processes their grace first.
///
/// An abort that comes while a stage is being stopped for another reason changes nothing for this stage.
pub(super) async fn within<T>(
    bounds: &Bounds,
    control: &Control,
    stage: impl AsyncFnOnce(CancellationToken) -> T,
) -> (T, Option<Halt>) {
    let stop = CancellationToken::new();
    let work = stage(stop.clone());
    tokio::pin!(work);
    let halt = tokio::select! {
        biased;
        halt = bounds.halted(control) => halt,
        result = &mut work => return (result, None),
    };
    stop.cancel();
    (work.await, Some(halt))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(seconds: u64) -> Bounds {
        let at = Instant::now() + Duration::from_secs(seconds);
        Bounds::until(at, Halt::ScriptTimeout, Heeds::All)
    }

    async fn until_stopped(stop: CancellationToken) {
        stop.cancelled().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_stops_the_stage() {
        let (_, halt) = within(&bounds(5), &Control::new(), until_stopped).await;
        assert_eq!(halt, Some(Halt::ScriptTimeout));
    }

    #[tokio::test(start_paused = true)]
    async fn the_earlier_of_two_deadlines_counts() {
        let job = Halt::JobTimeout { limit: Duration::from_secs(3) };
        let both = bounds(5).and_deadline(Instant::now() + Duration::from_secs(3), job.clone());
        let (_, halt) = within(&both, &Control::new(), until_stopped).await;
        assert_eq!(halt, Some(job));
    }

    #[tokio::test(start_paused = true)]
    async fn cancel_and_abort_stop_only_who_heeds_them() {
        let control = Control::new();
        control.cancel();
        let (_, halt) = within(&bounds(5), &control, until_stopped).await;
        assert_eq!(halt, Some(Halt::Canceled));
        let deaf = Bounds { heeds: Heeds::Abort, ..bounds(5) };
        assert_eq!(deaf.exceeded(&control), None);
        control.abort(AbortCause::Signal("terminated"));
        assert_eq!(deaf.exceeded(&control), Some(Halt::Aborted(AbortCause::Signal("terminated"))));
        let clean_up = Bounds { heeds: Heeds::Nothing, ..deaf };
        let (value, halt) = within(&clean_up, &control, async |_| 7).await;
        assert_eq!((value, halt), (7, None));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_in_vain_is_stopped() {
        let given_up = CancellationToken::new();
        let in_vain = Bounds { given_up: Some(given_up.clone()), ..bounds(5) };
        assert_eq!(in_vain.exceeded(&Control::new()), None);
        let (_, halt) = within(&in_vain, &Control::new(), async |stop| {
            given_up.cancel();
            until_stopped(stop).await;
        })
        .await;
        assert_eq!(halt, Some(Halt::GivenUp));
        assert_eq!(in_vain.exceeded(&Control::new()), Some(Halt::GivenUp));
    }

    #[tokio::test(start_paused = true)]
    async fn no_limit_is_too_large() {
        let at = in_time(Duration::MAX);
        let endless = Bounds { deadline: Some((at, Halt::ScriptTimeout)), ..bounds(5) };
        let (value, halt) = within(&endless, &Control::new(), async |_| 7).await;
        assert_eq!((value, halt), (7, None));
    }

    #[test]
    fn last_lines() {
        let limit = Duration::from_secs(3600);
        assert_eq!(Halt::JobTimeout { limit }.text(), "execution took longer than 1h0m0s seconds");
        assert_eq!(
            Halt::StageTimeout { stage: "prepare", limit }.text(),
            "prepare timeout: exceeded timeout of 1h0m0s"
        );
        assert_eq!(Halt::Aborted(AbortCause::Signal("interrupt")).text(), "aborted: interrupt");
        assert_eq!(Halt::Canceled.reason(), FailureReason::JobCanceled);
    }
}
