//! Signals to a run.

use super::drive::Stop;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedSender;

/// Listens from now on, and tells of what comes for as long as somebody wants to know. Must be called in a `LocalSet`.
///
/// # Errors
/// Signals cannot be listened to.
pub(super) fn listen(stops: UnboundedSender<Stop>) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::task::spawn_local(async move {
        loop {
            let stop = tokio::select! {
                _ = interrupt.recv() => Stop::Gracefully,
                _ = terminate.recv() => Stop::AtOnce("terminated"),
                _ = hangup.recv() => Stop::AtOnce("hangup"),
            };
            if stops.send(stop).is_err() {
                return;
            }
        }
    });
    Ok(())
}
