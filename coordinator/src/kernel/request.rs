//! Runners that ask for jobs, and wait for them.

use super::claim::{Claim, Look, Turn, look, runner_of};
use super::keys::{TokenHash, hash};
use super::memory::Memory;
use super::open::{Inner, Kernel};
use super::{Handout, Machine, RunnerError};
use crate::error::KernelError;
use crate::model::RunnerId;
use pipeline::{Event, Moment};
use protocol::Secret;
use rusqlite::Connection;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::Instant;

/// How many jobs without a payload one request goes through.
const MOST_BROKEN: usize = 10;

impl Kernel {
    /// A job for a runner. Where there is none, the request waits for one, at most for `patience`; one that comes
    /// meanwhile is handed out at once.
    ///
    /// # Errors
    /// Where the token is unknown, the runner has no project left, or the database fails.
    pub async fn request_job(
        &self,
        token: &Secret,
        machine: Machine,
        last_update: Option<&str>,
        patience: Duration,
    ) -> Result<Handout, RunnerError> {
        tracing::trace!(last_update, "a runner asks for a job");
        let hash = hash(token.expose());
        let machine = Arc::new(machine);
        let deadline = Instant::now() + patience;
        let mut broken = 0;
        // Until the queue was looked at again, the job that one was woken for is nobody's.
        let mut woken_for: Option<Waiting> = None;
        loop {
            let waits = Instant::now() < deadline && !self.inner.parting.is_cancelled();
            let before = woken_for.as_ref().map(|waiting| (waiting.runner, waiting.number));
            let turn = self.turn(hash, machine.clone(), waits, before).await?;
            if let Some(waiting) = &mut woken_for {
                waiting.over = true;
            }
            match turn {
                Turn::Found(claim) => match self.hand_out(*claim).await? {
                    Some(job) => return Ok(Handout::Job(Box::new(job))),
                    None if broken >= MOST_BROKEN => return Ok(Handout::Conflict),
                    None => broken += 1,
                },
                Turn::Lost => return Ok(Handout::Conflict),
                Turn::Paused(last_update) => return Ok(Handout::Paused { last_update }),
                Turn::Nothing(last_update) => return Ok(Handout::Nothing { last_update }),
                Turn::Waiting(waiting, woken) => {
                    woken_for = Some(waiting);
                    // Woken, out of patience, or the roster was read anew: it is looked at once more.
                    tokio::select! {
                        _ = tokio::time::timeout_at(deadline, woken) => {}
                        () = self.inner.parting.cancelled() => {}
                    }
                }
            }
        }
    }

    /// One look at the queue. Whoever has `waited` waits no more.
    async fn turn(
        &self,
        hash: TokenHash,
        machine: Arc<Machine>,
        waits: bool,
        waited: Option<(RunnerId, u64)>,
    ) -> Result<Turn, RunnerError> {
        let now = self.now();
        let inner = Arc::downgrade(&self.inner);
        self.inner
            .store
            .write(move |db, memory| {
                if let Some((runner, number)) = waited {
                    memory.roster.forget(runner, number);
                }
                let runner = runner_of(memory, &hash, now)?;
                super::runners::note_contact(db, memory, runner.id, &machine, now)?;
                // Before the search, so that a job that comes meanwhile is not missed.
                let version = memory.roster.version(runner.id);
                if runner.paused {
                    return Ok(Turn::Paused(version));
                }
                match look(db, memory, &runner, &machine, now)? {
                    Look::Claim(claim) => Ok(Turn::Found(claim)),
                    Look::Lost => Ok(Turn::Lost),
                    Look::Nothing if !waits => Ok(Turn::Nothing(version)),
                    Look::Nothing => Ok(match memory.roster.wait(runner.id) {
                        Some((number, woken)) => {
                            Turn::Waiting(Waiting { inner, runner: runner.id, number, over: false }, woken)
                        }
                        None => Turn::Nothing(version),
                    }),
                }
            })
            .await
    }

    /// The payload of a claimed job. One that has none fails, and another one is looked for.
    async fn hand_out(&self, mut claim: Claim) -> Result<Option<protocol::Job>, RunnerError> {
        let (job, pipeline) = (claim.job.id, claim.row.id);
        match self.payload(&mut claim).await {
            Ok(payload) => Ok(Some(payload)),
            Err(broken) => {
                tracing::warn!(%job, reason = broken.reason, message = %broken.message, "a job has no payload");
                let now: Moment = self.now();
                let drop = move |db: &Connection, memory: &mut Memory| {
                    let mut extra = crate::store::jobs::extra(db, job)?;
                    extra.message = Some(broken.message);
                    crate::store::jobs::set_extra(db, job, &extra)?;
                    let event = Event::Drop { job, reason: broken.reason.to_owned() };
                    super::flow::Flow::new(db, memory, now).try_run(pipeline, event)?;
                    Ok::<_, KernelError>(())
                };
                self.inner.store.write(drop).await?;
                Ok(None)
            }
        }
    }
}

/// A request that waits. When it goes away, nobody tries to wake it any more; if it was woken at that moment, whoever
/// else waits is told of the job. This holds from the moment it waits: it may go before it learns of that.
pub(super) struct Waiting {
    inner: Weak<Inner>,
    runner: RunnerId,
    number: u64,
    over: bool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some(inner) = self.inner.upgrade().filter(|_| !self.over) else { return };
        let (runner, number) = (self.runner, self.number);
        inner.store.send(move |_, memory| {
            if !memory.roster.forget(runner, number) {
                memory.all_fresh();
            }
            Ok(())
        });
    }
}
