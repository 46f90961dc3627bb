//! Trying a transfer again.

use crate::StageError;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Tries for most failures.
pub(super) const TRIES: u32 = 3;
/// Tries while the storage says that it is busy.
pub(super) const TRIES_WHEN_BUSY: u32 = 6;

/// The first pause; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Waits before try number `next` (the second is 2).
pub(super) async fn pause(next: u32, stop: &CancellationToken) -> Result<(), StageError> {
    let factor = 1 << next.saturating_sub(2).min(8);
    let pause = (FIRST_PAUSE * factor).min(LONGEST_PAUSE);
    tokio::select! {
        () = stop.cancelled() => Err(StageError::Stopped),
        () = tokio::time::sleep(pause) => Ok(()),
    }
}
