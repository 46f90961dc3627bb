//! The command line.

use crate::context::{Context, cores};
use crate::measure::{self, Measure};
use crate::skipped::Skipped;
use crate::table::Report;
use crate::{Result, docker, procfs, program, table};
use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;

/// Measures the finished program, as ratios taken in one run.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    /// What to measure; everything if nothing is named.
    names: Vec<String>,
    /// Name all measurements and end.
    #[arg(long)]
    list: bool,
    /// Fewer rounds and less data.
    #[arg(long)]
    quick: bool,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// End with status 1 if a target is missed.
    #[arg(long)]
    strict: bool,
    /// Run everything that is measured, references too, before all other work of the machine (needs the right to,
    /// and the program `chrt`). For machines that are busy. Does not hold for Docker engines, which work for others too.
    #[arg(long, conflicts_with = "own_engine")]
    real_time: bool,
    /// Run jobs in a Docker engine that is started for them and that nobody else uses (as root).
    #[arg(long)]
    own_engine: bool,
    /// Show what each job of `docker-requests` asks of engine and coordinator, and when.
    #[arg(long)]
    timeline: bool,
    /// Measure this executable; otherwise the release build, which is brought up to date first.
    #[arg(long, value_name = "FILE")]
    runner: Option<PathBuf>,
    /// A gitlab-runner to compare with; otherwise the one in PATH, if there is one.
    #[arg(long, value_name = "FILE")]
    peer: Option<PathBuf>,
    /// Compare with no gitlab-runner.
    #[arg(long, conflicts_with = "peer")]
    no_peer: bool,
}

/// Does what the command line says. Status 0, or 1 where a measurement failed, or a target was missed and
/// `--strict` given.
pub(crate) fn run() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.list {
        for measure in measure::ALL {
            println!("{:<19} {}", measure.name, measure.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = choose(&arguments.names)?;
    if cfg!(debug_assertions) {
        eprintln!(
            "warning: built without optimisation, what runs inside this program is slow; use --release"
        );
    }
    let runner = match &arguments.runner {
        Some(path) => path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?,
        None => program::built()?,
    };
    let peer = match (&arguments.peer, arguments.no_peer) {
        (Some(path), _) => Some(path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?),
        (None, false) => program::in_path("gitlab-runner"),
        (None, true) => None,
    };
    let is_busy = procfs::load().filter(|load| *load > 0.5 * cores() as f64);
    if arguments.real_time {
        program::go_first()?;
    } else if let Some(load) = is_busy {
        eprintln!(
            "warning: the machine is busy (load {load}), and differences of short times will be too large;"
        );
        eprintln!("         --real-time lets what is measured go before everything else");
    }
    let Arguments { quick, real_time, timeline, .. } = arguments;
    let own_engine = if arguments.own_engine { Some(docker::start_own()?) } else { None };
    let engine = own_engine.as_ref().map(|own| own.engine().clone());
    let context = Context { runner, peer, quick, real_time, timeline, engine };
    report(&context, &chosen, &arguments)
}

fn choose(names: &[String]) -> Result<Vec<&'static Measure>> {
    if names.is_empty() {
        return Ok(measure::ALL.iter().collect());
    }
    let find = |name: &String| {
        let known = measure::ALL.iter().find(|measure| measure.name == name);
        known.ok_or_else(|| format!("no measurement is called `{name}`; --list names all").into())
    };
    names.iter().map(find).collect()
}

fn report(context: &Context, chosen: &[&'static Measure], arguments: &Arguments) -> Result<ExitCode> {
    let mut report = Report::default();
    for measure in chosen {
        eprintln!("measuring {} …", measure.name);
        match measure.run(context) {
            Ok(found) => report.rows.extend(found),
            Err(error) if error.is::<Skipped>() => report.skipped.push((measure.name, error.to_string())),
            Err(error) => report.failures.push((measure.name, error.to_string())),
        }
    }
    if arguments.json {
        println!("{}", table::json(context, &report));
    } else {
        print!("{}", table::text(context, &report));
    }
    let missed = report.rows.iter().any(|row| row.passes() == Some(false));
    let bad = !report.failures.is_empty() || (arguments.strict && missed);
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
