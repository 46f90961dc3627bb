//! The stages that bring a job what it works with: sources, caches, artifacts of other jobs.

use super::Engine;
use super::ending::Failure;
use super::halt::{Bounds, Halt, within};
use crate::stage::Task;
use crate::{artifacts, cache, script};
use executor::Executor;
use trace::Line;

/// A stage that may be tried more than once.
struct Tried<'a> {
    section: &'static str,
    heading: &'static str,
    task: Task,
    tries: u32,
    bounds: &'a Bounds,
}

impl<E: Executor> Engine<'_, E> {
    /// Sources, caches and artifacts of other jobs.
    pub(super) async fn fetch(&mut self) -> Result<(), Failure> {
        self.get_sources().await?;
        self.restore_cache().await?;
        self.download_artifacts().await
    }

    async fn get_sources(&mut self) -> Result<(), Failure> {
        let bounds = self.limited("get sources", self.order.settings.get_sources_timeout);
        let tries = self.start.facts.options.attempts.get_sources;
        // A copy is there once and for all: it is not cleared for another try.
        let is_copy = self.order.sources.are_ready() && self.start.facts.options.git.strategy.uses_git();
        let heading =
            if is_copy { "Getting source from the work tree" } else { "Getting source from Git repository" };
        for attempt in 1..=tries {
            if attempt == 2
                && !is_copy
                && let Err(failure) = self.clear_worktree(&bounds).await
            {
                self.between_attempts(attempt, tries, &bounds, failure).await?;
                continue;
            }
            match self.stage("get_sources", heading, &bounds, Task::GetSources).await {
                Ok(()) => break,
                Err(failure) => self.between_attempts(attempt, tries, &bounds, failure).await?,
            }
        }
        // The stage has written them, too; only a user's command may have changed them since.
        self.files_are_fresh = !self.view().is_some_and(script::has_source_hooks);
        Ok(())
    }

    async fn clear_worktree(&mut self, bounds: &Bounds) -> Result<(), Failure> {
        let heading = "Deleting all tracked and untracked files due to source fetch failure";
        self.stage("clear_worktree", heading, bounds, Task::ClearWorktree).await
    }

    async fn restore_cache(&mut self) -> Result<(), Failure> {
        let Some(view) = self.view().filter(|view| cache::any_to_restore(*view)) else { return Ok(()) };
        let bounds = self.setup_bounds();
        if bounds.exceeded(self.control).is_none() {
            // A stage that cannot be carried out is not even begun.
            cache::check_to_restore(view).map_err(Failure::Stage)?;
        }
        let tries = self.start.facts.options.attempts.restore_cache;
        let (section, heading, task) = ("restore_cache", "Restoring cache", Task::RestoreCache);
        self.try_stage(&Tried { section, heading, task, tries, bounds: &bounds }).await
    }

    async fn download_artifacts(&mut self) -> Result<(), Failure> {
        if !artifacts::any_to_download(&self.order.payload.dependencies) {
            return Ok(());
        }
        let bounds = self.setup_bounds();
        let tries = self.start.facts.options.attempts.artifact_download;
        let (section, heading) = ("download_artifacts", "Downloading artifacts");
        let task = Task::DownloadArtifacts;
        self.try_stage(&Tried { section, heading, task, tries, bounds: &bounds }).await
    }

    async fn try_stage(&mut self, stage: &Tried<'_>) -> Result<(), Failure> {
        let Tried { section, heading, task, tries, bounds } = *stage;
        for attempt in 1..=tries {
            match self.stage(section, heading, bounds, task).await {
                Ok(()) => return Ok(()),
                Err(failure) => self.between_attempts(attempt, tries, bounds, failure).await?,
            }
        }
        Ok(())
    }

    /// After a failed attempt: announces and awaits the next, or gives the failure back.
    async fn between_attempts(
        &mut self,
        attempt: u32,
        tries: u32,
        bounds: &Bounds,
        failure: Failure,
    ) -> Result<(), Failure> {
        if attempt >= tries || matches!(failure, Failure::Halted(_)) {
            return Err(failure);
        }
        self.narrator.say(Line::Warning, "Retrying...");
        let pause = self.start.retry_pause(attempt);
        let ((), halt): ((), Option<Halt>) = within(bounds, self.control, async |stop| {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => {}
            }
        })
        .await;
        halt.map_or(Ok(()), |halt| Err(Failure::Halted(halt)))
    }
}
