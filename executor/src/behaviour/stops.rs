//! How commands are stopped: a cancel, an abort and a timeout are the same to an executor.

use super::Subject;
use super::bench::{Fault, GRACE, Job, same};
use crate::{Exit, RunError};
use std::time::{Duration, Instant};

/// A grace that is soon over.
const SHORT: Duration = Duration::from_millis(400);

/// How long "at once" may take on a machine with other things to do; less than [`GRACE`].
const AT_ONCE: Duration = Duration::from_secs(8);

/// What is stopped before it starts does not start.
pub(super) async fn before_the_start<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        job.stop.cancel();
        match job.script("echo ran").await {
            Err(RunError::Stopped) => {}
            other => return Err(Fault::new(format!("instead of not starting: {other:?}"))),
        }
        same("output", job.stdout().as_str(), "")?;
        Ok(())
    })
    .await
}

/// A script may catch `SIGTERM`; what it writes then arrives, and its exit counts.
pub(super) async fn asked_first<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        let start = Instant::now();
        // Ready is who cannot miss the signal: between fork and exec a shell's child still has the shell's traps.
        let script = "trap 'echo bye; exit 7' TERM; sh -c 'echo ready; exec sleep 1000' & wait";
        same("exit", job.stop_at("ready", script).await?, Exit::Code(7))?;
        same("output", job.stdout().as_str(), "ready\nbye\n")?;
        same("whether the grace was waited for", start.elapsed() > AT_ONCE, false)?;
        job.nobody_is_left().await?;
        Ok(())
    })
    .await
}

/// What does not listen is killed when its grace is over, and not before.
pub(super) async fn killed_when_deaf<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, SHORT, async |job| {
        let start = Instant::now();
        let exit = job.stop_at("ready", "trap '' TERM; echo ready; while :; do sleep 1000; done").await?;
        same("whether it was killed", matches!(exit, Exit::Signal(9) | Exit::Code(137)), true)?;
        same("whether it had its grace", start.elapsed() >= SHORT, true)?;
        job.nobody_is_left().await?;
        Ok(())
    })
    .await
}

/// A timeout in the middle of output: what was written before is there, in order.
pub(super) async fn while_it_writes<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        let script = "i=0; while :; do i=$((i+1)); echo line $i; done";
        let exit = job.stop_at("line 1000\n", script).await?;
        same("whether it succeeded", exit.is_success(), false)?;
        let text = job.stdout();
        for (index, line) in text.lines().enumerate() {
            let expected = format!("line {}", index + 1);
            let is_last = index + 1 == text.lines().count();
            same("line", line == expected || (is_last && expected.starts_with(line)), true)?;
        }
        Ok(())
    })
    .await
}

/// A process that was stopped by a signal is ended like any other.
pub(super) async fn stopped_process<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        let start = Instant::now();
        let exit =
            job.stop_at("ready", "sleep 1000 & kill -STOP $!; echo ready; wait; kill -STOP $$").await?;
        same("whether it succeeded", exit.is_success(), false)?;
        same("whether the grace was waited for", start.elapsed() > AT_ONCE, false)?;
        job.nobody_is_left().await?;
        Ok(())
    })
    .await
}

/// After a stop the job goes on.
pub(super) async fn next_command_runs<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        job.stop_at("ready", "echo ready; sleep 1000").await?;
        job.go_on();
        same("exit", job.script("echo after; exit 9").await?, Exit::Code(9))?;
        same("output", job.stdout().as_str(), "ready\nafter\n")?;
        Ok(())
    })
    .await
}

/// What the command started ends with it, also what does not listen or went to a session of its own.
pub(super) async fn children_go_with_it<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, SHORT, async |job| {
        let script = "trap 'exit 1' TERM
        (trap '' TERM; echo one; while :; do sleep 1; done) &
        setsid sh -c 'echo two; sleep 1000' &
        nohup setsid sh -c \"trap '' TERM; echo three; while :; do sleep 1; done\" &
        while :; do sleep 0.02; [ -n \"$DONE\" ] || { echo ready; DONE=1; }; done";
        same("exit", job.stop_at("ready", script).await?, Exit::Code(1))?;
        job.nobody_is_left().await?;
        Ok(())
    })
    .await
}
