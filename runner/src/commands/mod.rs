//! What commands do, but for running jobs.

mod coordinator;
pub(crate) mod coordinator_server;
pub(crate) mod demo;
mod health_check;
mod lint;
mod list;
mod notices;
mod register;
mod reset_token;
mod run;
mod selection;
#[cfg(test)]
mod testing;
mod unregister;
mod verify;

use crate::cli::{Command, Invocation};
use crate::config::Draft;
use crate::context::Context;
use crate::environment::Environment;
use crate::error::{CliError, exit_code};
use crate::{ci, cli, jobproc, logging};
use std::io::Write as _;
use std::process::ExitCode;

/// Runs the program: the command line in, an exit status out.
pub(crate) fn main(args: Vec<std::ffi::OsString>, environment: Environment) -> ExitCode {
    let invocation = match cli::parse(args, &environment) {
        Ok(cli::Parsed::Run(invocation)) => invocation,
        Ok(cli::Parsed::Show(text)) => return show(&text),
        Err(error) => return report(&error, None),
    };
    if matches!(invocation.command, Command::Agent) {
        return jobproc::agent();
    }
    let log = logging::start(invocation.logging);
    let context = Context { environment, log };
    for warning in &invocation.warnings {
        tracing::warn!("{warning}");
    }
    match run(*invocation, &context) {
        Ok(code) => code,
        Err(error) => report(&error, Some(&context.log)),
    }
}

fn run(invocation: Invocation, context: &Context) -> Result<ExitCode, CliError> {
    match invocation.command {
        Command::JobProcess(args) => jobproc::run(&args.folder, context),
        Command::Agent => Ok(jobproc::agent()),
        Command::Stage => jobproc::stage(context),
        Command::Replay(args) => jobproc::replay(&args, context),
        Command::Lint(args) => lint::run(&args, context),
        Command::Ci(args) => ci::run(&args, context),
        Command::HealthCheck(args) => health_check::run(&args, context),
        Command::Coordinator(args) => coordinator_server::run(&args, context),
        Command::Demo(args) => demo::run(&args, context),
        Command::Completions(args) => show_completions(args.shell),
        Command::Run(args) => {
            notices::platform();
            run::run(&args, context)
        }
        Command::RunSingle(args) => {
            notices::platform();
            run::run_single(&args, context)
        }
        Command::List(args) => {
            notices::platform();
            list::run(&args, context);
            Ok(ExitCode::from(exit_code::SUCCESS))
        }
        Command::Register(args) => wait(register::run(&args, context)),
        Command::Unregister(args) => wait(unregister::run(&args, context)),
        Command::Verify(args) => wait(verify::run(&args, context)),
        Command::ResetToken(args) => wait(reset_token::run(&args, context)),
    }
}

/// Runs a command that talks to a coordinator.
fn wait(command: impl Future<Output = Result<(), CliError>>) -> Result<ExitCode, CliError> {
    notices::platform();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::internal("cannot start the runtime").caused_by(&error))?;
    let result = runtime.block_on(command);
    // A prompt may still be waiting for its answer.
    runtime.shutdown_background();
    result.map(|()| ExitCode::from(exit_code::SUCCESS))
}

/// Writes to stdout. A reader that went away is no failure.
fn show(text: &str) -> ExitCode {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    ExitCode::from(exit_code::SUCCESS)
}

fn show_completions(shell: clap_complete::Shell) -> Result<ExitCode, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::command(), crate::version::NAME, &mut script);
    let text =
        String::from_utf8(script).map_err(|error| CliError::internal("no script").caused_by(&error))?;
    Ok(show(&text))
}

/// Says why the program ends: for people, or as a line of a log that programs read.
fn report(error: &CliError, log: Option<&logging::Handle>) -> ExitCode {
    match log.map(logging::Handle::format) {
        Some(crate::config::LogFormat::Text | crate::config::LogFormat::Json) => {
            logging::fatal!("{}", error.one_line());
        }
        _ => {
            let _ = std::io::stderr().lock().write_all(error.render().as_bytes());
        }
    }
    error.exit_code()
}

/// Fails if docker settings that were given cannot be used, and names them all.
fn refuse_docker_faults(draft: &Draft) -> Result<(), CliError> {
    let faults: Vec<String> =
        draft.docker_faults().iter().map(|fault| format!("{} ({})", fault.message, fault.label)).collect();
    if faults.is_empty() { Ok(()) } else { Err(CliError::usage(faults.join("; "))) }
}

#[cfg(test)]
mod tests;
