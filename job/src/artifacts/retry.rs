//! Trying a transfer again.

use crate::StageError;
use client::CallError;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Tries for most failures.
pub(super) const TRIES: u32 = 3;
/// Tries while the storage says that it is busy.
pub(super) const TRIES_WHEN_BUSY: u32 = 6;
/// Tries after a transfer that brought no answer at all. gitlab-runner gives up after three; but networks and
/// coordinators come back, and a job that did its work should not fail for a dropped connection.
const TRIES_WHEN_CUT: u32 = 10;

/// The first pause; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How often a transfer is tried that brought no answer: once where another try cannot change that.
pub(super) fn tries_after(error: &CallError) -> u32 {
    if error.is_worth_repeating() { TRIES_WHEN_CUT } else { 1 }
}

/// Waits before try number `next` (the second is 2).
pub(super) async fn pause(next: u32, stop: &CancellationToken) -> Result<(), StageError> {
    let factor = 1 << next.saturating_sub(2).min(8);
    let pause = (FIRST_PAUSE * factor).min(LONGEST_PAUSE);
    tokio::select! {
        () = stop.cancelled() => Err(StageError::Stopped),
        () = tokio::time::sleep(pause) => Ok(()),
    }
}
