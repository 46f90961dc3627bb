//! Where signals come from: the system, or whoever runs the service in its own process.

use super::stopping::Signal;
use std::io;
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The signals that the service listens to, from its first moment on.
#[derive(Debug)]
pub(crate) struct Signals(Source);

#[derive(Debug)]
enum Source {
    System(Box<System>),
    Owner(UnboundedReceiver<Signal>),
}

#[derive(Debug)]
struct System {
    quit: Stream,
    terminate: Stream,
    interrupt: Stream,
    reload: Stream,
    leave: Stream,
    /// Of no use, but no reason to die either: gitlab-runner takes it as a request for debug output.
    _user1: Stream,
}

/// Ends a service that its owner runs.
#[derive(Debug)]
pub(crate) struct Ending(UnboundedSender<Signal>);

impl Ending {
    /// What SIGTERM does: running jobs are aborted, and waited for.
    pub(crate) fn begin(&self) {
        // A service that is gone needs no end.
        let _ = self.0.send(Signal::Terminate);
    }
}

impl Signals {
    /// Starts to listen to the system's.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self(Source::System(Box::new(System {
            quit: signal(SignalKind::quit())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            reload: signal(SignalKind::hangup())?,
            leave: signal(SignalKind::user_defined2())?,
            _user1: signal(SignalKind::user_defined1())?,
        }))))
    }

    /// Hears nothing of the system, only of its owner.
    pub(crate) fn of_owner() -> (Self, Ending) {
        let (sender, receiver) = unbounded_channel();
        (Self(Source::Owner(receiver)), Ending(sender))
    }

    /// The next signal. Forgets none when it is dropped early.
    pub(super) async fn next(&mut self) -> Signal {
        match &mut self.0 {
            Source::System(system) => system.next().await,
            Source::Owner(receiver) => match receiver.recv().await {
                Some(signal) => signal,
                // An owner that went away wants nothing any more.
                None => std::future::pending().await,
            },
        }
    }
}

impl System {
    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.quit.recv() => Signal::Quit,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.reload.recv() => Signal::Reload,
            _ = self.leave.recv() => Signal::Leave,
        }
    }
}
