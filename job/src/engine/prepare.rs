//! The executor and its environment, and the stages that need not wait for all of it.

use super::Engine;
use super::ending::Failure;
use super::halt::{Bounds, within};
use super::narrator::RunnerVoice;
use super::unsupported;
use crate::stage::Task;
use crate::{StageError, notice};
use executor::{CancellationToken, Executor, PrepareError, Workspace};
use std::sync::Arc;
use std::time::Duration;
use trace::Line;

/// Tries to make the executor ready.
const PREPARE_TRIES: u32 = 3;

/// What came of the stages before the user's scripts, of a job that has an environment.
pub(super) type Fetched = Result<(), Failure>;

impl<E: Executor> Engine<'_, E> {
    /// The stages before the user's scripts.
    ///
    /// # Errors
    /// The job has no environment, so that nothing has started that could be handed in.
    pub(super) async fn begin(&mut self) -> Result<Fetched, Failure> {
        unsupported::check(self.order, &self.start.facts.flags).map_err(Failure::Stage)?;
        let bounds = self.limited("prepare", self.order.settings.prepare_timeout);
        if let Some(halt) = bounds.exceeded(self.control) {
            return Err(Failure::Halted(halt));
        }
        let heading = format!("Preparing the \"{}\" executor", self.executor.name());
        let section = self.open("prepare_executor", &heading);
        let (result, halt) = self.prepare_executor(&bounds).await;
        if result.is_ok() && halt.is_none() {
            self.is_at_hand = true;
            if let Some(rest) = self.executor.rest_of_preparing() {
                return Box::pin(self.overlap(rest, bounds, section)).await;
            }
        }
        self.close(&section, result, halt)?;
        self.early_stages(&bounds).await
    }

    /// What helpers can do by themselves: all up to the user's scripts.
    pub(super) async fn early_stages(&mut self, bounds: &Bounds) -> Result<Fetched, Failure> {
        self.prepare_environment(bounds).await?;
        Ok(self.fetch().await)
    }

    async fn prepare_executor(&mut self, bounds: &Bounds) -> super::Ended {
        let workspace = match self.start.facts.workspace.clone() {
            Ok(workspace) => workspace,
            Err(error) => return (Err(error), None),
        };
        let voice = Arc::new(self.narrator.voice());
        let (executor, control) = (&mut self.executor, self.control);
        let pause = self.order.settings.retry_pause;
        let tries = within(bounds, control, async |stop| {
            prepare_with_retries(executor, &workspace, &voice, pause, &stop).await
        });
        let ended = Box::pin(tries).await;
        self.workspace = Some(workspace);
        self.say_unused();
        ended
    }

    /// Names what the job asks for and this executor does not have, and runs without.
    fn say_unused(&self) {
        for (form, text) in unsupported::unused(self.order, self.executor.name()) {
            self.narrator.say(form, &text);
        }
    }

    /// Names the machine and forgets what an earlier job left for scripts.
    async fn prepare_environment(&mut self, bounds: &Bounds) -> Result<(), Failure> {
        if let Some(halt) = bounds.exceeded(self.control) {
            return Err(Failure::Halted(halt));
        }
        let output = self.open("prepare_script", "Preparing environment");
        let machine = match self.executor.host_name() {
            Some(name) => format!("{name} via {}", host_name()),
            None => host_name(),
        };
        notice::plain(&*output, &format!("Running on {machine}..."));
        if self.executor.worker().is_some() {
            // Not worth a worker of its own: the next one begins with it.
            self.due.push(Task::Forget);
            return self.close(&output, Ok(()), None);
        }
        let (done, halt) = self.perform(Task::Forget, &output, bounds).await;
        self.close(&output, done.result, halt)
    }
}

/// Prepares until it succeeds. Preparing is given up at once where `stop` says so: what it had begun is found by
/// clean-up.
async fn prepare_with_retries<E: Executor>(
    executor: &mut E,
    workspace: &Workspace,
    voice: &Arc<RunnerVoice>,
    mut pause: Duration,
    stop: &CancellationToken,
) -> Result<(), StageError> {
    for attempt in 1..=PREPARE_TRIES {
        let prepared = stop.run_until_cancelled(executor.prepare(workspace, Arc::clone(voice) as _)).await;
        let error = match prepared {
            None => return Err(StageError::Stopped),
            Some(Ok(())) => return Ok(()),
            Some(Err(PrepareError::Temporary { message })) => message,
            Some(Err(error)) => return Err(error.into()),
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
