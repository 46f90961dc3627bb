//! What signals mean to the service.

use std::time::{Duration, Instant};

/// A signal that the service knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGQUIT: take no more jobs, end with the last.
    Quit,
    /// SIGTERM: abort the jobs, then end.
    Terminate,
    /// SIGINT: the same.
    Interrupt,
    /// SIGHUP: read config.toml.
    Reload,
    /// SIGUSR2: end at once and leave the jobs running, for the next service to take over.
    Leave,
}

impl Signal {
    /// The signal as the system knows it.
    pub(crate) fn unix(self) -> nix::sys::signal::Signal {
        use nix::sys::signal::Signal as Unix;
        match self {
            Self::Quit => Unix::SIGQUIT,
            Self::Terminate => Unix::SIGTERM,
            Self::Interrupt => Unix::SIGINT,
            Self::Reload => Unix::SIGHUP,
            Self::Leave => Unix::SIGUSR2,
        }
    }

    /// Its number.
    pub(crate) fn number(self) -> i32 {
        self.unix() as i32
    }

    /// Go's word for it, which logs and the job's last line use.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Quit => "quit",
            Self::Terminate => "terminated",
            Self::Interrupt => "interrupt",
            Self::Reload => "hangup",
            Self::Leave => "user defined signal 2",
        }
    }
}

/// Where the service stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Taking jobs.
    #[default]
    Serving,
    /// Waiting for running jobs, without a limit.
    Draining,
    /// Waiting for nothing but requests that may bring a job.
    Leaving,
    /// Waiting for aborted jobs.
    Aborting {
        /// When it is given up.
        until: Instant,
    },
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Read config.toml again.
    Reload,
    /// Send no more requests, wait for jobs.
    Drain,
    /// Send no more requests, pass the signal on to the jobs, wait for them.
    Abort,
    /// End at once with status 1.
    Force,
    /// End at once with status 0, leave jobs alone.
    Leave,
    /// Nothing new.
    Repeat,
}

impl Stage {
    /// Takes a signal.
    pub(crate) fn take(&mut self, signal: Signal, shutdown_timeout: Duration, now: Instant) -> Answer {
        match (*self, signal) {
            (Self::Serving, Signal::Reload) => Answer::Reload,
            (_, Signal::Reload) => Answer::Repeat,
            (_, Signal::Leave) => {
                *self = Self::Leaving;
                Answer::Leave
            }
            (Self::Leaving, Signal::Quit) => Answer::Repeat,
            (Self::Leaving, Signal::Terminate | Signal::Interrupt) => Answer::Force,
            (Self::Serving, Signal::Quit) => {
                *self = Self::Draining;
                Answer::Drain
            }
            (Self::Draining, Signal::Quit) => Answer::Repeat,
            (Self::Serving | Self::Draining, Signal::Terminate | Signal::Interrupt) => {
                *self = Self::Aborting { until: now + shutdown_timeout };
                Answer::Abort
            }
            (Self::Aborting { .. }, Signal::Quit | Signal::Terminate | Signal::Interrupt) => Answer::Force,
        }
    }

    /// When waiting ends whatever happens.
    pub(crate) fn deadline(self) -> Option<Instant> {
        match self {
            Self::Aborting { until } => Some(until),
            Self::Serving | Self::Draining | Self::Leaving => None,
        }
    }

    /// Whether the service ends once nothing is left to wait for.
    pub(crate) fn is_stopping(self) -> bool {
        self != Self::Serving
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(signals: &[Signal]) -> Vec<Answer> {
        let mut stage = Stage::default();
        let now = Instant::now();
        signals.iter().map(|signal| stage.take(*signal, Duration::from_secs(30), now)).collect()
    }

    #[test]
    fn quit_drains_and_terminate_aborts() {
        use Signal::{Interrupt, Leave, Quit, Reload, Terminate};
        assert_eq!(answers(&[Quit, Quit, Terminate]), [Answer::Drain, Answer::Repeat, Answer::Abort]);
        assert_eq!(answers(&[Terminate, Interrupt]), [Answer::Abort, Answer::Force]);
        assert_eq!(answers(&[Interrupt, Quit]), [Answer::Abort, Answer::Force]);
        assert_eq!(answers(&[Reload, Quit, Reload]), [Answer::Reload, Answer::Drain, Answer::Repeat]);
        assert_eq!(answers(&[Leave]), [Answer::Leave]);
        assert_eq!(answers(&[Terminate, Leave]), [Answer::Abort, Answer::Leave]);
    }

    #[test]
    fn only_an_abort_has_a_deadline() {
        let now = Instant::now();
        let mut stage = Stage::default();
        stage.take(Signal::Quit, Duration::from_secs(30), now);
        assert_eq!(stage.deadline(), None);
        stage.take(Signal::Terminate, Duration::from_secs(30), now);
        assert_eq!(stage.deadline(), Some(now + Duration::from_secs(30)));
    }
}
