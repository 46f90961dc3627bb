//! How long a call may wait between its repeats, and who hears of it.

use std::{fmt, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// A pause between two attempts of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The call's method.
    pub method: String,
    /// Its address, without credentials.
    pub url: String,
    /// How long the pause is.
    pub duration: Duration,
    /// The status that asked for a repeat.
    pub status: u16,
}

/// Hears of pauses.
pub type Listener = Arc<dyn Fn(&Waiting) + Send + Sync>;

/// What a caller allows a call to wait for.
#[derive(Clone)]
pub struct Patience {
    /// Once cancelled, the call waits no more: it returns the last answer instead of repeating.
    pub hurry: CancellationToken,
    /// The longest single pause, also where `Retry-After` or `RateLimit-ResetTime` names a longer one.
    pub longest_wait: Duration,
    /// Hears of every pause before it begins.
    pub on_wait: Option<Listener>,
}

impl Patience {
    /// Waits up to `longest_wait` at a time.
    pub fn up_to(longest_wait: Duration) -> Self {
        Self { longest_wait, ..Self::default() }
    }

    /// Stops waiting once `hurry` is cancelled.
    #[must_use]
    pub fn until(self, hurry: CancellationToken) -> Self {
        Self { hurry, ..self }
    }

    /// Tells `listener` of every pause.
    #[must_use]
    pub fn telling(self, listener: impl Fn(&Waiting) + Send + Sync + 'static) -> Self {
        Self { on_wait: Some(Arc::new(listener)), ..self }
    }

    /// Waits `wish`, or less. False when the wait was cut short and no repeat is wanted.
    pub(crate) async fn wait(&self, waiting: Waiting) -> bool {
        if self.hurry.is_cancelled() {
            return false;
        }
        tracing::info!(
            method = %waiting.method,
            url = %waiting.url,
            status = waiting.status,
            duration = ?waiting.duration,
            "Waiting before making the next call"
        );
        if let Some(listener) = &self.on_wait {
            listener(&waiting);
        }
        self.hurry.run_until_cancelled(tokio::time::sleep(waiting.duration)).await.is_some()
    }
}

/// Waits up to five minutes at a time, and cannot be hurried.
impl Default for Patience {
    fn default() -> Self {
        Self { hurry: CancellationToken::new(), longest_wait: Duration::from_secs(300), on_wait: None }
    }
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patience").field("longest_wait", &self.longest_wait).finish_non_exhaustive()
    }
}
