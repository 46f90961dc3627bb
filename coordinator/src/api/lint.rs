//! What is wrong with a configuration.

use super::app::App;
use super::error::ApiError;
use super::params::Params;
use crate::access::{Actor, Visitor};
use crate::model::{GitRef, Project};
use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use ci_yaml::include::{IncludeOutcome, IncludeRecord, Main};
use ci_yaml::pipeline::{Job, Outcome};
use ci_yaml::{Checked, Context, Diagnostic, Sources, check, evaluate, yaml};
use serde_json::{Value, json};
use std::sync::Arc;

/// The longest text that is checked, in bytes.
const LONGEST: usize = 1 << 20;

pub(super) fn router() -> Router<App> {
    Router::new().route("/api/v4/projects/{id}/ci/lint", get(committed).post(given))
}

/// How much is wanted.
#[derive(Clone, Copy, Debug)]
struct Wish {
    /// Whether a push is simulated.
    dry_run: bool,
    /// Whether jobs are told.
    jobs: bool,
}

impl Wish {
    fn of(params: &Params) -> Result<Self, ApiError> {
        Ok(Self {
            dry_run: params.boolean("dry_run")?.unwrap_or(false),
            jobs: params.boolean("include_jobs")?.unwrap_or(false),
        })
    }
}

/// The file of a branch, tag or commit.
async fn committed(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    let content = params.text("content_ref")?.or(params.text("sha")?);
    let reference = params.text("dry_run_ref")?.or(params.text("ref")?);
    let wish = Wish::of(&params)?;
    let named = content.or(reference).unwrap_or_else(|| project.default_branch.clone());
    let Some(at) = app.resolve(&project, &named).await? else {
        return Err(ApiError::not_found("Reference"));
    };
    linted(&app, &project, Some(at), Main::Path, wish, move |project| visitor.may_read(project)).await
}

/// A text, as if it were the file of a branch.
async fn given(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let project = app.own(&actor, &id).await?;
    let text = params.required("content")?;
    if text.len() > LONGEST {
        return Err(ApiError::bad("content is too long"));
    }
    let wish = Wish::of(&params)?;
    let named = params.text("ref")?;
    let at = app.resolve(&project, named.as_deref().unwrap_or(&project.default_branch)).await?;
    if named.is_some() && at.is_none() {
        return Err(ApiError::not_found("Reference"));
    }
    let main = Main::Text { name: project.config_path.clone(), text: Arc::from(text) };
    linted(&app, &project, at, main, wish, move |project| actor.may_read(project)).await
}

async fn linted(
    app: &App,
    project: &Project,
    at: Option<(GitRef, String)>,
    main: Main,
    wish: Wish,
    may: impl Fn(&Project) -> bool + Send + Sync + 'static,
) -> Result<Json<Value>, ApiError> {
    let shown = app
        .kernel
        .in_configuration(project.id, at, may, move |context, sources| lint(context, sources, main, wish));
    Ok(Json(shown.await?))
}

fn lint(context: &Context, sources: &dyn Sources, main: Main, wish: Wish) -> Value {
    let checked = check(context, main, sources, &yaml::Limits::default());
    let mut found = checked.diagnostics.clone();
    let mut jobs = Vec::new();
    if let Some(config) = checked.valid_config().filter(|_| wish.dry_run || wish.jobs) {
        let evaluation = evaluate::evaluate(config, context, sources);
        if wish.dry_run {
            found.extend(evaluation.diagnostics);
        }
        match evaluation.outcome {
            Outcome::Created(pipeline) => jobs = pipeline.jobs.iter().map(job).collect(),
            Outcome::Empty(diagnostic) if wish.dry_run => found.push(diagnostic),
            Outcome::Empty(_) | Outcome::Skipped | Outcome::Invalid => {}
        }
    }
    // What GitLab would only find later is left out, as long as there is something it finds first.
    let told = |error: bool| -> Vec<&str> {
        let fit = found.iter().filter(|found| found.is_error() == error && found.from_gitlab && !found.later);
        fit.map(|found| found.message.as_str()).collect()
    };
    let valid = !found.iter().any(Diagnostic::is_error);
    let merged = checked.expanded.as_ref().map(|map| format!("---\n{}", yaml::emit(map, None)));
    let mut shown = json!({
        "valid": valid,
        "errors": told(true),
        "warnings": told(false),
        "merged_yaml": merged,
        "includes": checked.includes.iter().filter_map(|record| include(&checked, context, record)).collect::<Vec<_>>(),
    });
    if wish.jobs
        && let Some(shown) = shown.as_object_mut()
    {
        shown.insert("jobs".into(), Value::Array(jobs));
    }
    shown
}

