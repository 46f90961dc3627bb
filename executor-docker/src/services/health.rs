//! Runs the test of a `HEALTHCHECK` at a pace of its own.
//!
//! The engine runs it first when its interval is over, 30 s unless the image says otherwise, which is as long as
//! services are waited for at most. So the same command runs as often as is fair, in the same place and as the
//! same user, from the moment the service has started. A run takes an idle engine 60 ms; that a test could pass was
//! noticed 20 to 110 ms later, and half a second later on a machine with eight times too much to do.

use super::condition::Test;
use crate::connect::{answer, status};
use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error as EngineError;
use bollard::exec::StartExecResults;
use bollard::models::ExecConfig;
use futures_util::StreamExt;
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Shortest pause between two runs.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
/// Longest pause that comes of having waited long.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// A pause is at most this part of the time already waited: a service that needs long is noticed a little later.
const SHARE: u32 = 25;
/// How much of a run's output is kept for messages, in bytes.
const MOST_OUTPUT: usize = 4096;

/// How one run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// Its exit code.
    pub(super) code: i64,
    /// The beginning of what it wrote.
    pub(super) output: String,
}

/// Why runs came to an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The test passed.
    Passed,
    /// Its command cannot be run in this image.
    NoCommand(Run),
    /// The engine does not let it run.
    Refused(String),
}

/// Runs the test until it passes or cannot. `last` holds how the latest run ended.
///
/// There is never more than one run at a time: one that hangs holds up the next, not the service.
pub(super) async fn runs(docker: &Docker, id: &str, test: &Test, last: &Mutex<Option<Run>>) -> End {
    let start = Instant::now();
    loop {
        let began = Instant::now();
        match once(docker, id, test).await {
            Ok(Run { code: 0, .. }) => return End::Passed,
            // What a shell and the engine answer when there is no such program.
            Ok(run @ Run { code: 126 | 127, .. }) => return End::NoCommand(run),
            Ok(run) => *last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(run),
            Err(error) => return End::Refused(refusal(&error)),
        }
        sleep(pause(start.elapsed(), began.elapsed())).await;
    }
}

/// At least as long as the run took, so that tests take half of a processor at most.
fn pause(waited: Duration, run: Duration) -> Duration {
    run.max(SHORTEST_PAUSE).max((waited / SHARE).min(LONGEST_PAUSE))
}

fn refusal(error: &EngineError) -> String {
    match status(error) {
        Some(409) => "the container does not run".to_owned(),
        _ => answer(error),
    }
}

async fn once(docker: &Docker, id: &str, test: &Test) -> Result<Run, EngineError> {
    let config = ExecConfig {
        cmd: Some(test.command.clone()),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        ..ExecConfig::default()
    };
    let made = docker.create_exec(id, config).await?;
    let mut output = Vec::new();
    if let StartExecResults::Attached { output: mut stream, .. } = docker.start_exec(&made.id, None).await? {
        while let Some(piece) = stream.next().await {
            keep(&mut output, &piece?);
        }
    }
    let end = docker.inspect_exec(&made.id).await?;
    Ok(Run {
        code: end.exit_code.unwrap_or(-1),
        output: String::from_utf8_lossy(&output).trim_end().to_owned(),
    })
}

fn keep(output: &mut Vec<u8>, piece: &LogOutput) {
    let room = MOST_OUTPUT.saturating_sub(output.len());
    let piece = piece.as_ref();
    output.extend_from_slice(piece.get(..room).unwrap_or(piece));
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn pauses_are_fair_and_short() {
        let ms = Duration::from_millis;
        for (waited, run, expected) in [
            (0, 0, 50),
            (1_000, 10, 50),
            (1_000, 90, 90),
            (5_000, 10, 200),
            (60_000, 10, 1_000),
            (60_000, 3_000, 3_000),
        ] {
            assert_eq!(pause(ms(waited), ms(run)), ms(expected), "{waited} {run}");
        }
    }

    #[test]
    fn little_output_is_kept() {
        let mut output = vec![b'a'; MOST_OUTPUT - 2];
        for _ in 0..2 {
            keep(&mut output, &LogOutput::StdOut { message: Bytes::from_static(b"xyz") });
        }
        assert_eq!(output.len(), MOST_OUTPUT);
        assert!(output.ends_with(b"xy"));
    }
}
