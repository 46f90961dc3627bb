//! The stages before the user's scripts.

use super::Engine;
use super::echo_watch::EchoWatch;
use super::ending::Failure;
use super::halt::{Bounds, Halt, in_time, within};
use super::narrator::{RunnerVoice, StageOutput};
use super::observed::Observed;
use super::unsupported;
use crate::script::Script;
use crate::variables::{JobView, forget_earlier_job};
use crate::{StageError, artifacts, cache, git, notice};
use executor::{CancellationToken, Executor, Output, PrepareError};
use protocol::FailureReason;
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;
use trace::Line;

/// Tries to make the executor ready.
const PREPARE_TRIES: u32 = 3;

impl<E: Executor> Engine<'_, E> {
    /// The executor and its environment. When this fails nothing has started that could be handed in.
    pub(super) async fn prepare(&mut self) -> Result<(), Failure> {
        unsupported::check(self.order, &self.start.facts.flags).map_err(Failure::Stage)?;
        let bounds = self.limited("prepare", self.order.settings.prepare_timeout);
        self.prepare_executor(&bounds).await?;
        self.prepare_environment(&bounds)
    }

    async fn prepare_executor(&mut self, bounds: &Bounds) -> Result<(), Failure> {
        if let Some(halt) = bounds.exceeded(self.control) {
            return Err(Failure::Halted(halt));
        }
        let heading = format!("Preparing the \"{}\" executor", self.executor.name());
        let output = self.open("prepare_executor", &heading);
        let result = match self.start.facts.workspace.clone() {
            Ok(workspace) => {
                let voice = Arc::new(self.narrator.voice());
                let (executor, control) = (&mut self.executor, self.control);
                let pause = self.order.settings.retry_pause;
                let tries = within(bounds, control, async |stop| {
                    prepare_with_retries(executor, &workspace, &voice, pause, &stop).await
                });
                let (result, halt) = tries.await;
                self.workspace = Some(workspace);
                self.say_unused();
                (result, halt)
            }
            Err(error) => (Err(error), None),
        };
        self.close(&output, result.0, result.1)
    }

    /// Names what the job asks for and this executor does not have, and runs without.
    fn say_unused(&self) {
        for (form, text) in unsupported::unused(self.order, self.executor.name()) {
            self.narrator.say(form, &text);
        }
    }

    /// Names the machine and forgets what an earlier job left for scripts.
    fn prepare_environment(&mut self, bounds: &Bounds) -> Result<(), Failure> {
        if let Some(halt) = bounds.exceeded(self.control) {
            return Err(Failure::Halted(halt));
        }
        let output = self.open("prepare_script", "Preparing environment");
        notice::plain(&*output, &format!("Running on {}...", host_name()));
        let result = match &self.workspace {
            Some(workspace) => forget_earlier_job(workspace)
                .map_err(|e| StageError::system(format!("prepare environment: {e}"))),
            None => Ok(()),
        };
        self.close(&output, result, None)
    }

    /// Sources, caches and artifacts of other jobs.
    pub(super) async fn fetch(&mut self) -> Result<(), Failure> {
        self.get_sources().await?;
        self.restore_cache().await?;
        self.download_artifacts().await
    }

    async fn get_sources(&mut self) -> Result<(), Failure> {
        let bounds = self.limited("get sources", self.order.settings.get_sources_timeout);
        let tries = self.start.facts.options.attempts.get_sources;
        for attempt in 1..=tries {
            if attempt == 2
                && let Err(failure) = self.clear_worktree(&bounds).await
            {
                self.between_attempts(attempt, tries, &bounds, failure).await?;
                continue;
            }
            match self.try_get_sources(&bounds).await {
                Ok(()) => return Ok(()),
                Err(failure) => self.between_attempts(attempt, tries, &bounds, failure).await?,
            }
        }
        Ok(())
    }

    async fn try_get_sources(&mut self, bounds: &Bounds) -> Result<(), Failure> {
        let watch = RefCell::new(None);
        let heading = "Getting source from Git repository";
        let result = self
            .stage("get_sources", heading, bounds, async |view, executor, output, stop| {
                let sink = Arc::clone(&output);
                let script_output = |script: &Script| -> Arc<dyn Output> {
                    let new = EchoWatch::new(Arc::clone(&sink), script.echoes.clone());
                    *watch.borrow_mut() = Some(Arc::clone(&new));
                    new
                };
                let mut executor = Observed::new(executor);
                let got = git::get_sources_watched(view, &mut executor, output, &stop, &script_output).await;
                if !executor.ended_with_script() {
                    // What failed, if anything, was no command of a hook.
                    watch.take();
                }
                got
            })
            .await;
        let echo = watch.into_inner().and_then(|watch| watch.last());
        result.map_err(|failure| failure.at(echo))
    }

    async fn clear_worktree(&mut self, bounds: &Bounds) -> Result<(), Failure> {
        let heading = "Deleting all tracked and untracked files due to source fetch failure";
        self.stage("clear_worktree", heading, bounds, async |view, executor, output, stop| {
            git::clear_worktree(view, executor, output, &stop).await
        })
        .await
    }

    async fn restore_cache(&mut self) -> Result<(), Failure> {
        let Some(view) = self.view().filter(|view| cache::any_to_restore(*view)) else { return Ok(()) };
        let bounds = self.setup_bounds();
        if bounds.exceeded(self.control).is_none() {
            // A stage that cannot be carried out is not even begun.
            cache::check_to_restore(view).map_err(Failure::Stage)?;
        }
        let tries = self.start.facts.options.attempts.restore_cache;
        for attempt in 1..=tries {
            let result = self
                .stage("restore_cache", "Restoring cache", &bounds, async |view, executor, output, stop| {
                    cache::restore_all(view, executor, output, &stop).await
                })
                .await;
            match result {
                Ok(()) => return Ok(()),
                Err(failure) => self.between_attempts(attempt, tries, &bounds, failure).await?,
            }
        }
        Ok(())
    }

    async fn download_artifacts(&mut self) -> Result<(), Failure> {
        if self.order.payload.dependencies.iter().all(|d| d.artifacts_file.filename.is_empty()) {
            return Ok(());
        }
        let bounds = self.setup_bounds();
        let tries = self.start.facts.options.attempts.artifact_download;
        let transfer = self.transfer;
        for attempt in 1..=tries {
            let result = self
                .stage(
                    "download_artifacts",
                    "Downloading artifacts",
                    &bounds,
                    async |view, executor, output, stop| {
                        artifacts::download_all(view, executor, transfer, output, &stop).await
                    },
                )
                .await;
            match result {
                Ok(()) => return Ok(()),
                Err(failure) => self.between_attempts(attempt, tries, &bounds, failure).await?,
            }
        }
        Ok(())
    }

    /// Runs one stage with a section of its own.
    pub(super) async fn stage(
        &mut self,
        section: &'static str,
        heading: &str,
        bounds: &Bounds,
        body: impl AsyncFnOnce(JobView<'_>, &mut E, Arc<dyn Output>, CancellationToken) -> Result<(), StageError>,
    ) -> Result<(), Failure> {
        if let Some(halt) = bounds.exceeded(self.control) {
            return Err(Failure::Halted(halt));
        }
        let output: Arc<StageOutput> = self.open(section, heading);
        let Some(workspace) = self.workspace.clone() else {
            let error = StageError::system("the job has no workspace");
            return self.close(&output, Err(error), None);
        };
        let view = JobView {
            order: self.order,
            flags: &self.start.facts.flags,
            options: &self.start.facts.options,
            variables: &self.variables,
            workspace: &workspace,
        };
        let (executor, sink) = (&mut self.executor, Arc::clone(&output));
        let work = within(bounds, self.control, async |stop| body(view, executor, sink, stop).await);
        let (result, halt) = work.await;
        self.close(&output, result, halt)
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
        let ((), halt) = within(bounds, self.control, async |stop| {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => {}
            }
        })
        .await;
        halt.map_or(Ok(()), |halt| Err(Failure::Halted(halt)))
    }

    /// Bounds with a limit of the runner's configuration. One that is not shorter than the job's changes
    /// nothing.
    fn limited(&self, stage: &'static str, limit: Option<Duration>) -> Bounds {
        match limit.filter(|limit| !limit.is_zero()) {
            Some(limit) => {
                self.setup_bounds().and_deadline(in_time(limit), Halt::StageTimeout { stage, limit })
            }
            None => self.setup_bounds(),
        }
    }
}

