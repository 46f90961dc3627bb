//! The place of one job: its slot, its copy of the work tree, and what finds both when this process is gone.

use super::alive::LiveJob;
use super::budget;
use super::homes::Homes;
use super::remove::remove_all;
use super::slots::Slot;
use super::tree::{Copied, Trees};
use std::fs;
use std::path::PathBuf;
use worktree::Submodules;

/// What a job has on this machine. Has to be [left](Self::leave) when the job is over.
pub(super) struct JobSite {
    slot: Slot,
    record: PathBuf,
    tree: Option<Box<dyn Copied>>,
}

/// What a place is made for.
pub(super) struct Wanted {
    /// What finds the job.
    pub(super) live: LiveJob,
    /// The run's folder of live jobs.
    pub(super) lives: PathBuf,
    /// Folders of all runs.
    pub(super) homes: Homes,
    /// Where a copy of the work tree is to be, if the job gets one here.
    pub(super) project_dir: Option<PathBuf>,
    /// Which submodules are in it.
    pub(super) submodules: Submodules,
}

impl JobSite {
    /// Makes it. Blocks.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(super) fn make(slot: Slot, wanted: &Wanted, trees: &dyn Trees) -> Result<Self, String> {
        let written = wanted.live.write(&wanted.lives);
        let record =
            written.map_err(|error| format!("cannot write to {}: {error}", wanted.lives.display()))?;
        let mut site = Self { record, tree: None, slot };
        match site.fill(wanted, trees) {
            Ok(()) => Ok(site),
            Err(error) => {
                site.leave(&[], true);
                Err(error)
            }
        }
    }

    fn fill(&mut self, wanted: &Wanted, trees: &dyn Trees) -> Result<(), String> {
        if wanted.live.builds_dir.is_none() {
            return Ok(());
        }
        let folder = &self.slot.folder;
        if folder.symlink_metadata().is_ok() {
            // What a run has left that was killed after this one began, or what could not be removed. Copies may be
            // mounts, which are more than their files.
            super::tree::sweep(&wanted.homes)?;
        }
        remove_all(folder).map_err(|error| format!("cannot clear {}: {error}", folder.display()))?;
        super::homes::make_private(folder)
            .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        let Some(project) = &wanted.project_dir else { return Ok(()) };
        if let Some(parent) = project.parent() {
            fs::create_dir_all(parent)
                .map_err(|error| format!("cannot make {}: {error}", parent.display()))?;
        }
        self.tree = Some(trees.copy(project, wanted.submodules)?);
        Ok(())
    }

    /// Removes all of it, and frees the slot. What stays is told in the log, and found by the next run, as is what the
    /// executor left if it `is_clear` of nothing. These caches were used. Blocks.
    pub(super) fn leave(mut self, caches: &[PathBuf], is_clear: bool) {
        budget::touch(caches.iter().cloned());
        let mut faults = Vec::new();
        if let Some(tree) = self.tree.take()
            && let Err(error) = tree.remove()
        {
            faults.push(error);
        }
        if let Err(error) = remove_all(&self.slot.folder) {
            faults.push(error.to_string());
        }
        if faults.is_empty() && is_clear {
            // One that stays costs the next run a look.
            let _ = fs::remove_file(&self.record);
        }
        if !faults.is_empty() {
            let path = self.slot.folder.display().to_string();
            tracing::warn!(path, error = faults.join("; "), "Files of a job cannot be removed");
        }
    }
}
