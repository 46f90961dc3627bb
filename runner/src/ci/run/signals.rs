//! Signals to a run.

use super::drive::Stop;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::UnboundedSender;

/// Whether somebody wants the run to end: then nobody waits any more for a reader that does not read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hurry(Arc<AtomicBool>);

impl Hurry {
    /// Whether it is so.
    pub(crate) fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// From now on it is so.
    pub(crate) fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What is listened to.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Stop {
        tokio::select! {
            _ = self.interrupt.recv() => Stop::Gracefully,
            _ = self.terminate.recv() => Stop::AtOnce("terminated"),
            _ = self.hangup.recv() => Stop::AtOnce("hangup"),
        }
    }
}

/// Listens from now on, and tells of what comes for as long as somebody wants to know: on a thread of its own, since the
/// one that runs jobs may have to wait for whoever reads its output.
///
/// # Errors
/// Signals cannot be listened to.
pub(super) fn listen(stops: UnboundedSender<Stop>) -> io::Result<Hurry> {
    let hurry = Hurry::default();
    let (begun, listening) = mpsc::channel();
    let seen = hurry.clone();
    let work = move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_io().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(begun.send(Err(error))),
        };
        runtime.block_on(async {
            let mut signals = match Signals::new() {
                Ok(signals) => signals,
                Err(error) => return drop(begun.send(Err(error))),
            };
            // Whoever waits for it is there.
            let _ = begun.send(Ok(()));
            loop {
                let stop = signals.next().await;
                seen.begin();
                if stops.send(stop).is_err() {
                    return;
                }
            }
        });
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(work)?;
    listening.recv().map_err(io::Error::other)??;
    Ok(hurry)
}
