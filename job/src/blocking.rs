//! Work that keeps a thread busy, beside an event loop that must not wait.

use crate::StageError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_util::sync::CancellationToken;

/// Runs `work` on a thread of its own. When `stop` is cancelled the flag that `work` is given becomes true, and
/// its end is still awaited: files and threads are never left behind.
///
/// # Errors
/// The thread panicked.
pub(crate) async fn run<T: Send + 'static>(
    stop: &CancellationToken,
    work: impl FnOnce(&AtomicBool) -> T + Send + 'static,
) -> Result<T, StageError> {
    let flag = Arc::new(AtomicBool::new(stop.is_cancelled()));
    let seen = Arc::clone(&flag);
    let mut task = tokio::task::spawn_blocking(move || work(&seen));
    let joined = tokio::select! {
        biased;
        () = stop.cancelled() => {
            flag.store(true, Ordering::Relaxed);
            task.await
        }
        joined = &mut task => joined,
    };
    joined.map_err(|_| StageError::system("panic: a worker thread of the job ended early"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stop_reaches_the_thread() {
        let stop = CancellationToken::new();
        stop.cancel();
        let seen = run(&stop, |flag| flag.load(Ordering::Relaxed));
        assert!(seen.await.unwrap());
        let later = CancellationToken::new();
        let seen = run(&later, |flag| {
            while !flag.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            true
        });
        let stop = async { later.cancel() };
        assert!(tokio::join!(seen, stop).0.unwrap());
    }

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let result = run(&CancellationToken::new(), |_| -> () { panic!("on purpose") }).await;
        assert!(matches!(result, Err(StageError::Failed { .. })));
    }
}
