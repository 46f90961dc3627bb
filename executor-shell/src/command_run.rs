//! One command from its start to its end.

use crate::drain::Drain;
use crate::feed::Feed;
use crate::leader::Leader;
use crate::scope::Scope;
use crate::sweep::{Sweep, Swept};
use executor::RunError;
use rustix::process::{Signal, kill_process, kill_process_group};
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::time::{Duration, Instant};

/// A command that runs: its process, and what goes in and out.
pub(crate) struct CommandRun {
    pub(crate) leader: Leader,
    pub(crate) drain: Drain,
    pub(crate) feed: Feed,
}

impl CommandRun {
    /// Waits for the end of the command's own process. May be given up at any time.
    pub(crate) async fn end(&mut self) -> io::Result<()> {
        let Self { leader, drain, feed } = self;
        meanwhile(drain, feed, leader.ended()).await
    }

    /// Hands on the command's last words: what it left in the pipes, and what comes within `linger` from
    /// children that hold them open.
    pub(crate) async fn last_words(&mut self, linger: Duration) {
        self.drain.take_present();
        if self.drain.is_open() && !linger.is_zero() {
            // Output that goes on after that is taken in the background.
            let _ = tokio::time::timeout(linger, self.drain.until_closed()).await;
        }
    }

    /// Asks the command and all it started to end, and kills what has not after `graceful`.
    ///
    /// # Errors
    /// [`RunError::Dormant`] when the command's own process is still there `force` after that.
    pub(crate) async fn stop(
        &mut self,
        scope: Scope,
        graceful: Duration,
        force: Duration,
    ) -> Result<(), RunError> {
        let pid = self.leader.pid();
        let until = Instant::now() + graceful;
        let asked = self.ask_to_end();
        if asked {
            // What has not ended by then is killed below.
            let _ = tokio::time::timeout_at(until.into(), self.end()).await;
        }
        let sweep = Sweep {
            scope,
            grace: asked.then_some(until),
            asked: Some(pid.as_raw_pid()),
            force,
            keep: Some(pid.as_raw_pid()),
        };
        let swept = self.sweep(sweep).await?;
        let has_ended = self.leader.has_ended().map_err(lost)?
            || (swept.left.is_empty() && self.kill_unseen(force).await);
        if !has_ended {
            return Err(RunError::Dormant { pid: pid.as_raw_pid() });
        }
        if !swept.left.is_empty() {
            tracing::warn!(
                left = crate::trail::list(&swept.left),
                "processes of a stopped command do not end"
            );
        }
        Ok(())
    }

    /// Sends `SIGTERM` to the process group; whether it could be sent.
    fn ask_to_end(&self) -> bool {
        let pid = self.leader.pid();
        let asked = kill_process_group(pid, Signal::TERM).or_else(|_| kill_process(pid, Signal::TERM));
        // What is stopped cannot obey.
        let _ = kill_process_group(pid, Signal::CONT);
        asked
            .inspect_err(|error| tracing::warn!(%error, pid = pid.as_raw_pid(), "cannot terminate a command"))
            .is_ok()
    }

    /// Kills the process group where `/proc` does not show who is in it; whether the command's own process ended.
    async fn kill_unseen(&mut self, force: Duration) -> bool {
        let _ = kill_process_group(self.leader.pid(), Signal::KILL);
        matches!(tokio::time::timeout(force, self.end()).await, Ok(Ok(())))
    }

    async fn sweep(&mut self, sweep: Sweep) -> Result<Swept, RunError> {
        let work = tokio::task::spawn_blocking(move || sweep.run());
        meanwhile(&mut self.drain, &mut self.feed, work).await.map_err(|error| lost(io::Error::other(error)))
    }
}

pub(crate) fn lost(source: io::Error) -> RunError {
    RunError::Lost { source }
}

/// Keeps input and output going while something is waited for.
async fn meanwhile<T>(drain: &mut Drain, feed: &mut Feed, work: impl Future<Output = T>) -> T {
    tokio::select! {
        biased;
        result = work => result,
        never = pump(drain, feed) => match never {},
    }
}

async fn pump(drain: &mut Drain, feed: &mut Feed) -> Infallible {
    loop {
        tokio::select! {
            () = drain.step(), if drain.is_open() => {}
            () = feed.step(), if feed.is_open() => {}
            else => std::future::pending().await,
        }
    }
}
