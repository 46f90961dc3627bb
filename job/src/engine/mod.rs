//! Drives a job through its stages.
//!
//! The order of stages, what is skipped after what, and which limit holds where are decided here and nowhere
//! else. What works with the job's files is done by [`crate::stage`], which knows where they are: the engine
//! itself touches none.

mod ending;
mod failed;
mod failed_command;
mod fetch;
mod halt;
mod header;
mod narrator;
mod overlap;
mod perform;
mod prepare;
mod remains;
mod scripts;
mod start;
mod unsupported;
mod wrap_up;

#[cfg(test)]
mod tests;

use crate::stage::Task;
use crate::variables::{JobView, Variables};
use crate::{Control, Order, Outcome, StageError, Transfer, Verdict};
use ending::Failure;
use executor::{CancellationToken, Executor, Exit, Workspace};
pub use failed::Failed;
use halt::{Bounds, Halt, Heeds, in_time};
use narrator::{Narrator, StageOutput};
use prepare::Fetched;
pub use remains::Remains;
use start::Start;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use trace::{Line, Spool};

/// How long caches, and then artifacts, may take after the job's own time was over.
const OVERTIME: Duration = Duration::from_secs(600);

/// How a stage ended: by itself, and what stopped it.
type Ended = (Result<(), StageError>, Option<Halt>);

/// Runs a job: writes its trace into the spool, whole, and returns its verdict. Clean-up is over by then, unless the
/// executor can do it later; then it is part of what remains.
pub async fn run<E: Executor>(
    order: &Order,
    executor: E,
    spool: Spool,
    transfer: &Transfer,
    control: &Control,
) -> (Verdict, Remains<E>) {
    let nothing = None::<fn(&mut Failed<'_>) -> std::future::Ready<()>>;
    let (outcome, remains) = run_with(order, executor, spool, transfer, control, nothing).await;
    (outcome.verdict, remains)
}

/// As [`run`], and tells more of how the job ended. `on_failure` is called when the job has failed, unless it had no
/// environment or was stopped by somebody: after its log was finished and before anything is cleaned up, of which the
/// log then says nothing. Meanwhile the job's time does not count; an abort ends the waiting.
pub async fn run_with<E: Executor, F: AsyncFnOnce(&mut Failed<'_>)>(
    order: &Order,
    executor: E,
    spool: Spool,
    transfer: &Transfer,
    control: &Control,
    on_failure: Option<F>,
) -> (Outcome, Remains<E>) {
    let job = order.payload.id;
    let start = match Start::new(order, spool.clone()) {
        Ok(start) => start,
        Err(message) => return (refused(order, &spool, &message), Remains::none(job)),
    };
    header::write(order, &start);
    let mut engine = Engine::new(order, executor, transfer, control, &start);
    engine.say_settings_errors();
    let (failure, prepared) = engine.run().await;
    let look = on_failure.filter(|_| prepared && failure.as_ref().is_some_and(Failure::is_worth_a_look));
    let outcome = match look {
        None => {
            engine.clean_up(prepared).await;
            engine.finish(failure.as_ref())
        }
        Some(look) => {
            engine.fall_silent().await;
            let outcome = engine.finish(failure.as_ref());
            Box::pin(engine.look_into(&outcome, look)).await;
            engine.clean_up_unseen().await;
            outcome
        }
    };
    let remains = match engine.executor.cleans_up_late() {
        true => Remains::of(job, engine.executor),
        false => Remains::none(job),
    };
    (outcome, remains)
}

/// A job that cannot even have a trace of its own.
fn refused(order: &Order, spool: &Spool, message: &str) -> Outcome {
    let failure = Failure::Stage(StageError::system(message));
    let describe = |exit: Exit| exit.to_string();
    spool.append(Line::Error.format(&failure.last_line(&describe)).as_bytes());
    spool.finish();
    Outcome {
        verdict: failure.verdict(&order.payload.features.failure_reasons),
        failed_command: None,
        cause: Some(failure.text(&describe)),
    }
}

/// A job under way.
struct Engine<'a, E> {
    order: &'a Order,
    start: &'a Start,
    transfer: &'a Transfer,
    control: &'a Control,
    executor: E,
    narrator: Narrator,
    variables: Variables,
    workspace: Option<Workspace>,
    /// Whether the executor runs helpers.
    is_at_hand: bool,
    /// What was put off until the next task, which it does not deserve a worker of its own for.
    due: Vec<Task>,
    /// Whether scripts find file variables as they should be.
    files_are_fresh: bool,
    /// `CI_JOB_STATUS`, once it has changed.
    status: Option<&'static str>,
    /// Cancelled when the stages that run now are in vain.
    given_up: Option<CancellationToken>,
    deadline: (Instant, Halt),
    /// All outputs so far: a child in the background may still write into any of them.
    outputs: Vec<Arc<StageOutput>>,
    /// How the script that ran last ended.
    last_exit: Option<Exit>,
}

