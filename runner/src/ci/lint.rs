//! `ci lint`: everything that is wrong with configurations, and what is accepted and probably not meant.

use super::args::{LintArgs, LintFormat, PlaceArgs};
use super::context::Scene;
use super::session::{Flags, Session};
use super::{Done, World, elsewhere, reading, report, sarif};
use crate::error::CliError;
use crate::terminal::{Paint, Style, clean};
use ci_yaml::include::Main;
use ci_yaml::{Checked, Diagnostic, SourceMap};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The most that is read of stdin.
const STDIN: u64 = super::sources::FILE_LIMIT + 1;

/// What was found in one file.
struct Finding {
    name: String,
    checked: Checked,
    diagnostics: Vec<Diagnostic>,
}

impl Finding {
    fn is_valid(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

pub(super) fn run(args: &LintArgs, world: &World<'_>) -> Result<Done, CliError> {
    let mut findings = Vec::new();
    let mut warnings = Vec::new();
    if args.files.is_empty() {
        findings.push(one(&args.place, None, args, world, &mut warnings)?);
    }
    for file in &args.files {
        let (place, main) = located(file, &args.place, world)?;
        findings.push(one(&place, main, args, world, &mut warnings)?);
    }
    let refused = findings.iter().any(|finding| !finding.is_valid());
    let format = if args.json { LintFormat::Json } else { args.format };
    let out = match format {
        LintFormat::Text => text(&findings, args.quiet, world.style),
        LintFormat::Json => super::pretty(&json(&findings)),
        LintFormat::Sarif => {
            let all = findings.iter().flat_map(|finding| {
                finding.diagnostics.iter().map(|diagnostic| (diagnostic, &finding.checked.files))
            });
            super::pretty(&sarif::log(all))
        }
    };
    Ok(Done { out, refused, warnings })
}

/// The project of a file, and the file in it; its text where it belongs to no project, or comes from stdin.
fn located(file: &Path, place: &PlaceArgs, world: &World<'_>) -> Result<(PlaceArgs, Option<Main>), CliError> {
    if file == Path::new("-") {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().take(STDIN).read_to_end(&mut bytes);
        read.map_err(|error| CliError::operation("cannot read stdin").caused_by(&error))?;
        let text = String::from_utf8(bytes).map_err(|_| CliError::usage("stdin is not UTF-8"))?;
        return Ok((place.clone(), Some(Main::Text { name: "<stdin>".into(), text: text.into() })));
    }
    let unusable = |error: &dyn std::error::Error| {
        CliError::usage(format!("cannot read {}", file.display())).caused_by(error)
    };
    let real = world.current.join(file).canonicalize().map_err(|error| unusable(&error))?;
    if !real.is_file() {
        return Err(CliError::usage(format!("{} is not a file", file.display())));
    }
    let root = match &place.repo {
        Some(root) => world.current.join(root).canonicalize().map_err(|error| unusable(&error))?,
        None => home_of(&real),
    };
    let Some(path) = real.strip_prefix(&root).ok().and_then(Path::to_str) else {
        return Err(CliError::usage(format!("{} is not below {}", file.display(), root.display())));
    };
    Ok((PlaceArgs { repo: Some(root.clone()), file: path.to_owned(), ..place.clone() }, None))
}

/// The root of the repository that a file is in, else its folder.
fn home_of(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new("/"));
    gitread::Repository::discover(folder)
        .map_or_else(|| folder.to_owned(), |repository| repository.root().to_owned())
}

/// Checks one file for all events that were asked for.
fn one(
    place: &PlaceArgs,
    main: Option<Main>,
    args: &LintArgs,
    world: &World<'_>,
    warnings: &mut Vec<String>,
) -> Result<Finding, CliError> {
    let flags = Flags { place, sources: &args.sources, context: &args.context };
    let (mut session, scenes) = Session::open(flags, world.environment, &world.current)?;
    let main = main.unwrap_or(Main::Path);
    let name = match &main {
        Main::Path => place.file.clone(),
        Main::Text { name, .. } => name.clone(),
    };
    let mut found: Option<Finding> = None;
    for mut scene in scenes {
        let checked = session.check(&mut scene, &main)?;
        super::main_must_exist(&checked, &session, place)?;
        let diagnostics = all(&session, &checked, &scene);
        match &mut found {
            Some(finding) => add(finding, checked, diagnostics),
            None => found = Some(Finding { name: name.clone(), checked, diagnostics }),
        }
    }
    warnings.extend(session.sources.web.warnings());
    found.ok_or_else(|| CliError::internal("no event was checked"))
}

fn all(session: &Session, checked: &Checked, scene: &Scene) -> Vec<Diagnostic> {
    let ours = session.lint(checked, scene);
    checked.diagnostics.iter().cloned().chain(ours).collect()
}

/// Adds what another event finds. Its files may be others: what is told of these is kept apart by their texts.
fn add(finding: &mut Finding, checked: Checked, diagnostics: Vec<Diagnostic>) {
    let same = checked.files.iter().map(|(_, file)| &file.name).eq(finding
        .checked
        .files
        .iter()
        .map(|(_, file)| &file.name));
    for diagnostic in diagnostics {
        let known = finding
            .diagnostics
            .iter()
            .any(|known| known.message == diagnostic.message && (!same || known.span == diagnostic.span));
        if known {
            continue;
        }
        let diagnostic =
            if same { diagnostic } else { moved(diagnostic, &checked.files, &mut finding.checked.files) };
        finding.diagnostics.push(diagnostic);
    }
}

/// The same with its places in the files of another map, to which they are added if they are not there.
fn moved(mut diagnostic: Diagnostic, from: &SourceMap, to: &mut SourceMap) -> Diagnostic {
    let mut place = |span: &mut ci_yaml::Span| {
        let Some(file) = from.get(span.file) else { return };
        let known = to.iter().find(|(_, known)| known.name == file.name && known.origin == file.origin);
        let id = known.map(|(id, _)| id);
        span.file = id.unwrap_or_else(|| to.add(file.clone()));
    };
    diagnostic.span.as_mut().map(&mut place);
    diagnostic.labels.iter_mut().for_each(|label| place(&mut label.span));
    diagnostic
}

fn text(findings: &[Finding], quiet: bool, style: Style) -> String {
    let mut out = String::new();
    for finding in findings {
        report::write(&mut out, &finding.diagnostics, &finding.checked.files, style);
        let (verdict, paint) = match finding.is_valid() {
            true => ("is valid", Paint::Good),
            false => ("is refused", Paint::Bad),
        };
        let counts = match finding.diagnostics.is_empty() {
            true => String::new(),
            false => format!(": {}", report::counts(&finding.diagnostics)),
        };
        let _ = writeln!(out, "{} {}{counts}.", clean(&finding.name), style.paint(paint, verdict));
        if !quiet {
            reading::write(&mut out, &finding.checked, style);
            let jobs = finding.checked.config.iter().flat_map(|config| config.jobs.values());
            elsewhere::write(&mut out, &elsewhere::used(jobs), style);
        }
        if findings.len() > 1 {
            out.push('\n');
        }
    }
    out
}

fn json(findings: &[Finding]) -> Value {
    let result = |finding: &Finding| {
        let (read, left_out) = reading::json(&finding.checked);
        let files = &finding.checked.files;
        let diagnostics: Vec<Value> =
            finding.diagnostics.iter().map(|diagnostic| super::diagnostic_json(diagnostic, files)).collect();
        let jobs = finding.checked.config.iter().flat_map(|config| config.jobs.values());
        let elsewhere: serde_json::Map<String, Value> = elsewhere::used(jobs)
            .into_iter()
            .map(|(keyword, names)| (keyword.to_owned(), json!(names)))
            .collect();
        json!({
            "file": finding.name,
            "valid": finding.is_valid(),
            "diagnostics": diagnostics,
            "read": read,
            "not_included": left_out,
            "not_acted_on": elsewhere,
        })
    };
    let valid = findings.iter().all(Finding::is_valid);
    json!({"valid": valid, "results": findings.iter().map(result).collect::<Vec<_>>()})
}
