//! The stages after the user's scripts.

use super::Engine;
use super::ending::{Failure, describe_error};
use super::halt::{Bounds, Halt, Heeds, in_time};
use crate::stage::Task;
use crate::variables::remove_secrets;
use crate::{StageError, artifacts, cache};
use executor::{Executor, Output, Stream};
use std::sync::Arc;
use std::time::Duration;
use trace::Line;

/// How long clean-up may take.
const CLEAN_UP_LIMIT: Duration = Duration::from_secs(120);

/// The stage's name.
const CLEAN_UP: &str = "cleanup_file_variables";

impl<E: Executor> Engine<'_, E> {
    /// Saves caches and uploads artifacts. Both are tried; the cache's failure is the one that counts.
    pub(super) async fn wrap_up(&mut self, failure: Option<&Failure>) -> Result<(), Failure> {
        let (success, timed_out) = (failure.is_none(), failure.is_some_and(Failure::is_timeout));
        let saved = self.save_caches(&self.wrap_up_bounds(timed_out), success).await;
        // A cache that fails leaves artifacts those of a successful job; time that is over does not.
        let late = saved.as_ref().is_err_and(Failure::is_timeout);
        let bounds = self.wrap_up_bounds(timed_out || late);
        let uploaded = self.upload_artifacts(&bounds, success && !late).await;
        match (saved, uploaded) {
            (Err(saved), Err(uploaded)) => Err(Failure::followed_by(Some(saved), uploaded)),
            (saved, uploaded) => saved.and(uploaded),
        }
    }

    async fn save_caches(&mut self, bounds: &Bounds, success: bool) -> Result<(), Failure> {
        let Some(view) = self.view().filter(|view| cache::any_to_save(*view, success)) else { return Ok(()) };
        // A stage that cannot be carried out is not even begun.
        if bounds.exceeded(self.control).is_none() {
            cache::check_to_save(view, success).map_err(Failure::Stage)?;
        }
        let (section, heading) = if success {
            ("archive_cache", "Saving cache for successful job")
        } else {
            ("archive_cache_on_failure", "Saving cache for failed job")
        };
        self.stage(section, heading, bounds, Task::SaveCaches { success }).await
    }

    async fn upload_artifacts(&mut self, bounds: &Bounds, success: bool) -> Result<(), Failure> {
        if !self.view().is_some_and(|view| artifacts::any_to_upload(view, success)) {
            return Ok(());
        }
        let (section, heading) = if success {
            ("upload_artifacts_on_success", "Uploading artifacts for successful job")
        } else {
            ("upload_artifacts_on_failure", "Uploading artifacts for failed job")
        };
        self.stage(section, heading, bounds, Task::UploadArtifacts { success }).await
    }

    /// Ends what is left of the job and removes what must not outlive it. Nothing but its own limit stops this.
    /// What an executor removes later is removed by whoever has the job's [`super::Remains`].
    ///
    /// `prepared` says whether the job got as far as to have an environment, hence a section for this.
    pub(super) async fn clean_up(&mut self, prepared: bool) {
        let bounds = Bounds::until(in_time(CLEAN_UP_LIMIT), Halt::OwnTimeout, Heeds::Nothing);
        if prepared {
            self.clean_up_in_section(&bounds).await;
        } else if self.executor.worker().is_some() {
            self.clean_up_unheard(&bounds).await;
        } else {
            let ended = self.end_processes().await;
            if let Err(error) = ended.and(self.forget_secrets()) {
                self.narrator.say(Line::Warning, &error.to_string());
            }
        }
        self.end_outputs();
    }

    /// As [`Self::clean_up`], for a job with an environment whose log is finished already: what goes wrong is for the
    /// runner's own log.
    pub(super) async fn clean_up_unseen(&mut self) {
        let bounds = Bounds::until(in_time(CLEAN_UP_LIMIT), Halt::OwnTimeout, Heeds::Nothing);
        let task = self.perform_unheard(Task::CleanUp, CLEAN_UP, Arc::new(Unheard), &bounds);
        let (done, _) = Box::pin(task).await;
        let ended = self.end_processes().await;
        for error in [done.result, ended].into_iter().filter_map(Result::err) {
            tracing::warn!(job = self.order.payload.id, %error, "Clean-up of a job is not complete");
        }
    }

    /// Writes what is still owed to the log, which ends then.
    pub(super) async fn fall_silent(&mut self) {
        self.executor.fall_silent().await;
        self.end_outputs();
    }

    fn end_outputs(&mut self) {
        for output in std::mem::take(&mut self.outputs) {
            output.end();
        }
    }

    async fn clean_up_in_section(&mut self, bounds: &Bounds) {
        let heading = "Cleaning up project directory and file based variables";
        let output = self.open(CLEAN_UP, heading);
        let (done, _) = self.perform(Task::CleanUp, &output, bounds).await;
        let ended = self.end_processes().await;
        self.narrator.close(&output);
        for error in [done.result, ended].into_iter().filter_map(Result::err) {
            let error = describe_error(&error, &|exit| self.executor.describe(exit));
            self.narrator.say(Line::Warning, &format!("Clean-up is not complete: {error}"));
        }
    }

    /// For a job whose stages began before it had an environment, and then got none. The reader has not seen them
    /// begin; whether what they left could be removed is for the runner's own log.
    async fn clean_up_unheard(&mut self, bounds: &Bounds) {
        if self.is_at_hand {
            let (done, _) = self.perform_unheard(Task::CleanUp, CLEAN_UP, Arc::new(Unheard), bounds).await;
            if let Err(error) = done.result {
                tracing::warn!(job = self.order.payload.id, %error, "Clean-up of a job is not complete");
            }
        }
        if let Err(error) = self.end_processes().await {
            self.narrator.say(Line::Warning, &error.to_string());
        }
    }

    async fn end_processes(&mut self) -> Result<(), StageError> {
        if self.executor.cleans_up_late() {
            self.executor.fall_silent().await;
            return Ok(());
        }
        self.executor.cleanup().await.map_err(|error| StageError::system(error.to_string()))
    }

    fn forget_secrets(&self) -> Result<(), StageError> {
        let Some(workspace) = &self.workspace else { return Ok(()) };
        remove_secrets(&self.variables, workspace).map_err(|error| StageError::system(error.to_string()))
    }
}

/// Where a stage that nobody knows of speaks to.
struct Unheard;

impl Output for Unheard {
    fn write(&self, _: Stream, _: &[u8]) {}
}
