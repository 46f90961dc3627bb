//! How a running job is told to stop.

use std::sync::{Arc, OnceLock};
use tokio_util::sync::CancellationToken;

/// Who ended a job that is stopped as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AbortCause {
    /// The coordinator wants no more of it.
    Coordinator,
    /// The runner was told to stop, by this signal (Go's word: `terminated`, `interrupt`).
    Signal(&'static str),
}

/// The two ways to stop a job. Clones share their state.
///
/// *Cancel* ends the user's script; `after_script`, caches and artifacts of a failed job follow. *Abort* ends
/// everything but clean-up and the last report. An abort wins over a cancel, and the first cause counts.
#[derive(Clone, Debug, Default)]
pub struct Control {
    cancel: CancellationToken,
    abort: CancellationToken,
    cause: Arc<OnceLock<AbortCause>>,
}

impl Control {
    /// A control that has stopped nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels the job gracefully. Asking twice changes nothing.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Aborts the job.
    pub fn abort(&self, cause: AbortCause) {
        // A later cause loses: the first is what ended the job.
        let _ = self.cause.set(cause);
        self.abort.cancel();
    }

    /// Cancelled when the job is to be canceled gracefully.
    pub fn canceled(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Cancelled when the job is aborted.
    pub fn aborted(&self) -> &CancellationToken {
        &self.abort
    }

    /// Why the job was aborted, once it was.
    pub fn cause(&self) -> Option<&AbortCause> {
        self.cause.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_cause_counts() {
        let control = Control::new();
        control.abort(AbortCause::Signal("terminated"));
        control.clone().abort(AbortCause::Coordinator);
        assert_eq!(control.cause(), Some(&AbortCause::Signal("terminated")));
        assert!(control.aborted().is_cancelled());
        assert!(!control.canceled().is_cancelled());
    }
}
