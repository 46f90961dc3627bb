//! What commands leave behind: nothing survives the end of the job.

use super::Subject;
use super::bench::{Fault, GRACE, Job, same};
use crate::{Exit, Stream};
use std::time::Duration;

/// How long a leftover may take to show that it is there.
const SOON: Duration = Duration::from_secs(30);

/// A process that hops has shown that it does after so many hops.
const HOPS: usize = 10;

/// So many looks would see one that goes on: each misses it more often than not.
const LOOKS: usize = 200;

/// Runs a script that leaves something behind, which writes `here` when it is; then ends the job.
async fn leaves<S: Subject>(subject: &S, script: &str) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        same("exit", job.script(script.replace("TAG", &job.tag)).await?, Exit::Code(0))?;
        if tokio::time::timeout(SOON, job.output.until(Stream::Stdout, "here")).await.is_err() {
            return Err(Fault::new(format!("it does not show; error output: {:?}", job.stderr())));
        }
        job.somebody_is_there().await?;
        Ok(())
    })
    .await
}

pub(super) async fn in_background<S: Subject>(subject: &S) -> Result<(), Fault> {
    leaves(subject, "{ echo here; sleep 1000; } &").await
}

pub(super) async fn in_a_session_of_its_own<S: Subject>(subject: &S) -> Result<(), Fault> {
    leaves(subject, "setsid sh -c 'echo here; sleep 1000; :' &").await
}

pub(super) async fn orphaned_twice<S: Subject>(subject: &S) -> Result<(), Fault> {
    leaves(subject, "( setsid sh -c '(echo here; sleep 1000; :) & (sleep 1000; :) &' & )").await
}

/// Known by nothing but where it came from.
pub(super) async fn without_environment<S: Subject>(subject: &S) -> Result<(), Fault> {
    let script = "( env -i PATH=\"$PATH\" setsid sh -c '(sh -c \"echo here; sleep 1000; : TAG\") &' & )";
    leaves(subject, script).await
}

pub(super) async fn deaf_to_hangup<S: Subject>(subject: &S) -> Result<(), Fault> {
    leaves(subject, "nohup sh -c 'echo here; sleep 1000; :' 2>/dev/null | cat &").await
}

pub(super) async fn deaf_to_term<S: Subject>(subject: &S) -> Result<(), Fault> {
    let script = "setsid sh -c \"trap '' TERM HUP INT; echo here; while :; do sleep 1; done\" &";
    leaves(subject, script).await
}

pub(super) async fn stopped<S: Subject>(subject: &S) -> Result<(), Fault> {
    leaves(subject, "setsid sh -c \"trap '' TERM; echo here; kill -STOP \\$\\$; sleep 1000\" &").await
}

/// Children that come all the time, each orphaned at once.
pub(super) async fn forking_on_and_on<S: Subject>(subject: &S) -> Result<(), Fault> {
    let script = "setsid sh -c \"trap '' TERM; echo here; while :; do (sleep 0.05 &); done\" &";
    leaves(subject, script).await
}

/// A process that is gone by the time somebody looks: its child has taken its place.
pub(super) async fn hopping_from_child_to_child<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        // A look sees few hops, so hops tell of themselves, each a shell of its own: one that recurses would
        // come to the end of its stack. Without a reader they go on all the same.
        let hop = "export HOP='trap \"\" TERM PIPE; echo hop 2>/dev/null; : $(: | :); sh -c \"$HOP\" &'; \
                   sh -c \"$HOP\"";
        job.script(hop).await?;
        if tokio::time::timeout(SOON, job.output.until(Stream::Stdout, &"hop\n".repeat(HOPS))).await.is_err()
        {
            return Err(Fault::new(format!("it does not hop; output: {:?}", job.stdout())));
        }
        job.end().await?;
        for _ in 0..LOOKS {
            job.nobody_is_left().await?;
        }
        Ok(())
    })
    .await
}

/// What a stopped command could not be kept from leaving goes with the job at the latest.
pub(super) async fn left_by_a_stopped_command<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, Duration::from_millis(200), async |job| {
        let script = "trap '' TERM; ( env -i setsid /bin/sh -c 'sleep 1000; : TAG' & )
        while :; do (sleep 0.05 &); [ -n \"$DONE\" ] || { echo ready; DONE=1; }; done";
        job.stop_at("ready", &script.replace("TAG", &job.tag)).await?;
        Ok(())
    })
    .await
}
