//! Who gets a resource group next.

use super::Flow;
use crate::error::KernelError;
use crate::model::ProjectId;
use crate::store::resources;
use pipeline::{Event, resource};

impl Flow<'_> {
    /// Gives a group to whoever is next, if it is free. All of it follows from the rows of jobs.
    pub(super) fn assign(&mut self, project: ProjectId, group: &str) -> Result<(), KernelError> {
        let held = resources::holders(self.db, project, group)?.len();
        let free = 1usize.saturating_sub(held);
        if free == 0 {
            return Ok(());
        }
        let mode = resources::mode(self.db, project, group)?;
        let candidates = resources::candidates(self.db, project, group)?;
        for chosen in resource::next(mode, free, &candidates) {
            self.push(chosen.pipeline, Event::Granted(chosen.job));
        }
        Ok(())
    }

    /// The order of a group changed.
    pub(crate) fn look_at_group(&mut self, project: ProjectId, group: &str) -> Result<(), KernelError> {
        self.memory.touch();
        self.groups.insert((project, group.to_owned()));
        self.follow()
    }
}
