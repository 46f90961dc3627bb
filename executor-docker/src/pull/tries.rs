//! Trying again what may pass.

use super::failure::Failure;
use super::log::Log;
use std::time::Duration;

/// Pauses before the second try and before the third, which is the last. A connection that was cut is there again
/// at once; a registry that restarts is given a moment.
const PAUSES: [Duration; 2] = [Duration::ZERO, Duration::from_millis(500)];

/// Runs `once` until it works, fails for good, or has failed three times. One that got stuck is tried twice: it
/// has cost enough.
pub(super) async fn again<T>(
    log: Log<'_>,
    image: &str,
    mut once: impl AsyncFnMut() -> Result<T, Failure>,
) -> Result<T, Failure> {
    for (attempt, pause) in (1..).zip(PAUSES) {
        let failure = match once().await {
            Err(failure) if failure.may_pass && (failure.answered || attempt == 1) => failure,
            end => return end,
        };
        log.warning(&format!(
            "Failed to pull image {image:?} (attempt #{attempt}), retrying: {}",
            failure.answer
        ));
        tokio::time::sleep(pause).await;
    }
    once().await
}

#[cfg(test)]
mod tests {
    use super::super::failure::Class;
    use super::*;
    use executor::{Output, Stream};
    use std::sync::Mutex;

    #[derive(Default)]
    struct Lines(Mutex<String>);

    impl Output for Lines {
        fn write(&self, _: Stream, bytes: &[u8]) {
            self.0.lock().unwrap().push_str(std::str::from_utf8(bytes).unwrap());
        }
    }

    async fn run(ends: Vec<Result<(), Failure>>) -> (Result<(), Failure>, usize, String) {
        let lines = Lines::default();
        let mut left = ends.into_iter();
        let end = again(Log(&lines), "a:1", async || left.next().unwrap()).await;
        (end, left.len(), lines.0.into_inner().unwrap())
    }

    fn passing() -> Failure {
        Failure {
            class: Class::External,
            answer: "dial tcp".to_owned(),
            may_pass: true,
            answered: true,
            access: None,
        }
    }

    #[tokio::test]
    async fn three_tries() {
        let (end, left, lines) = run(vec![Err(passing()), Err(passing()), Err(passing()), Ok(())]).await;
        assert_eq!((end, left), (Err(passing()), 1));
        let line = |n| {
            format!(
                "\x1b[0;33mWARNING: Failed to pull image \"a:1\" (attempt #{n}), retrying: dial tcp\x1b[0;m\n"
            )
        };
        assert_eq!(lines, line(1) + &line(2));
        assert_eq!(run(vec![Err(passing()), Ok(())]).await.0, Ok(()));
    }

    #[tokio::test]
    async fn what_does_not_pass_is_not_tried_again() {
        let (end, left, lines) = run(vec![Err(Failure::configuration("no")), Ok(())]).await;
        assert_eq!((end, left, lines.as_str()), (Err(Failure::configuration("no")), 1, ""));
        let (end, left, _) =
            run(vec![Err(Failure::stalled(60, true)), Err(Failure::stalled(60, true)), Ok(())]).await;
        assert_eq!((end, left), (Err(Failure::stalled(60, true)), 1));
        assert_eq!(run(vec![Err(Failure::stalled(60, false)), Ok(())]).await.1, 1);
    }
}