async fn prepare_with_retries<E: Executor>(
    executor: &mut E,
    workspace: &executor::Workspace,
    voice: &Arc<RunnerVoice>,
    mut pause: Duration,
    stop: &CancellationToken,
) -> Result<(), StageError> {
    for attempt in 1..=PREPARE_TRIES {
        let error = match executor.prepare(workspace, Arc::clone(voice) as _).await {
            Ok(()) => return Ok(()),
            Err(PrepareError::Configuration { message }) => return Err(StageError::configuration(message)),
            Err(PrepareError::External { message }) => {
                return Err(StageError::Failed {
                    reason: FailureReason::RunnerExternalDependencyFailure,
                    message,
                });
            }
            Err(PrepareError::ImagePull { message }) => {
                return Err(StageError::Failed { reason: FailureReason::ImagePullFailure, message });
            }
            Err(PrepareError::Temporary { message }) => message,
        };
        voice.say(Line::Error, &format!("Preparation failed: {error}"));
        if attempt == PREPARE_TRIES || stop.is_cancelled() {
            return Err(StageError::system(error));
        }
        voice.say(Line::Info, &format!("Will be retried in {} ...", crate::go_duration::format(pause)));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return Err(StageError::Stopped),
        }
        pause = pause.saturating_mul(2);
    }
    Ok(())
}

fn host_name() -> String {
    nix::unistd::gethostname()
        .map_or_else(|_| "localhost".to_owned(), |name| name.to_string_lossy().into_owned())
}
