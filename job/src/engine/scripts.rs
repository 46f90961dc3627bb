//! The user's scripts: steps, then `after_script`.

use super::ending::Failure;
use super::halt::{Bounds, Halt, Heeds, in_time, within};
use super::narrator::StageOutput;
use super::{Ended, Engine};
use crate::StageError;
use crate::script::{self, EchoWatch, Script, policy_lines};
use crate::variables::ScriptTimeouts;
use executor::{Command, Executor};
use protocol::Step;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use trace::Line;

const AFTER_SCRIPT: &str = "after_script";

impl<E: Executor> Engine<'_, E> {
    /// Runs the steps until one fails, then `after_script`.
    pub(super) async fn scripts(&mut self) -> Option<Failure> {
        let remaining = self.deadline.0.saturating_duration_since(Instant::now());
        let timeouts = ScriptTimeouts::read(&self.variables, remaining);
        for warning in &timeouts.warnings {
            self.narrator.say(Line::Warning, warning);
        }
        for line in policy_lines(&self.order.payload.policy_options) {
            self.narrator.say(Line::Info, &line);
        }
        let mut bounds = self.setup_bounds();
        if let Some(limit) = timeouts.script {
            bounds = bounds.and_deadline(in_time(limit), Halt::ScriptTimeout);
        }
        let failure = self.steps(&bounds).await.err();
        if let Some(Failure::Halted(Halt::Canceled)) = failure {
            self.narrator.say(Line::Warning, "script canceled externally (UI, API)");
        }
        let status = failure.as_ref().map_or("success", Failure::job_status);
        self.variables.set_job_status(status);
        self.status = Some(status);
        match self.after_script(failure.as_ref(), timeouts.after_script).await {
            Some(later) => Some(Failure::followed_by(failure, later)),
            None => failure,
        }
    }

    async fn steps(&mut self, bounds: &Bounds) -> Result<(), Failure> {
        let steps = self.order.payload.steps.iter().filter(|step| step.name != AFTER_SCRIPT);
        for step in steps.filter(|step| !step.script.is_empty()) {
            let section = format!("step_{}", step.name.to_lowercase());
            let heading = format!("Executing \"{section}\" stage of the job script");
            self.script_stage(section, &heading, step, bounds).await?;
        }
        Ok(())
    }

    /// Runs `after_script` with limits of its own, also when the job's time is over. Its failure counts only
    /// where `AFTER_SCRIPT_IGNORE_ERRORS` says so.
    async fn after_script(&mut self, failure: Option<&Failure>, limit: Duration) -> Option<Failure> {
        let step = self.order.payload.steps.iter().find(|step| step.name == AFTER_SCRIPT)?;
        if step.script.is_empty() {
            return None;
        }
        let own = Bounds::until(in_time(limit), Halt::OwnTimeout, Heeds::Abort);
        let timed_out = matches!(failure, Some(Failure::Halted(Halt::JobTimeout { .. })));
        let bounds = if timed_out { own } else { own.and_deadline(self.deadline.0, self.deadline.1.clone()) };
        let result = self.script_stage(AFTER_SCRIPT.to_owned(), "Running after_script", step, &bounds).await;
        let failed = result.err()?;
        match &failed {
            Failure::Halted(Halt::Aborted(_) | Halt::JobTimeout { .. }) => Some(failed),
            Failure::Halted(_) | Failure::Stage(_) | Failure::Command(_)
                if self.start.facts.options.after_script_ignore_errors =>
            {
                let cause = self.after_script_cause(&failed);
                self.narrator.say(
                    Line::Warning,
                    &format!("after_script failed, but job will continue unaffected: {cause}"),
                );
                None
            }
            Failure::Halted(_) | Failure::Stage(_) | Failure::Command(_) => Some(failed),
        }
    }

    /// What `after_script` ended with: a script that was stopped for its time has an exit status, too.
    fn after_script_cause(&self, failure: &Failure) -> String {
        match (failure, self.last_exit) {
            (Failure::Halted(_), Some(exit)) => self.executor.describe(exit),
            (failure, _) => failure.text(&|exit| self.executor.describe(exit)),
        }
    }

    async fn script_stage(
        &mut self,
        section: String,
        heading: &str,
        step: &Step,
        bounds: &Bounds,
    ) -> Result<(), Failure> {
        if let Some(halt) = bounds.exceeded(self.control) {
            return Err(Failure::Halted(halt));
        }
        self.last_exit = None;
        let output = self.open_named(section, heading);
        for line in self.executor.remarks() {
            self.narrator.say(Line::Plain, &line);
        }
        let (written, halt) = self.write_file_variables(&output, bounds).await;
        if written.is_err() || halt.is_some() {
            return self.close(&output, written, halt);
        }
        let script = match self.stage_script(step) {
            Ok(script) => script,
            Err(error) => return self.close(&output, Err(error), None),
        };
        let watch = EchoWatch::new(Arc::clone(&output) as _, script.echoes.clone());
        let (result, halt) = self.run_script(&output, script, &watch, bounds).await;
        self.close(&output, result, halt).map_err(|failure| failure.at(watch.last()))
    }

    fn stage_script(&self, step: &Step) -> Result<Script, StageError> {
        let Some(view) = self.view() else { return Err(StageError::system("the job has no workspace")) };
        if step.name == AFTER_SCRIPT {
            script::after_script(view, step)
        } else {
            script::user_step(view, step)
        }
    }

    async fn run_script(
        &mut self,
        output: &Arc<StageOutput>,
        script: Script,
        watch: &Arc<EchoWatch>,
        bounds: &Bounds,
    ) -> Ended {
        let command = Command::script(output.section(), script.bytes);
        let executor = &mut self.executor;
        let sink = Arc::clone(watch);
        let work = within(bounds, self.control, async |stop| executor.run(command, sink, &stop).await);
        let (exit, halt) = work.await;
        let result = match exit {
            Ok(exit) => {
                self.last_exit = Some(exit);
                if exit.is_success() { Ok(()) } else { Err(StageError::Exit(exit)) }
            }
            Err(error) => Err(StageError::from(error)),
        };
        (result, halt)
    }
}
