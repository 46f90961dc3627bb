//! What is left to do for a job once its verdict is out.

use executor::Executor;
use std::time::Duration;

/// How long clean-up may take that nobody waits for any more: what gitlab-runner allows for it.
const LIMIT: Duration = Duration::from_secs(300);

/// What of a job may outlive its verdict, for a while. It has to be [cleared](Self::clear) when the verdict was
/// delivered, whatever came of that.
#[must_use = "what is left of a job has to be cleared"]
pub struct Remains<E> {
    job: i64,
    executor: Option<E>,
}

impl<E: Executor> Remains<E> {
    /// Nothing is left.
    pub(super) fn none(job: i64) -> Self {
        Self { job, executor: None }
    }

    /// All that is the executor's is left.
    pub(super) fn of(job: i64, executor: E) -> Self {
        Self { job, executor: Some(executor) }
    }

    /// Ends and removes what is left, and says whether all of it is gone. What cannot be removed is logged: nobody
    /// reads the trace any more.
    pub async fn clear(self) -> bool {
        let Some(mut executor) = self.executor else { return true };
        match tokio::time::timeout(LIMIT, Box::pin(executor.cleanup())).await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => tracing::error!(job = self.job, %error, "Clean-up of a job is not complete"),
            Err(_) => tracing::error!(job = self.job, limit = ?LIMIT, "Clean-up of a job takes too long"),
        }
        false
    }
}
