//! Where signals come from.

use super::stopping::Signal;
use std::io;
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// The signals that the service listens to, from its first moment on.
#[derive(Debug)]
pub(crate) struct Signals {
    quit: Stream,
    terminate: Stream,
    interrupt: Stream,
    reload: Stream,
    leave: Stream,
    /// Of no use, but no reason to die either: gitlab-runner takes it as a request for debug output.
    _user1: Stream,
}

impl Signals {
    /// Starts to listen.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            quit: signal(SignalKind::quit())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            reload: signal(SignalKind::hangup())?,
            leave: signal(SignalKind::user_defined2())?,
            _user1: signal(SignalKind::user_defined1())?,
        })
    }

    /// The next signal. Forgets none when it is dropped early.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.quit.recv() => Signal::Quit,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.reload.recv() => Signal::Reload,
            _ = self.leave.recv() => Signal::Leave,
        }
    }
}
