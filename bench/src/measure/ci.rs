//! Evaluating `.gitlab-ci.yml`: the whole program, the library alone, and files that mean harm.

mod files;
mod hostile;

use crate::Result;
use crate::context::Context;
use crate::program::in_path;
use crate::row::{Figure, Row, Target, Unit};
use crate::samples::{Samples, by_turns};
use crate::timing::{bare, program};
use ci_yaml::pipeline::Outcome;
use ci_yaml::{Context as Event, MemorySources, check, evaluate, include, yaml};
use files::Repository;
pub(super) use hostile::files as hostile;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Most milliseconds for the plan of a file of 100 lines, as a whole process.
const SMALL: f64 = 15.0;
/// Most milliseconds for 1,000 jobs in 10 included files, without the process.
const LARGE: f64 = 20.0;
/// How many times faster than gitlab-ci-local at least.
const FASTER: f64 = 50.0;

fn ms(samples: &Samples) -> Figure {
    Figure::ms(samples.median())
}

/// The plan of a small and of a large configuration, against gitlab-ci-local's list of jobs.
pub(super) fn plan(context: &Context) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (repository, target) in [(Repository::small()?, Some(SMALL)), (Repository::large()?, None)] {
        let home = repository.path();
        let mut ours = bare(&context.runner.to_string_lossy(), home);
        ours.args(["ci", "plan", "--repo"]).arg(home);
        let [times] = by_turns(context.amount(30, 8), [&mut || program(&mut ours)])?;
        let mut row = Row::plain(format!("ci plan: {}", repository.about), ms(&times)).note(times.spread());
        if let Some(target) = target {
            row = row.target(Target::AtMost(target), "");
        }
        rows.push(row);
        rows.extend(peer(context, &repository, &mut ours)?);
    }
    Ok(rows)
}

/// The same list from gitlab-ci-local, where that is installed, by turns with ours.
fn peer(context: &Context, repository: &Repository, ours: &mut Command) -> Result<Option<Row>> {
    let Some(executable) = in_path("gitlab-ci-local") else { return Ok(None) };
    let mut theirs = bare(&executable.to_string_lossy(), repository.path());
    theirs.arg("--list").current_dir(repository.path());
    let rounds = context.amount(5, 2);
    let [their_times, our_times] = by_turns(rounds, [&mut || program(&mut theirs), &mut || program(ours)])?;
    let row = Row::ratio("  the same with gitlab-ci-local --list", ms(&their_times), "ours", ms(&our_times));
    Ok(Some(row.target(Target::AtLeast(FASTER), "").note(their_times.spread())))
}

/// Parsing, expanding, validating and planning of the large configuration in memory.
pub(super) fn library(context: &Context) -> Result<Vec<Row>> {
    let repository = Repository::large()?;
    let event = Event::push("main");
    let sources = in_memory(&event, repository.path())?;
    let mut evaluation = || {
        let begin = Instant::now();
        let checked = check(&event, include::Main::Path, &sources, &yaml::Limits::default());
        let config = checked.valid_config().ok_or("the large configuration is not valid")?;
        let evaluation = evaluate::evaluate(config, &event, &sources);
        // What is thrown away afterwards does not keep anybody waiting: a process just ends.
        let time = begin.elapsed();
        match evaluation.outcome {
            Outcome::Created(pipeline) if pipeline.jobs.len() == files::JOBS => Ok(time),
            other => Err(format!("the large configuration gives {other:?}").into()),
        }
    };
    let [times] = by_turns(context.amount(50, 10), [&mut evaluation])?;
    let what = format!("ci-yaml alone: {} jobs, 10 includes", files::JOBS);
    Ok(vec![Row::plain(what, ms(&times)).target(Target::AtMost(LARGE), "").note(times.spread())])
}

fn in_memory(event: &Event, folder: &Path) -> Result<MemorySources> {
    let mut sources = MemorySources::default();
    for (path, _) in crate::tree::written(folder) {
        let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
        if !name.starts_with(".git/") {
            sources.add_file(&event.tree, &name, &std::fs::read_to_string(&path)?);
        }
    }
    Ok(sources)
}

/// A figure of memory in MiB.
fn mib(kib: u64) -> Figure {
    Figure::of(kib as f64 / 1024.0, Unit::MiB)
}
