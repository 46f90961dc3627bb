//! `ci plan`: the pipeline that GitLab would make.

mod configured;
mod header;
mod jobs;
mod left_out;
mod matrix;

pub(super) use header::title;
pub(super) use jobs::{clauses, policy};

use super::args::PlanArgs;
use super::session::{Evaluated, Flags, Session};
use super::{Done, World, diff, elsewhere, report};
use crate::error::CliError;
use crate::terminal::Style;
use ci_yaml::plan::Plan;
use ci_yaml::{Diagnostic, SourceMap};

pub(super) fn run(args: &PlanArgs, world: &World<'_>) -> Result<Done, CliError> {
    let flags = Flags { place: &args.place, sources: &args.sources, context: &args.context };
    let (mut session, scenes) = Session::open(flags, world.environment, &world.current)?;
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
    let refused = plans.iter().any(Evaluated::is_refused);
    let out = match plans.as_slice() {
        [plan] if args.json => super::pretty(&json(plan, &session)),
        plans if args.json => {
            let list = plans
                .iter()
                .map(|plan| serde_json::json!({"event": plan.scene.label, "plan": json(plan, &session)}));
            super::pretty(&serde_json::json!({ "plans": list.collect::<Vec<_>>() }))
        }
        [plan] => text(plan, &session, world.style, &mut warnings, world.complaints),
        plans => several(plans, world.style, &mut warnings, world.complaints),
    };
    Ok(Done { out, refused, warnings })
}

/// The plan for programs.
pub(super) fn json(plan: &Evaluated, session: &Session) -> serde_json::Value {
    let nothing = SourceMap::default();
    let files = plan.checked.as_ref().map_or(&nothing, |checked| &checked.files);
    let mut found: Vec<Diagnostic> =
        plan.checked.iter().flat_map(|checked| checked.diagnostics.iter().cloned()).collect();
    let plan = if plan.lint_only {
        found.extend(plan.checked.iter().flat_map(|checked| session.lint(checked, &plan.scene)));
        let config = plan.checked.as_ref().and_then(|checked| checked.config.as_ref());
        serde_json::to_value(Plan::of_lint(config, &found, files))
    } else {
        serde_json::to_value(Plan::of_evaluation(&plan.evaluation, &found, files))
    };
    plan.unwrap_or_default()
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
        configured::write(&mut out, config, style);
        elsewhere::write(&mut out, &elsewhere::used(config.jobs.values()), style);
    } else if let Some(pipeline) = plan.pipeline() {
        out.push('\n');
        jobs::write(&mut out, pipeline, style);
        left_out::write(&mut out, plan, session, style);
        let used = elsewhere::used(pipeline.jobs.iter().map(|job| &*job.config));
        if !used.is_empty() {
            out.push('\n');
        }
        elsewhere::write(&mut out, &used, style);
    } else {
        left_out::write(&mut out, plan, session, style);
    }
    let mut more = String::new();
    tell(plan, &mut more, complaints, |diagnostic| !diagnostic.is_error());
    if !more.is_empty() {
        warnings.push(more);
    }
    out
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