impl<'a, E: Executor> Engine<'a, E> {
    fn new(
        order: &'a Order,
        executor: E,
        transfer: &'a Transfer,
        control: &'a Control,
        start: &'a Start,
    ) -> Self {
        let limit = Duration::from_secs(order.payload.timeout_seconds());
        Self {
            order,
            start,
            transfer,
            control,
            executor,
            narrator: start.narrator(),
            variables: start.facts.variables.clone(),
            workspace: None,
            is_at_hand: false,
            due: Vec::new(),
            files_are_fresh: false,
            status: None,
            given_up: None,
            deadline: (in_time(limit), Halt::JobTimeout { limit }),
            outputs: Vec::new(),
            last_exit: None,
        }
    }

    fn say_settings_errors(&self) {
        let errors = self.start.settings_errors();
        if !errors.is_empty() {
            self.narrator.say(Line::Warning, &errors.join("\n"));
        }
    }

    /// All stages in order but clean-up, and whether the job got as far as to have an environment. What went wrong
    /// first is what the job ends with.
    async fn run(&mut self) -> (Option<Failure>, bool) {
        match self.begin().await {
            Ok(fetched) => (self.run_prepared(fetched).await, true),
            Err(failure) => (Some(failure), false),
        }
    }

    /// Writes the last lines of the log; nothing is written after them.
    fn finish(&self, failure: Option<&Failure>) -> Outcome {
        self.narrator.finish();
        let narrator = self.start.narrator();
        let describe = |exit| self.executor.describe(exit);
        if let Some(Failure::Command(command)) = failure {
            narrator.say(Line::Plain, &command.line(&describe));
        }
        match failure {
            None => narrator.say(Line::Info, "Job succeeded"),
            Some(failure) => narrator.say(Line::Error, &failure.last_line(&describe)),
        }
        narrator.finish();
        self.start.spool().finish();
        let masked = |text: &str| self.start.masked(text);
        Outcome {
            verdict: failure.map_or_else(Verdict::success, |failure| {
                failure.verdict(&self.order.payload.features.failure_reasons)
            }),
            failed_command: failure.and_then(|failure| failure.command(&masked)),
            cause: failure.map(|failure| masked(&failure.text(&describe))),
        }
    }

    async fn run_prepared(&mut self, fetched: Fetched) -> Option<Failure> {
        let mut failure = match fetched {
            Ok(()) => self.scripts().await,
            // A cancel before the user's scripts ends the whole job.
            Err(failure @ Failure::Halted(Halt::Canceled)) => return Some(failure),
            Err(failure) => Some(failure),
        };
        if let Err(later) = self.wrap_up(failure.as_ref()).await {
            failure = Some(Failure::followed_by(failure, later));
        }
        failure
    }

    /// What the parts of a job read about it. Without a workspace there is nothing to read yet.
    fn view(&self) -> Option<JobView<'_>> {
        let workspace = self.workspace.as_ref()?;
        Some(self.start.facts.view(self.order, &self.variables, workspace))
    }

    /// Bounds of the stages before the user's scripts: everything stops them.
    fn setup_bounds(&self) -> Bounds {
        Bounds {
            given_up: self.given_up.clone(),
            ..Bounds::until(self.deadline.0, self.deadline.1.clone(), Heeds::All)
        }
    }

    /// Bounds of what comes after the scripts: a cancel changes nothing any more. A job whose time is over
    /// gets some more to hand in what it has.
    fn wrap_up_bounds(&self, timed_out: bool) -> Bounds {
        let (at, halt) =
            if timed_out { (in_time(OVERTIME), Halt::OwnTimeout) } else { self.deadline.clone() };
        Bounds::until(at, halt, Heeds::Abort)
    }

    fn open(&mut self, section: &'static str, heading: &str) -> Arc<StageOutput> {
        self.open_named(section.to_owned(), heading)
    }

    fn open_named(&mut self, section: String, heading: &str) -> Arc<StageOutput> {
        let output = self.narrator.open(section, heading);
        self.outputs.push(Arc::clone(&output));
        output
    }

    /// Ends a stage: its section, and what stopped it.
    fn close(
        &mut self,
        output: &StageOutput,
        result: Result<(), StageError>,
        halt: Option<Halt>,
    ) -> Result<(), Failure> {
        self.narrator.close(output);
        match (result, halt) {
            (_, Some(halt)) => {
                if halt.is_timeout() {
                    self.narrator.say(Line::Warning, &format!(
                        "{} could not run to completion because the timeout was exceeded. For more control over \
                         job and script timeouts see: https://docs.gitlab.com/ci/runners/configure_runners/\
                         #set-script-and-after_script-timeouts",
                        output.section()
                    ));
                }
                Err(Failure::Halted(halt))
            }
            (Ok(()), None) => Ok(()),
            (Err(error), None) => Err(Failure::Stage(error)),
        }
    }
}
