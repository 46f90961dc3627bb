//! A run that can begin: all that can be refused was looked at.

use super::RunArgs;
use super::local::{Homes, LocalSettings, RunRecord, Runs};
use super::made::Made;
use super::select::{Again, Asked, Selection, select};
use super::work::Line;
use crate::ci::World;
use crate::error::CliError;
use pipeline::Status;
use std::path::PathBuf;

/// All that a run begins with.
pub(super) struct Prepared {
    /// The pipeline.
    pub(super) line: Line,
    /// What of it runs.
    pub(super) selection: Selection,
    /// On what.
    pub(super) settings: LocalSettings,
    /// Where it keeps what it has.
    pub(super) homes: Homes,
    /// The root of the project.
    pub(super) root: PathBuf,
    /// The run that it goes on from.
    pub(super) last: Option<RunRecord>,
}

/// Whether there is anything to do.
pub(super) enum Ready {
    /// This.
    Yes(Box<Prepared>),
    /// Nothing, for this reason.
    No(String),
}

/// Chooses jobs and reads settings. Nothing is made yet.
///
/// # Errors
/// Flags that cannot be followed.
pub(super) fn prepare(made: Made, args: &RunArgs, world: &World<'_>) -> Result<Ready, CliError> {
    let root = made.session.project.root().to_owned();
    let Some(pipeline) = made.evaluated.pipeline() else {
        return Ok(Ready::No("there is no pipeline".to_owned()));
    };
    let cannot = |error| CliError::usage("the pipeline cannot be made").caused_by(&error);
    let line = Line::of(pipeline, made.evaluated.scene.clone()).map_err(cannot)?;
    let mut warnings = Vec::new();
    let settings =
        LocalSettings::of(&args.executor, &args.how, world.environment, &world.current, &mut warnings)?;
    for warning in warnings {
        super::made::warn(&warning);
    }
    let homes = Homes::of(world.environment)?;
    let (asked, candidates) = (asked(args), line.candidates());
    // A name is wrong whatever an earlier run left.
    asked.check(&candidates)?;
    let last = match asked.again {
        Again::No => None,
        _ => Some(last(&homes, &root)?),
    };
    if asked.again == Again::Failed && last.as_ref().is_some_and(|last| !leaves_work(last)) {
        return Ok(Ready::No("nothing failed in the last run, and all of it was reached".to_owned()));
    }
    let selection = select(&asked, &candidates, last.as_ref())?;
    if !selection.has_work() {
        return Ok(Ready::No("there is nothing to run".to_owned()));
    }
    Ok(Ready::Yes(Box::new(Prepared { line, selection, settings, homes, root, last })))
}

fn last(homes: &Homes, root: &std::path::Path) -> Result<RunRecord, CliError> {
    let last = Runs::of(homes, root).last(None).map(|past| past.record);
    last.ok_or_else(|| {
        CliError::usage("there is no earlier run of this project to go on from")
            .hint("`runner ci run` without --failed and --from makes one")
    })
}

/// Whether something failed, or was not reached.
fn leaves_work(last: &RunRecord) -> bool {
    let done = |status: Status| matches!(status, Status::Success | Status::Skipped | Status::Manual);
    last.jobs.iter().any(|job| !job.retried && !done(job.status))
}

fn asked(args: &RunArgs) -> Asked {
    Asked {
        jobs: args.jobs.clone(),
        manual: args.choice.manual.clone(),
        no_needs: args.choice.no_needs,
        again: again(args),
    }
}

/// How much of the last run counts.
pub(super) fn again(args: &RunArgs) -> Again {
    match &args.choice.from {
        Some(job) => Again::From(job.clone()),
        None if args.choice.failed => Again::Failed,
        None => Again::No,
    }
}
