//! The command line: gitlab-runner's commands, flags and environment variables.
//!
//! Arguments are first brought into one shape ([`go_flags`]), since gitlab-runner takes flags as Go programs
//! do, and variables of the environment become flags ([`variables`]). Parsing is then a function of arguments
//! and environment alone.

mod args;
mod go_flags;
mod missing;
mod runner_flags;
mod variables;

pub(crate) use args::{
    Cli, Command, HealthCheckArgs, LintArgs, ListArgs, RecordArgs, RegisterArgs, ReplayArgs, ReplayExecutor,
    ResetTokenArgs, RunArgs, RunSingleArgs, UnregisterArgs, VerifyArgs,
};
pub(crate) use runner_flags::RunnerFlags;

use crate::config::{LogFormat, LogLevel};
use crate::environment::Environment;
use crate::error::{CliError, exit_code};
use crate::{logging, version};
use clap::{CommandFactory as _, FromArgMatches as _};
use std::ffi::OsString;

/// A command line that makes sense.
#[derive(Debug)]
pub(crate) struct Invocation {
    /// What it says about the log.
    pub(crate) logging: logging::Settings,
    /// What to do.
    pub(crate) command: Command,
    /// What was understood, but looks like a mistake.
    pub(crate) warnings: Vec<String>,
}

/// What comes of a command line.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Something to do.
    Run(Box<Invocation>),
    /// A text for stdout, and nothing to do.
    Show(String),
}

/// Reads the command line, the program's name included.
pub(crate) fn parse(args: Vec<OsString>, environment: &Environment) -> Result<Parsed, CliError> {
    let of_ci = go_flags::first_word(&args).is_some_and(|word| word == "ci");
    let parsed = read(args, environment);
    if of_ci { parsed.map_err(|error| error.exits_with(exit_code::TROUBLE)) } else { parsed }
}

fn read(args: Vec<OsString>, environment: &Environment) -> Result<Parsed, CliError> {
    if let Some(parsed) = at_once(&args) {
        return Ok(parsed);
    }
    let mut clap = command();
    let go_flags::Normal { args, warnings } = go_flags::normalise(args, &clap, environment)?;
    let matches = match clap.try_get_matches_from_mut(args) {
        Ok(matches) => matches,
        Err(error) => return shown_or_wrong(&error),
    };
    let cli = Cli::from_arg_matches(&matches).map_err(|error| usage(&error))?;
    if cli.show_version {
        return Ok(Parsed::Show(version::text()));
    }
    let logging = logging_settings(&cli)?;
    let mut warnings = warnings;
    if cli.cpuprofile.is_some() {
        warnings.push("--cpuprofile has no effect".to_owned());
    }
    match cli.command {
        Some(command) => Ok(Parsed::Run(Box::new(Invocation { logging, command, warnings }))),
        None => Ok(Parsed::Show(clap.render_help().to_string())),
    }
}

/// What has to be quick, read without the tables of all commands: the version, and the processes of a job,
/// of its containers and of its stages, whose start every job waits for.
fn at_once(args: &[OsString]) -> Option<Parsed> {
    // The log is as the job's order says, or nobody's.
    let quiet = |command| {
        Parsed::Run(Box::new(Invocation {
            logging: logging::Settings::default(),
            command,
            warnings: Vec::new(),
        }))
    };
    match args {
        [_, flag] if ["-v", "-version", "--version"].iter().any(|known| flag == known) => {
            Some(Parsed::Show(version::text()))
        }
        [_, name, folder]
            if name == crate::jobproc::COMMAND && !folder.as_encoded_bytes().starts_with(b"-") =>
        {
            Some(quiet(Command::JobProcess(args::JobProcessArgs { folder: folder.into() })))
        }
        [_, name] if name == crate::jobproc::AGENT => Some(quiet(Command::Agent)),
        [_, name] if name == job::stage::WORKER => Some(quiet(Command::Stage)),
        _ => None,
    }
}

/// The whole of what the command line may hold.
pub(crate) fn command() -> clap::Command {
    variables::mentioned(go_flags::with_go_booleans(Cli::command()))
}

fn shown_or_wrong(error: &clap::Error) -> Result<Parsed, CliError> {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    match error.kind() {
        DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand => {
            Ok(Parsed::Show(error.render().to_string()))
        }
        _ => Err(usage(error)),
    }
}

/// Clap's words in the shape of all other errors.
fn usage(error: &clap::Error) -> CliError {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let (message, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut result = CliError::usage(message.trim_end());
    for line in rest.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let hint = line.strip_prefix("tip: ").unwrap_or(line);
        result = result.hint(hint.to_owned());
    }
    result
}

fn logging_settings(cli: &Cli) -> Result<logging::Settings, CliError> {
    let wrong = |what: &str, text: &str, known: &str| {
        CliError::usage(format!("`{text}` is no log {what}")).hint(format!("use one of {known}"))
    };
    let level = match &cli.log_level {
        Some(text) => {
            let levels = "panic, fatal, error, warning, info, debug, trace";
            Some(text.parse::<LogLevel>().map_err(|()| wrong("level", text, levels))?)
        }
        None => None,
    };
    let format = match &cli.log_format {
        Some(text) => {
            Some(text.parse::<LogFormat>().map_err(|()| wrong("format", text, "runner, text, json"))?)
        }
        None => None,
    };
    let level = match &cli.command {
        // It shows what goes on by itself.
        Some(Command::Demo(_)) => level.or(Some(LogLevel::Error)),
        _ => level,
    };
    Ok(logging::Settings { level: if cli.debug { Some(LogLevel::Debug) } else { level }, format })
}

#[cfg(test)]
mod tests;
