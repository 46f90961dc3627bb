//! The machines that use a runner: who they say they are, and when each was last seen.

use super::super::memory::Memory;
use super::super::open::Kernel;
use super::super::{Machine, RunnerError, Topic};
use crate::error::KernelError;
use crate::model::{Manager, RunnerId};
use crate::store::runners;
use pipeline::Moment;
use protocol::Secret;
use rusqlite::Connection;

/// What stands for a machine that does not say who it is.
const LEGACY: &str = "<legacy>";
/// Longest name of a machine.
const MOST_SYSTEM_ID: usize = 64;
/// How often it is written down that a machine was seen, in milliseconds.
const CONTACT: u64 = 60_000;
/// Most machines of one runner.
const MOST_MANAGERS: usize = 1000;

/// A machine's name as it is kept.
pub(in crate::kernel) fn system_id(given: &str) -> String {
    let end = given.floor_char_boundary(MOST_SYSTEM_ID);
    let kept = &given[..end];
    if kept.is_empty() { LEGACY.to_owned() } else { kept.to_owned() }
}

/// Notes that a machine was seen, and what it says of itself: at once where that changed, else once a minute.
pub(in crate::kernel) fn note_contact(
    db: &Connection,
    memory: &mut Memory,
    runner: RunnerId,
    machine: &Machine,
    now: Moment,
) -> Result<(), KernelError> {
    let name = system_id(&machine.system_id);
    let is_recent = |at: &Moment| now.0.saturating_sub(at.0) < CONTACT;
    // Each request for a job comes here, and nearly none has anything new.
    if let Some((at, info)) = memory.roster.machine(runner, &name)
        && is_recent(at)
        && *info == machine.info
    {
        return Ok(());
    }
    let known = runners::manager(db, runner, &name)?;
    if let Some(known) = &known {
        if let Some(at) = known.contacted_at.filter(is_recent)
            && known.info == machine.info
        {
            memory.roster.noted(runner, name, at, machine.info.clone());
            return Ok(());
        }
    } else if runners::count_managers(db, runner)? >= MOST_MANAGERS {
        return Ok(());
    }
    let manager = Manager {
        runner,
        system_id: name.clone(),
        info: machine.info.clone(),
        created_at: known.map_or(now, |known| known.created_at),
        contacted_at: Some(now),
        ip_address: machine.ip_address.clone(),
    };
    runners::put_manager(db, &manager)?;
    // What memory has of it is as lasting as the row.
    memory.touch();
    memory.roster.noted(runner, name, now, machine.info.clone());
    memory.tell(Topic::Runners);
    Ok(())
}

impl Kernel {
    /// Removes a machine of the runner of a token (`DELETE /runners/managers`).
    ///
    /// # Errors
    /// Where the token is unknown, or the runner has no such machine.
    pub async fn unregister_manager(&self, token: &Secret, system: &str) -> Result<(), RunnerError> {
        let id = self.runner_of_token(token).await?;
        let name = system_id(system);
        let delete = self.inner.store.write(move |db, memory| {
            memory.tell(Topic::Runners);
            memory.roster.forget_machine(id, &name);
            match runners::delete_manager(db, id, &name)? {
                true => Ok(()),
                false => Err(RunnerError::Kernel(KernelError::NotFound("runner manager"))),
            }
        });
        delete.await
    }
}
