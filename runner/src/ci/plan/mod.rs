//! `ci plan`: the pipeline that GitLab would make.

mod header;
pub(super) mod instances;
mod jobs;
mod left_out;
mod lines;
mod matrix;
mod words;

pub(super) use header::{title, write as write_header};
pub(super) use jobs::write as write_jobs;
pub(super) use words::{clauses, policy};

use super::args::{PlanArgs, ValueArgs};
use super::session::{Evaluated, Flags, Session};
use super::{Done, World, diff, elsewhere, report, values};
use crate::error::CliError;
use crate::terminal::{Paint, Style, wrap};
use ci_yaml::config::Job;
use ci_yaml::plan::Plan;
use ci_yaml::{Diagnostic, SourceMap};
use indexmap::IndexMap;
use serde::Serialize;
use std::fmt::Write as _;

pub(super) fn run(args: &PlanArgs, world: &World<'_>) -> Result<Done, CliError> {
    let flags = Flags { place: &args.place, sources: &args.sources, context: &args.context };
    let (mut session, mut scenes) = Session::open(flags, world.environment, &world.current)?;
    let files = values::give(&ValueArgs::only(&args.variables_file), &session.project, world, &mut scenes)?;
    if let Some(revisions) = &args.diff {
        let scene = super::single(scenes, "plan --diff")?;
        return diff::run(args, revisions, session, scene, flags, world);
    }
    let mut plans = Vec::new();
    for scene in scenes {
        plans.push(match args.lint {
            true => session.validate(scene)?,
            false => session.evaluate(scene)?,
        });
    }
    if !args.json {
        for checked in plans.iter().filter_map(|plan| plan.checked.as_ref()) {
            super::main_must_exist(checked, &session, &args.place)?;
        }
    }
    let mut warnings = session.sources.web.warnings();
    warnings.extend(files.warnings);
    let refused = plans.iter().any(Evaluated::is_refused);
    let out = match plans.as_slice() {
        plans if args.json => json(plans, &session)?,
        [plan] => text(plan, &session, world.style, &mut warnings, world.complaints),
        plans => several(plans, world.style, &mut warnings, world.complaints),
    };
    Ok(Done { out, refused, warnings })
}

/// One of several plans.
#[derive(Serialize)]
struct Named<'a> {
    event: &'a str,
    plan: Plan<'a>,
}

/// The plan for programs; a list where there are several.
fn json(plans: &[Evaluated], session: &Session) -> Result<String, CliError> {
    let found: Vec<Vec<Diagnostic>> = plans.iter().map(|plan| found(plan, session)).collect();
    let nothing = SourceMap::default();
    let made = plans.iter().zip(&found).map(|(plan, found)| planned(plan, found, &nothing));
    let text = match plans {
        [_] => made.map(|plan| serde_json::to_string_pretty(&plan)).collect::<Result<String, _>>(),
        _ => {
            let labels = plans.iter().map(|plan| plan.scene.label.as_str());
            let list: Vec<Named<'_>> = labels.zip(made).map(|(event, plan)| Named { event, plan }).collect();
            serde_json::to_string_pretty(&IndexMap::from([("plans", list)]))
        }
    };
    text.map(|text| text + "\n").map_err(|error| CliError::internal("no JSON").caused_by(&error))
}

/// One plan as a value.
pub(super) fn value(plan: &Evaluated, session: &Session) -> serde_json::Value {
    serde_json::to_value(planned(plan, &found(plan, session), &SourceMap::default())).unwrap_or_default()
}

/// What was found before the pipeline was made; our own warnings only where nothing but that was asked for.
fn found(plan: &Evaluated, session: &Session) -> Vec<Diagnostic> {
    let Some(checked) = &plan.checked else { return Vec::new() };
    let ours = if plan.lint_only { session.lint(checked, &plan.scene) } else { Vec::new() };
    checked.diagnostics.iter().cloned().chain(ours).collect()
}

fn planned<'a>(plan: &'a Evaluated, found: &'a [Diagnostic], nothing: &'a SourceMap) -> Plan<'a> {
    let files = plan.checked.as_ref().map_or(nothing, |checked| &checked.files);
    match plan.lint_only {
        true => {
            let config = plan.checked.as_ref().and_then(|checked| checked.config.as_ref());
            Plan::of_lint(config, found, files)
        }
        false => Plan::of_evaluation(&plan.evaluation, found, files),
    }
}

/// The plan for people.
fn text(
    plan: &Evaluated,
    session: &Session,
    style: Style,
    warnings: &mut Vec<String>,
    complaints: Style,
) -> String {
    let mut out = String::new();
    if plan.is_refused() {
        tell(plan, &mut out, style, Diagnostic::is_error);
        header::write(&mut out, plan, style);
        return out;
    }
    header::write(&mut out, plan, style);
    if plan.lint_only {
        let Some(config) = plan.checked.as_ref().and_then(|checked| checked.valid_config()) else {
            return out;
        };
        out.push('\n');
        jobs::write_configured(&mut out, config, style);
        not_acted_on(&mut out, config.jobs.values(), style);
    } else if let Some(pipeline) = plan.pipeline() {
        out.push('\n');
        jobs::write(&mut out, pipeline, style);
        left_out::write(&mut out, plan, session, style);
        not_acted_on(&mut out, pipeline.jobs.iter().map(|job| &*job.config), style);
    } else {
        for line in wrap(&super::why::workflow_in_short(plan, session), style.columns()) {
            let _ = writeln!(out, "{}", style.paint(Paint::Dim, line));
        }
        left_out::write(&mut out, plan, session, style);
    }
    let mut more = String::new();
    tell(plan, &mut more, complaints, |diagnostic| !diagnostic.is_error());
    if !more.is_empty() {
        warnings.push(more);
    }
    out
}

fn not_acted_on<'a>(out: &mut String, jobs: impl Iterator<Item = &'a Job>, style: Style) {
    let used = elsewhere::used(jobs);
    if !used.is_empty() {
        out.push('\n');
    }
    elsewhere::write(out, &used, style);
}

/// The plans of several events for people.
fn several(plans: &[Evaluated], style: Style, warnings: &mut Vec<String>, complaints: Style) -> String {
    let mut out = String::new();
    matrix::write(&mut out, plans, style);
    let mut more = String::new();
    for plan in plans {
        let mut found = String::new();
        tell(plan, &mut found, complaints, |_| true);
        if !more.contains(&found) {
            more.push_str(&found);
        }
    }
    if !more.is_empty() {
        warnings.push(more);
    }
    out
}

fn tell(plan: &Evaluated, out: &mut String, style: Style, wanted: impl Fn(&Diagnostic) -> bool) {
    let found: Vec<Diagnostic> = plan.diagnostics().filter(|found| wanted(found)).cloned().collect();
    let nothing = SourceMap::default();
    let files = plan.checked.as_ref().map_or(&nothing, |checked| &checked.files);
    report::write(out, &found, files, style);
}

/// Why there is no pipeline with jobs.
pub(super) fn write_failure(out: &mut String, plan: &Evaluated, style: Style) {
    tell(plan, out, style, Diagnostic::is_error);
    header::write(out, plan, style);
}
