//! `replay`: runs one recorded job here, without a coordinator.

mod material;
mod plan;
mod render;
mod repository;

use super::executors::AnyExecutor;
use super::process::runtime;
use super::signals::Signals;
use crate::cli::ReplayArgs;
use crate::context::Context;
use crate::environment::Environment;
use crate::error::{CliError, exit_code};
use executor_shell::{CgroupChoice, Cgroups, Shell, ShellExecutor, Trail};
use job::{Control, StageError, Transfer, Verdict};
use plan::Plan;
use render::Renderer;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use trace::Spool;

/// How much of the log is written at once.
const PIECE: usize = 64 * 1024;

/// Runs the job: the log goes to standard output, artifacts to a folder. The status says how it ended.
///
/// # Errors
/// When there is no job to run.
pub(crate) fn replay(args: &ReplayArgs, context: &Context) -> Result<ExitCode, CliError> {
    let mut material = material::read(&args.payload, args.record_key.as_deref())?;
    if let Some(repository) = &args.repo {
        repository::replace(&mut material.payload, repository)?;
    }
    let own =
        tempfile::tempdir().map_err(|error| CliError::operation("cannot make a folder").caused_by(&error))?;
    let plan = plan::plan(material, args, own.path())?;
    if let Some(complaint) = super::unsupported::unsupported(&plan.order) {
        return Err(CliError::usage(format!("{} cannot be run", args.payload.display())).because(complaint));
    }
    context.log.hide(plan.order.payload.token.expose());
    let runtime =
        runtime().map_err(|error| CliError::internal("cannot start the runtime").caused_by(&error))?;
    let verdict = runtime.block_on(run(plan, args, &context.environment))?;
    runtime.shutdown_background();
    Ok(ExitCode::from(if verdict.is_success() { exit_code::SUCCESS } else { exit_code::FAILURE }))
}

async fn run(plan: Plan, args: &ReplayArgs, environment: &Environment) -> Result<Verdict, CliError> {
    let failed = |what: &'static str| move |error: io::Error| CliError::operation(what).caused_by(&error);
    let control = Control::new();
    let signals = Signals::listen().map_err(failed("cannot listen to signals"))?;
    let aborting = tokio::spawn(signals.abort(control.clone()));
    let file = tempfile::tempfile().map_err(failed("cannot keep the job's log"))?;
    let spool = Spool::new(file, plan.order.settings.output_limit);
    let trail = super::trail(plan.order.payload.id, &Cgroups::detect(CgroupChoice::Auto));
    let executor = executor(&plan, trail, environment)
        .map_err(|error| CliError::usage("the job cannot be run").caused_by(&error))?;
    let transfer =
        Transfer::Folder(std::path::absolute(&args.artifacts).unwrap_or_else(|_| args.artifacts.clone()));
    let job = Box::pin(job::run(&plan.order, executor, spool.clone(), &transfer, &control));
    let ((verdict, remains), ()) = tokio::join!(job, show(&spool));
    remains.clear().await;
    aborting.abort();
    Ok(verdict)
}

fn executor(plan: &Plan, trail: Trail, environment: &Environment) -> Result<AnyExecutor, StageError> {
    if let Some(docker) = &plan.docker {
        return super::docker::executor(docker, &plan.order, &trail, environment).map(AnyExecutor::docker);
    }
    let settings = executor_shell::Settings {
        shell: Shell::named(&plan.order.settings.shell),
        login: plan.shell.login,
        graceful_kill: plan.shell.graceful_kill,
        force_kill: plan.shell.force_kill,
        environment: std::env::vars_os().collect(),
        ..executor_shell::Settings::new(trail)
    };
    Ok(AnyExecutor::shell(ShellExecutor::new(settings), None))
}

/// Copies the log to standard output while it grows, until it is finished.
async fn show(spool: &Spool) {
    let mut renderer = Renderer::new(std::io::stdout().is_terminal());
    let (mut watch, mut offset) = (spool.watch(), 0);
    loop {
        let finished = watch.now().finished;
        while let Ok(bytes) = spool.read_at(offset, PIECE)
            && !bytes.is_empty()
        {
            offset += bytes.len() as u64;
            write(&renderer.render(&bytes));
        }
        if finished {
            return write(&renderer.rest());
        }
        watch.changed().await;
    }
}

/// A reader that went away does not end the job.
fn write(bytes: &[u8]) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
}
