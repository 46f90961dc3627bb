//! `runner ci`: what a `.gitlab-ci.yml` means, without a GitLab.
//!
//! The crate `ci-yaml` decides; here are the files, the repository, the flags, and how it is shown.

pub(crate) mod args;
mod artifacts;
mod context;
mod diff;
mod elsewhere;
mod examples;
mod expand;
mod graph;
mod lint;
mod log;
mod past;
mod plan;
mod reading;
mod report;
mod run;
mod sarif;
mod session;
mod sources;
mod table;
#[cfg(test)]
mod tests;
mod values;
mod variables;
mod why;

pub(crate) use run::{Hurry, news, show};

use crate::context::Context;
use crate::environment::Environment;
use crate::error::{CliError, exit_code, harmless};
use crate::terminal::Style;
use args::{CiArgs, CiCommand, PlaceArgs};
use ci_yaml::{Checked, Diagnostic, FileIssue, SourceMap, Sources as _};
use context::Scene;
use serde_json::{Value, json};
use session::Session;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// What every command is given besides its flags.
struct World<'a> {
    environment: &'a Environment,
    /// The folder that paths are relative to.
    current: PathBuf,
    /// How stdout looks.
    style: Style,
    /// How stderr looks.
    complaints: Style,
}

impl<'a> World<'a> {
    fn of(context: &'a Context) -> Result<Self, CliError> {
        let current = std::env::current_dir()
            .map_err(|error| CliError::operation("the current folder is not there").caused_by(&error))?;
        Ok(Self {
            environment: &context.environment,
            current,
            style: Style::of_stdout(&context.environment),
            complaints: Style::plain(80),
        })
    }
}

/// What a command has to say.
struct Done {
    /// For stdout.
    out: String,
    /// Whether the configuration is refused: the status says so.
    refused: bool,
    /// For stderr.
    warnings: Vec<String>,
}

/// Runs a `ci` command.
pub(crate) fn run(args: &CiArgs, context: &Context) -> Result<ExitCode, CliError> {
    if let CiCommand::Run(args) = &args.command {
        let world = World::of(context)?;
        return run::run(args, &world, context).map_err(|error| error.exits_with(exit_code::TROUBLE));
    }
    if let CiCommand::Log(args) = &args.command {
        let printed = World::of(context).and_then(|world| log::run(args, &world));
        return printed
            .map(|()| ExitCode::from(exit_code::SUCCESS))
            .map_err(|error| error.exits_with(exit_code::TROUBLE));
    }
    let result = dispatch(args, context).map_err(|error| error.exits_with(exit_code::TROUBLE))?;
    for warning in &result.warnings {
        let warning = harmless(warning.trim_end());
        let lead = if warning.contains('\n') { "" } else { "warning: " };
        let _ = writeln!(std::io::stderr().lock(), "{lead}{warning}");
    }
    let mut stdout = std::io::stdout().lock();
    // A reader that went away is no failure.
    let _ = stdout.write_all(result.out.as_bytes()).and_then(|()| stdout.flush());
    Ok(ExitCode::from(if result.refused { exit_code::FAILURE } else { exit_code::SUCCESS }))
}

fn dispatch(args: &CiArgs, context: &Context) -> Result<Done, CliError> {
    let world = World::of(context)?;
    match &args.command {
        CiCommand::Lint(args) => lint::run(args, &world),
        CiCommand::Plan(args) => plan::run(args, &world),
        CiCommand::Why(args) => why::run(args, &world),
        CiCommand::Expand(args) => expand::run(args, &world),
        CiCommand::Graph(args) => graph::run(args, &world),
        CiCommand::Variables(args) => variables::run(args, &world),
        CiCommand::Artifacts(args) => artifacts::run(args, &world),
        // They show what there is while they work.
        CiCommand::Run(_) | CiCommand::Log(_) => {
            Err(CliError::internal("this command has nothing to say at its end"))
        }
    }
}

/// The one context of a command that looks at one.
fn single(scenes: Vec<Scene>, command: &str) -> Result<Scene, CliError> {
    let mut scenes = scenes.into_iter();
    match (scenes.next(), scenes.next()) {
        (Some(scene), None) => Ok(scene),
        _ => Err(CliError::usage(format!("`ci {command}` looks at one event at a time"))),
    }
}

/// People who are in the wrong folder should not be told of a wrong configuration.
fn main_must_exist(checked: &Checked, session: &Session, place: &PlaceArgs) -> Result<(), CliError> {
    if checked.is_valid() || checked.files.iter().next().is_some_and(|(_, file)| !file.text.is_empty()) {
        return Ok(());
    }
    let found = session.sources.file(&session.project.tree(), place.file.trim_start_matches('/'));
    if !matches!(found, Err(ci_yaml::SourceError::File(FileIssue::Missing))) {
        return Ok(());
    }
    let root = session.project.root().display();
    Err(CliError::usage(format!("there is no {} in {root}", place.file))
        .hint("--repo names another folder, --file another file"))
}

/// A job that is not there, and the name that was probably meant.
fn no_such_job(name: &str, known: &[&str]) -> CliError {
    let error = CliError::usage(format!("the configuration has no job `{name}`"));
    let near = crate::config::nearest(name, known.iter().copied());
    let begins =
        || known.iter().find(|known| known.starts_with(name)).map(|known| format!("did you mean `{known}`?"));
    match near.or_else(begins) {
        Some(near) => error.hint(near),
        None => error.hint("`runner ci plan --lint` lists all jobs that there could be"),
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// A diagnostic for programs.
fn diagnostic_json(diagnostic: &Diagnostic, files: &SourceMap) -> Value {
    let place = |span: ci_yaml::Span| {
        json!({
            "file": files.get(span.file).map(|file| file.name.as_str()),
            "line": span.start.line,
            "column": span.start.column,
            "end_line": span.end.line,
            "end_column": span.end.column,
        })
    };
    let mut object =
        diagnostic.span.map_or_else(|| json!({"file": null, "line": null, "column": null}), place);
    object["severity"] = json!(diagnostic.severity);
    object["kind"] = json!(diagnostic.kind);
    object["rule"] = diagnostic.rule.into();
    object["message"] = diagnostic.message.as_str().into();
    object["from_gitlab"] = diagnostic.from_gitlab.into();
    object["later"] = diagnostic.later.into();
    object["note"] = json!(diagnostic.note);
    object["help"] = json!(diagnostic.help);
    let label = |label: &ci_yaml::Label| {
        let mut object = place(label.span);
        object["text"] = label.text.as_str().into();
        object
    };
    object["labels"] = diagnostic.labels.iter().map(label).collect();
    object
}
