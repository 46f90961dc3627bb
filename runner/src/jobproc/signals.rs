//! Signals to the process of a job.

use job::{AbortCause, Control};
use nix::sys::signal::{SigSet, Signal};
use std::io;
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// Signals that are kept until somebody listens: one that came a moment earlier would end the process without
/// a report.
const KEPT: [Signal; 6] =
    [Signal::SIGTERM, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGHUP, Signal::SIGUSR1, Signal::SIGUSR2];

fn kept() -> SigSet {
    KEPT.into_iter().collect()
}

/// Keeps signals from now on. To be called before there are threads.
pub(super) fn keep() {
    // Without it, the process ends when such a signal comes, and the service reports the job.
    let _ = kept().thread_block();
}

/// What a job listens to.
pub(super) struct Signals {
    terminate: Stream,
    interrupt: Stream,
    /// For the service: it drains, and the job goes on.
    _quit: Stream,
    /// For the service, or for a terminal that went away.
    _hangup: Stream,
    /// For the service, whose name this process shares: `pkill` finds both.
    _users: [Stream; 2],
}

impl Signals {
    /// Listens, and lets signals through that were kept.
    pub(super) fn listen() -> io::Result<Self> {
        let signals = Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            _quit: signal(SignalKind::quit())?,
            _hangup: signal(SignalKind::hangup())?,
            _users: [signal(SignalKind::user_defined1())?, signal(SignalKind::user_defined2())?],
        };
        kept().thread_unblock()?;
        Ok(signals)
    }

    /// Aborts the job when told to, for as long as it is awaited.
    pub(super) async fn abort(mut self, control: Control) {
        loop {
            let word = tokio::select! {
                _ = self.terminate.recv() => "terminated",
                _ = self.interrupt.recv() => "interrupt",
            };
            control.abort(AbortCause::Signal(word));
        }
    }
}
