//! How the service comes to its end: signals, deadlines, and what there is to wait for.

use super::manager::{Manager, say};
use super::stopping::{Answer, Signal, Stage};
use std::time::Duration;
use tokio::time::Instant;

/// How long a forced stop waits for the coordinator to hear of jobs that had to be killed.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How the service ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Everything that was to be done is done, or left to the next service.
    Clean,
    /// A second signal came, or jobs did not end in time.
    Forced {
        /// What forced it.
        by: Option<Signal>,
    },
}

impl Manager {
    /// What a signal asks for. Gives the ending if that is at once.
    pub(super) fn signalled(&mut self, signal: Signal) -> Option<Ending> {
        let timeout = self.configuration.shutdown_timeout();
        let number = crate::logging::signal(signal.number());
        match self.stage.take(signal, timeout, Instant::now().into_std()) {
            Answer::Reload => self.look_at_file(true),
            Answer::Drain => {
                say!(self, warn, "stop-signal" = number, "[runWait] received stop signal");
                say!(
                    self,
                    warn,
                    StopSignal = number,
                    "Starting graceful shutdown, waiting for builds to finish"
                );
                self.schedule.drain();
            }
            Answer::Abort => {
                say!(self, warn, "stop-signal" = number, "[runWait] received stop signal");
                say!(self, warn, StopSignal = number, "Starting forceful shutdown");
                self.schedule.drain();
                self.care.aborted_by.set(Some(signal));
                self.jobs.signal(signal.unix());
            }
            Answer::Force => {
                say!(self, warn, "stop-signal" = number, "[handleForcefulShutdown] received stop signal");
                return Some(Ending::Forced { by: Some(signal) });
            }
            Answer::Leave => {
                say!(
                    self,
                    warn,
                    "stop-signal" = number,
                    "Leaving: running jobs go on, the next service takes them over"
                );
                self.schedule.drain();
            }
            Answer::Repeat => {
                if signal == Signal::Quit {
                    say!(self, warn, "stop-signal" = number, "[handleGracefulShutdown] received stop signal");
                }
            }
        }
        None
    }

    /// Whether the service is done, and how.
    pub(super) fn ending(&mut self) -> Option<Ending> {
        self.bounds_reached();
        if !self.stage.is_stopping() || !self.requests.is_empty() {
            return None;
        }
        if self.stage == Stage::Leaving {
            return Some(Ending::Clean);
        }
        let now = Instant::now();
        if let Some(until) = self.last_words_until
            && (now >= until || self.jobs.are_settled())
        {
            let all_over = self.jobs.running() == 0 && !self.was_out_of_time(now);
            return Some(if all_over { Ending::Clean } else { Ending::Forced { by: None } });
        }
        if self.jobs.are_settled() {
            return Some(Ending::Clean);
        }
        if self.last_words_until.is_none() {
            self.limit_waiting(now);
        }
        None
    }

    /// Sets an end to waiting, once there is reason to: jobs that do not end, or reports nobody takes.
    fn limit_waiting(&mut self, now: Instant) {
        if self.was_out_of_time(now) {
            say!(self, warn, "Jobs that did not end within the shutdown timeout are killed");
            self.jobs.signal(nix::sys::signal::Signal::SIGKILL);
            self.last_words_until = Some(now + LAST_WORDS);
        } else if self.jobs.running() == 0 {
            // Jobs that died and whose coordinator does not answer: the next service reports them.
            self.last_words_until = Some(now + self.configuration.shutdown_timeout());
        }
    }

    fn was_out_of_time(&self, now: Instant) -> bool {
        self.stage.deadline().is_some_and(|deadline| now.into_std() >= deadline)
    }

    /// Starts to drain when `run-single` has done its share.
    fn bounds_reached(&mut self) {
        if self.stage != Stage::Serving {
            return;
        }
        if let Some(limit) = self.bounds.jobs
            && self.received >= limit
        {
            if self.jobs.are_settled() {
                tracing::info!("This runner has processed its build limit, so now exiting");
                self.stage = Stage::Draining;
            }
            self.schedule.drain();
        }
        if let Some(idle) = self.bounds.idle
            && self.jobs.running() == 0
            && self.last_job.elapsed() >= idle
        {
            let seconds = idle.as_secs();
            tracing::info!("This runner has not received a job in {seconds} seconds, so now exiting");
            self.schedule.drain();
            self.stage = Stage::Draining;
        }
    }
}
