//! `ci run`: the pipeline of the work tree, here.
//!
//! The crate `pipeline` decides what runs next, the crate `job` runs it; here is what lies between: the choice of jobs,
//! the loop that turns ends of jobs into starts of others, child pipelines, signals, and the status to exit with.

pub(crate) mod args;
mod drive;
mod dry_run;
mod list;
mod local;
mod made;
pub(crate) mod news;
mod once;
mod prepared;
mod select;
pub(crate) mod show;
mod signals;
mod watch;
mod work;

pub(crate) use args::RunArgs;
pub(super) use local::{ArtifactRecord, Homes, JobRecord, PastRun, Runs};
pub(crate) use signals::Hurry;

use super::World;
use crate::context::Context;
use crate::error::{CliError, exit_code};
use drive::{RunEnd, Stop};
use prepared::{Prepared, Ready};
use std::path::Path;
use std::process::ExitCode;
use tokio::sync::mpsc;
use watch::{Changes, Woken};

/// The status of who was stopped by Ctrl-C, as shells have it.
const INTERRUPTED: u8 = 130;

/// What is to run, or the status to exit with at once.
enum Begin {
    Run(Box<Prepared>),
    Exit(u8),
}

/// Runs the pipeline, or says what it would be.
pub(super) fn run(args: &RunArgs, world: &World<'_>, _context: &Context) -> Result<ExitCode, CliError> {
    check(args, world)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::internal("cannot start the runtime").caused_by(&error))?;
    let local = tokio::task::LocalSet::new();
    let code = local.block_on(&runtime, Box::pin(command(args, world)));
    drop(local);
    // All that jobs left was waited for.
    runtime.shutdown_background();
    code.map(ExitCode::from)
}

/// What cannot be followed, before anything is read.
fn check(args: &RunArgs, world: &World<'_>) -> Result<(), CliError> {
    let folder = args.output.junit.as_deref().map(|file| world.current.join(file));
    if let Some(folder) = folder.as_deref().and_then(Path::parent).filter(|folder| !folder.is_dir()) {
        return Err(CliError::usage(format!("--junit: there is no folder {}", folder.display())));
    }
    if args.place.revision.is_some() {
        return Err(CliError::usage("`ci run` runs the work tree, and no other revision")
            .hint("`git worktree add DIR REV` makes a work tree of it, and --repo names that"));
    }
    if args.how.concurrent == Some(0) {
        return Err(CliError::usage("-j wants one job at least")
            .hint("left out, it is as many jobs as there are processors"));
    }
    if args.choice.no_needs && args.jobs.is_empty() {
        return Err(
            CliError::usage("--no-needs is for named jobs").hint("name them: runner ci run --no-needs JOB")
        );
    }
    Ok(())
}

async fn command(args: &RunArgs, world: &World<'_>) -> Result<u8, CliError> {
    if args.choice.list {
        return Ok(match made::make(args, world)? {
            made::Outcome::Made(made) => {
                list::print(&made.evaluated, world);
                exit_code::SUCCESS
            }
            other => other.exit_code(),
        });
    }
    let (sender, mut stops) = mpsc::unbounded_channel();
    let listening = signals::listen(sender.clone());
    let hurry =
        listening.map_err(|error| CliError::internal("cannot listen to signals").caused_by(&error))?;
    if args.how.watch {
        return watched(args, world, &hurry, sender, stops).await;
    }
    match begin(args, world)? {
        Begin::Exit(code) => Ok(code),
        Begin::Run(prepared) if args.choice.dry_run => {
            dry_run::print(&prepared, world).await;
            Ok(exit_code::SUCCESS)
        }
        Begin::Run(prepared) => {
            let end = Box::pin(once::run(*prepared, args, world, &hurry, &mut stops)).await?;
            Ok(status(end))
        }
    }
}

fn begin(args: &RunArgs, world: &World<'_>) -> Result<Begin, CliError> {
    let made = match made::make(args, world)? {
        made::Outcome::Made(made) => *made,
        other => return Ok(Begin::Exit(other.exit_code())),
    };
    Ok(match prepared::prepare(made, args, world)? {
        Ready::Yes(prepared) => Begin::Run(prepared),
        Ready::No(reason) => {
            made::say(&reason);
            Begin::Exit(exit_code::SUCCESS)
        }
    })
}

/// The status to exit with.
fn status(end: RunEnd) -> u8 {
    match end.stopped {
        Some(Stop::Gracefully | Stop::AtOnce(_)) => INTERRUPTED,
        Some(Stop::Redundant) | None if end.failed => exit_code::FAILURE,
        Some(Stop::Redundant) | None => exit_code::SUCCESS,
    }
}

/// Runs again and again, until somebody stops it.
async fn watched(
    args: &RunArgs,
    world: &World<'_>,
    hurry: &signals::Hurry,
    sender: mpsc::UnboundedSender<Stop>,
    mut stops: mpsc::UnboundedReceiver<Stop>,
) -> Result<u8, CliError> {
    let mut changes: Option<Changes> = None;
    loop {
        let begun = begin(args, world);
        let mut again = false;
        match begun {
            Err(error) if changes.is_none() => return Err(error),
            // It may be mended by the next change.
            Err(error) => made::say(error.render().trim_end()),
            Ok(Begin::Exit(code)) if changes.is_none() && code != exit_code::SUCCESS => return Ok(code),
            Ok(Begin::Exit(_)) => {}
            Ok(Begin::Run(prepared)) => {
                let watching = match &mut changes {
                    Some(changes) => changes,
                    none => none.insert(Changes::of(&prepared.root)?),
                };
                let running = once::run(*prepared, args, world, hurry, &mut stops);
                let (end, changed) = Box::pin(beside(running, watching, &sender)).await?;
                if matches!(end.stopped, Some(Stop::Gracefully | Stop::AtOnce(_))) {
                    return Ok(INTERRUPTED);
                }
                again = changed;
            }
        }
        if again {
            continue;
        }
        let Some(changes) = &mut changes else { return Ok(exit_code::SUCCESS) };
        made::say("waiting for changes; Ctrl-C ends");
        if let Woken::Stopped = watch::idle(changes, &mut stops).await? {
            return Ok(INTERRUPTED);
        }
    }
}

/// Runs to the end; a change meanwhile makes the run redundant. Says whether there was one.
async fn beside(
    running: impl Future<Output = Result<RunEnd, CliError>>,
    changes: &mut Changes,
    sender: &mpsc::UnboundedSender<Stop>,
) -> Result<(RunEnd, bool), CliError> {
    let mut changed = false;
    let mut running = std::pin::pin!(running);
    loop {
        tokio::select! {
            end = &mut running => return Ok((end?, changed)),
            seen = changes.next(), if !changed => {
                seen?;
                changed = true;
                // The receiver lives as long as this.
                let _ = sender.send(Stop::Redundant);
            }
        }
    }
}
