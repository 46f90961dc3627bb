//! Jobs that an earlier service left behind.

use super::containers;
use super::ids::Claim;
use super::manager::Manager;
use super::schedule::Owner;
use super::state::StateFolder;
use crate::jobproc::{JobFolder, Locking, Record, RecordError};
use std::io;

impl Manager {
    /// Takes over what is found: jobs that run count and are left to themselves, those without a process are
    /// reported, and those that nobody has begun are begun.
    pub(super) fn adopt(&mut self, state: &StateFolder) {
        let found = match state.found() {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(%error, "Cannot look for jobs that an earlier service left running");
                return;
            }
        };
        for folder in found {
            if let Err(error) = self.adopt_one(state, &folder) {
                tracing::error!(folder = %folder.path().display(), %error, "Cannot take over a job");
            }
        }
    }

    /// Has removed what is left of jobs of which nothing is known any more, on all engines; nobody waits for it.
    pub(super) fn sweep_engines(&self) {
        for site in containers::sites(self.sections.iter().map(|section| &section.config)) {
            let (keeper, jobs) = (self.reception.keeper.clone(), self.reception.jobs.clone());
            tokio::task::spawn_local(containers::sweep(site, keeper, self.care.engine.clone(), jobs));
        }
    }

    fn adopt_one(&mut self, state: &StateFolder, folder: &JobFolder) -> io::Result<()> {
        match folder.record() {
            Ok(record) if folder.is_described_by(&record) => self.take_over(folder.clone(), record),
            Ok(_) => set_aside(state, folder, &RecordError::Foreign)?,
            Err(RecordError::Missing) => self.adopt_unrecorded(folder)?,
            Err(error) => set_aside(state, folder, &error)?,
        }
        Ok(())
    }

    fn take_over(&mut self, folder: JobFolder, record: Record) {
        let owner = Owner { url: record.url.clone(), short_token: record.short_token.clone() };
        let claim = Claim {
            owner: owner.clone(),
            project_id: record.project_id,
            concurrent_id: record.concurrent_id,
            concurrent_project_id: record.concurrent_project_id,
        };
        let key = self.jobs.new_key();
        tracing::info!(
            job = record.job_id,
            runner = record.short_token.as_str(),
            runner_name = record.runner_name.as_str(),
            "Took over a job of an earlier service"
        );
        self.schedule.adopt(key, owner);
        self.jobs.add(key, folder, record, claim, None, &self.care);
    }

    /// A service that was killed between two files, or a process that is about to remove its folder.
    fn adopt_unrecorded(&mut self, folder: &JobFolder) -> io::Result<()> {
        let lock = match folder.try_lock()? {
            Locking::Free(lock) => Some(lock),
            Locking::Held => return Ok(()),
            Locking::Gone => None,
        };
        match folder.order() {
            Ok(assignment) => {
                let record = Record::of(&assignment);
                folder.write_record(&record)?;
                drop(lock);
                self.take_over(folder.clone(), record);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => folder.remove(),
            Err(error) => Err(error),
        }
    }
}

/// Puts a folder aside whose record nobody understands, unless its job still runs.
fn set_aside(state: &StateFolder, folder: &JobFolder, error: &RecordError) -> io::Result<()> {
    let path = folder.path().display();
    if let Locking::Held = folder.try_lock()? {
        tracing::warn!(folder = %path, %error, "A job runs whose record cannot be understood, it does not count");
        return Ok(());
    }
    let place = state.set_aside(folder)?;
    tracing::error!(
        folder = %place.display(),
        %error,
        "The record of a job cannot be understood, so its end cannot be reported; the record was set aside"
    );
    Ok(())
}
