//! Waiting for a log to grow.

use tokio::sync::watch::Receiver;

/// How far a log has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes stored.
    pub length: u64,
    /// What is stored up to here should be sent without delay.
    pub prompt: u64,
    /// Nothing will be appended any more.
    pub finished: bool,
}

/// Waits for a log to grow. Any number of them may watch one log; they do not slow it down.
pub struct Watch(Receiver<Progress>);

impl Watch {
    pub(super) fn new(receiver: Receiver<Progress>) -> Self {
        Self(receiver)
    }

    /// The present state.
    pub fn now(&mut self) -> Progress {
        *self.0.borrow_and_update()
    }

    /// Waits until something changed since this watch last looked, and returns the state then. Cancel safe. When all
    /// handles to the log are gone it returns at once, with `finished` set.
    pub async fn changed(&mut self) -> Progress {
        let gone = self.0.changed().await.is_err();
        let progress = self.now();
        Progress { finished: progress.finished || gone, ..progress }
    }
}
