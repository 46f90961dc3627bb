//! How a stage that works with files runs, wherever the files are.

use super::ending::Failure;
use super::halt::{Bounds, Halt, in_time, within};
use super::narrator::StageOutput;
use super::{Ended, Engine};
use crate::StageError;
use crate::stage::{Done, Stage, Task};
use executor::{Executor, Output};
use std::sync::Arc;
use std::time::Duration;

impl<E: Executor> Engine<'_, E> {
    /// Runs one stage with a section of its own.
    pub(super) async fn stage(
        &mut self,
        section: &'static str,
        heading: &str,
        bounds: &Bounds,
        task: Task,
    ) -> Result<(), Failure> {
        if let Some(halt) = bounds.exceeded(self.control) {
            return Err(Failure::Halted(halt));
        }
        let output: Arc<StageOutput> = self.open(section, heading);
        let (done, halt) = self.perform(task, &output, bounds).await;
        self.close(&output, done.result, halt).map_err(|failure| failure.at(done.echo))
    }

    /// Does a task, and what was put off until the next one, as a part of the section that `output` is.
    pub(super) async fn perform(
        &mut self,
        task: Task,
        output: &Arc<StageOutput>,
        bounds: &Bounds,
    ) -> (Done, Option<Halt>) {
        let sink = Arc::clone(output) as Arc<dyn Output>;
        self.perform_unheard(task, output.section(), sink, bounds).await
    }

    /// As [`Self::perform`], with any output.
    pub(super) async fn perform_unheard(
        &mut self,
        task: Task,
        name: &str,
        output: Arc<dyn Output>,
        bounds: &Bounds,
    ) -> (Done, Option<Halt>) {
        let Some(workspace) = &self.workspace else {
            return (Done::plain(Err(StageError::system("the job has no workspace"))), None);
        };
        let tasks: Vec<Task> = self.due.iter().copied().chain([task]).collect();
        let stage = Stage {
            name,
            tasks: &tasks,
            view: self.start.facts.view(self.order, &self.variables, workspace),
            status: self.status,
            transfer: self.transfer,
        };
        let executor = &mut self.executor;
        let work = within(bounds, self.control, async |stop| stage.run(executor, output, &stop).await);
        let (done, halt) = Box::pin(work).await;
        if done.result.is_ok() {
            self.due.clear();
        }
        (done, halt)
    }

    /// Makes sure that scripts find what belongs beside the work tree.
    pub(super) async fn write_file_variables(&mut self, output: &Arc<StageOutput>, bounds: &Bounds) -> Ended {
        // Another process is not started for what is there.
        if std::mem::take(&mut self.files_are_fresh) && self.executor.worker().is_some() {
            return (Ok(()), None);
        }
        let (done, halt) = self.perform(Task::FileVariables, output, bounds).await;
        (done.result, halt)
    }

    /// Bounds with a limit of the runner's configuration. One that is not shorter than the job's changes
    /// nothing.
    pub(super) fn limited(&self, stage: &'static str, limit: Option<Duration>) -> Bounds {
        match limit.filter(|limit| !limit.is_zero()) {
            Some(limit) => {
                self.setup_bounds().and_deadline(in_time(limit), Halt::StageTimeout { stage, limit })
            }
            None => self.setup_bounds(),
        }
    }
}