/// An include that was read. Addresses of files on this coordinator are not told: it has no pages for them.
fn include(checked: &Checked, context: &Context, record: &IncludeRecord) -> Option<Value> {
    let IncludeOutcome::Included(id) = record.outcome else { return None };
    checked.files.get(id)?;
    let extra = match &record.project {
        Some(project) => json!({"project": project, "ref": record.reference}),
        None => json!({}),
    };
    Some(json!({
        "type": if record.kind.as_str() == "project" { "file" } else { record.kind.as_str() },
        "location": record.location,
        "blob": null,
        "raw": null,
        "extra": extra,
        "context_project": context.project.path,
        "context_sha": context.commit.sha,
    }))
}

fn job(of: &Job) -> Value {
    let lines = |script: &Option<Vec<Arc<str>>>| -> Vec<String> {
        script.as_deref().unwrap_or_default().iter().map(ToString::to_string).collect()
    };
    let config = &of.config;
    let needs = of.needs.as_ref().map(|needs| {
        let shown = needs.iter().map(|need| json!({"name": need.job, "artifacts": need.artifacts}));
        shown.collect::<Vec<_>>()
    });
    json!({
        "name": of.name(),
        "stage": config.stage.value,
        "before_script": lines(&config.before_script),
        "script": lines(&config.script),
        "after_script": lines(&config.after_script),
        "tag_list": of.tags,
        "only": null,
        "except": null,
        "environment": config.environment.as_ref().map(|environment| environment.name.clone()),
        "when": of.when.as_str(),
        "allow_failure": of.allow_failure.allowed,
        "needs": needs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ci_yaml::MemorySources;

    fn of(text: &str, dry_run: bool) -> Value {
        let context = Context::push("main");
        let main = Main::Text { name: ".gitlab-ci.yml".into(), text: text.into() };
        lint(&context, &MemorySources::default(), main, Wish { dry_run, jobs: true })
    }

    #[test]
    fn what_is_valid_is_shown_merged_with_its_jobs() {
        let shown = of(".base: {script: echo}\na: {extends: .base, stage: test, tags: [x]}\n", false);
        assert_eq!(shown["valid"], true);
        assert_eq!(shown["errors"], json!([]));
        let merged = shown["merged_yaml"].as_str().unwrap();
        assert!(merged.starts_with("---\n") && merged.contains("script: echo"), "{merged}");
        assert_eq!(shown["jobs"][0]["name"], "a");
        assert_eq!(shown["jobs"][0]["tag_list"], json!(["x"]));
    }

    #[test]
    fn errors_are_gitlabs() {
        let shown = of("a: {stage: nowhere, script: x}\n", false);
        assert_eq!(shown["valid"], false);
        let wanted = "a job: chosen stage nowhere does not exist; available stages are .pre, build, test, deploy, .post";
        assert_eq!(shown["errors"], json!([wanted]));
    }

    #[test]
    fn a_simulated_push_tells_when_no_job_is_left() {
        let text = "a: {script: x, rules: [{if: $NOTHING}]}\n";
        assert_eq!(of(text, false)["valid"], true);
        assert_eq!(of(text, true)["valid"], false);
    }
}
