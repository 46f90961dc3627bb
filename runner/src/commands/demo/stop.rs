//! Who ends a demo before its time, or when somebody has seen enough.

use crate::ci::Hurry;
use std::io;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Becomes true with the first signal that asks for an end.
pub(super) struct Stop {
    told: watch::Receiver<bool>,
    /// The same for displays, which then wait for no reader.
    pub(super) hurry: Hurry,
}

impl Stop {
    /// Listens from now on.
    pub(super) fn listen() -> io::Result<Self> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut quit = signal(SignalKind::quit())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let (tell, told) = watch::channel(false);
        let hurry = Hurry::default();
        let seen = hurry.clone();
        // A task of its own: the display may be waiting for its reader.
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = quit.recv() => {}
                _ = hangup.recv() => {}
            }
            seen.begin();
            // Nobody listens any more where the demo is ending by itself.
            let _ = tell.send(true);
            // Further ones change nothing: what is there is cleaned up.
            tell.closed().await;
        });
        Ok(Self { told, hurry })
    }

    /// Waits for the signal.
    pub(super) async fn wanted(&self) {
        let mut told = self.told.clone();
        if told.wait_for(|told| *told).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
