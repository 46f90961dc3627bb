//! Trying a transfer again.

use crate::notice::{self, Level};
use crate::{StageError, go_duration};
use client::{CallError, Patience};
use executor::Output;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Tries for most failures.
pub(super) const TRIES: u32 = 3;
/// Tries while the storage says that it is busy.
pub(super) const TRIES_WHEN_BUSY: u32 = 6;
/// Tries after a transfer that brought no answer at all. gitlab-runner gives up after three; but networks and
/// coordinators come back, and a job that did its work should not fail for a dropped connection.
const TRIES_WHEN_CUT: u32 = 10;

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The longest single pause that a coordinator's `Retry-After` may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Lets a call wait between its own repeats, each of which is said.
pub(super) fn patience(output: &Arc<dyn Output>, stop: &CancellationToken) -> Patience {
    let output = Arc::clone(output);
    Patience::up_to(LONGEST_WAIT).until(stop.clone()).telling(move |waiting| {
        let fields = [
            ("context", "ratelimit-requester-gitlab-request"),
            ("duration", &*go_duration::format(waiting.duration)),
            ("method", &waiting.method),
            ("url", &waiting.url),
        ];
        notice::helper(&output, Level::Info, "Waiting before making the next call", &fields);
    })
}

/// How often a transfer is tried that brought no answer: once where another try cannot change that.
pub(super) fn tries_after(error: &CallError) -> u32 {
    if error.is_worth_repeating() { TRIES_WHEN_CUT } else { 1 }
}

/// Waits before try number `next` (the second is 2); the first pause doubles up to the longest.
pub(super) async fn pause(first: Duration, next: u32, stop: &CancellationToken) -> Result<(), StageError> {
    let pause = first.saturating_mul(1 << next.saturating_sub(2).min(8)).min(LONGEST_PAUSE);
    tokio::select! {
        () = stop.cancelled() => Err(StageError::Stopped),
        () = tokio::time::sleep(pause) => Ok(()),
    }
}
