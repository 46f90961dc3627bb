//! Pipelines.

use super::app::{App, number};
use super::error::ApiError;
use super::in_project::InProject;
use super::params::Params;
use super::show;
use crate::access::{Actor, Visitor};
use crate::kernel::{Act, Created, NewPipeline};
use crate::model::{
    JobFilter, JobOrder, PipelineFilter, PipelineOrder, PipelineRow, PipelineVariable, PipelineView, Project,
};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use indexmap::IndexMap;
use pipeline::{PipelineId, Status};
use serde_json::Value;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v4/projects/{id}/pipelines", get(list))
        .route("/api/v4/projects/{id}/pipeline", post(create))
        .route("/api/v4/projects/{id}/pipelines/latest", get(latest))
        .route("/api/v4/projects/{id}/pipelines/{pipeline}", get(one).delete(remove))
        .route("/api/v4/projects/{id}/pipelines/{pipeline}/jobs", get(jobs))
        .route("/api/v4/projects/{id}/pipelines/{pipeline}/bridges", get(bridges))
        .route("/api/v4/projects/{id}/pipelines/{pipeline}/trigger_jobs", get(bridges))
        .route("/api/v4/projects/{id}/pipelines/{pipeline}/variables", get(variables))
        .route("/api/v4/projects/{id}/pipelines/{pipeline}/retry", post(retry))
        .route("/api/v4/projects/{id}/pipelines/{pipeline}/cancel", post(cancel))
}

async fn list(at: InProject) -> Result<Response, ApiError> {
    let filter = filter(&at.app, &at.params).await?;
    let found = at.app.kernel.pipelines(Some(at.project.id), filter, at.paging.page).await?;
    let stage = at.app.stage().await?;
    Ok(at.paging.answer(found, |row| show::pipeline_basic(&stage.scene(), &at.project, row)))
}

const SCOPES: [&str; 5] = ["running", "pending", "finished", "branches", "tags"];

async fn filter(app: &App, params: &Params) -> Result<PipelineFilter, ApiError> {
    let user = match params.text("username")? {
        None => None,
        // Nobody made a pipeline whom nobody knows.
        Some(login) => {
            let user = app.kernel.user_named(&login).await?;
            Some(user.map_or(crate::model::UserId(0), |(user, _)| user.id))
        }
    };
    let order = params.text("order_by")?.map(|word| {
        PipelineOrder::parse(&word).ok_or_else(|| ApiError::bad("order_by does not have a valid value"))
    });
    let source = params.text("source")?;
    Ok(PipelineFilter {
        status: status(params, "status")?,
        scope: one_of(params, "scope", &SCOPES)?,
        reference: params.text("ref")?,
        sha: params.text("sha")?,
        children: source.as_deref() == Some("parent_pipeline"),
        source,
        name: params.text("name")?,
        user,
        invalid: params.boolean("yaml_errors")?,
        created: (params.moment("created_after")?, params.moment("created_before")?),
        updated: (params.moment("updated_after")?, params.moment("updated_before")?),
        order: order.transpose()?.unwrap_or_default(),
        ascending: one_of(params, "sort", &["asc", "desc"])?.is_some_and(|sort| sort == "asc"),
    })
}

/// A word of a list.
pub(super) fn one_of(params: &Params, name: &str, words: &[&str]) -> Result<Option<String>, ApiError> {
    let text = params.text(name)?;
    match text {
        Some(text) if !words.contains(&text.as_str()) => {
            Err(ApiError::bad(format!("{name} does not have a valid value")))
        }
        text => Ok(text),
    }
}

/// A status by GitLab's word.
fn status(params: &Params, name: &str) -> Result<Option<Status>, ApiError> {
    let wrong = || ApiError::bad(format!("{name} does not have a valid value"));
    params.text(name)?.map(|text| Status::parse(&text).ok_or_else(wrong)).transpose()
}

/// A pipeline of this project.
pub(super) async fn find(app: &App, project: &Project, id: &str) -> Result<PipelineView, ApiError> {
    let id = PipelineId(number("pipeline_id", id)?);
    let view = app.kernel.pipeline(id).await?;
    if view.row.project == project.id { Ok(view) } else { Err(ApiError::not_found("Pipeline")) }
}

async fn whole(app: &App, project: &Project, row: &PipelineRow) -> Result<Json<Value>, ApiError> {
    Ok(Json(show::pipeline(&app.stage().await?.scene(), project, row)))
}

async fn one(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, pipeline)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    let view = find(&app, &project, &pipeline).await?;
    whole(&app, &project, &view.row).await
}

/// The newest pipeline of a ref's head.
async fn latest(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    let reference = params.text("ref")?.unwrap_or_else(|| project.default_branch.clone());
    let row = newest(&app, &project, &reference, false).await?;
    whole(&app, &project, &row.ok_or_else(|| ApiError::forbidden(""))?).await
}

/// The newest pipeline of the commit that a ref points to now.
pub(super) async fn newest(
    app: &App,
    project: &Project,
    reference: &str,
    skip_skipped: bool,
) -> Result<Option<PipelineRow>, ApiError> {
    let Some((of, sha)) = app.resolve(project, reference).await? else { return Ok(None) };
    let filter =
        PipelineFilter { reference: Some(of.name().to_owned()), sha: Some(sha), ..PipelineFilter::default() };
    let found = app.kernel.pipelines(Some(project.id), filter, crate::model::Page::new(1, 100)).await?;
    let mut rows = found.items.into_iter();
    Ok(rows.find(|row| row.reference == of && !(skip_skipped && row.status == Status::Skipped)))
}

async fn create(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, ApiError> {
    let project = app.own(&actor, &id).await?;
    actor.wants_everything()?;
    let reference = params.required("ref")?;
    let Some((of, sha)) = app.resolve(&project, &reference).await? else {
        return Err(ApiError::base(&["Reference not found".to_owned()]));
    };
    let new = NewPipeline {
        project: project.id,
        source: "api".into(),
        reference: of,
        sha,
        before_sha: None,
        user: actor.user.id,
        variables: variables_of(&params, "variables")?,
        skip: false,
        inputs: inputs(&params)?,
        parent: None,
    };
    let id = match app.kernel.create_pipeline(new).await? {
        Created::Pipeline(id) | Created::Skipped(id) => id,
        Created::None { message } => return Err(ApiError::base(&[message])),
        Created::Invalid { errors, .. } => return Err(ApiError::base(&errors)),
    };
    app.note(&actor, "pipeline_created", format!("pipeline {id} for {reference}"), Some(project.id)).await;
    let row = app.kernel.pipeline(id).await?.row;
    Ok((StatusCode::CREATED, whole(&app, &project, &row).await?).into_response())
}

/// `variables[][key]`, `value` and `variable_type`.
pub(super) fn variables_of(params: &Params, name: &str) -> Result<Vec<PipelineVariable>, ApiError> {
    let mut variables = Vec::new();
    for given in params.maps(name)? {
        let key = given.text("key")?.filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| ApiError::bad(format!("{name}[key] is missing")))?;
        let value = given.text("value")?;
        let value = value.ok_or_else(|| ApiError::bad(format!("{name}[value] is missing")))?;
        let file = one_of(&given, "variable_type", &["env_var", "file"])?.is_some_and(|kind| kind == "file");
        variables.push(PipelineVariable { key, value, file, raw: given.boolean("raw")?.unwrap_or(false) });
    }
    Ok(variables)
}

fn inputs(params: &Params) -> Result<IndexMap<String, Value>, ApiError> {
    let map = params.map("inputs")?;
    Ok(map
        .map(|map| map.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
        .unwrap_or_default())
}

async fn jobs(at: InProject) -> Result<Response, ApiError> {
    let view = find(&at.app, &at.project, at.word("pipeline")).await?;
    let filter = JobFilter {
        scope: super::jobs::scope(&at.params)?,
        pipeline: Some(view.row.id),
        retried: at.params.boolean("include_retried")?.unwrap_or(false),
        bridges: Some(false),
        order: JobOrder::Newest,
        ..JobFilter::default()
    };
    super::jobs::listed(&at, filter, true).await
}

async fn bridges(at: InProject) -> Result<Response, ApiError> {
    let view = find(&at.app, &at.project, at.word("pipeline")).await?;
    let scope = super::jobs::scope(&at.params)?;
    let mut of_others = at.app.projects_of(view.children.iter().map(|child| child.project).collect()).await;
    of_others.retain(|_, project| at.who.may_read(project));
    let stage = at.app.stage().await?;
    let wanted = view.jobs.iter().filter(|job| job.bridge && !job.retried);
    let wanted = wanted.filter(|job| scope.is_empty() || scope.contains(&job.status));
    let shown = wanted.map(|job| {
        let child = view.children.iter().find(|child| Some(child.id) == job.downstream);
        let downstream =
            child.and_then(|child| of_others.get(&child.project).map(|project| (project, child)));
        show::bridge(&stage.scene(), &at.project, job, &view.row, downstream)
    });
    Ok(at.paging.cut(shown.collect()))
}

/// Variables given for a pipeline may be secrets: not for everybody who sees a public project.
async fn variables(
    State(app): State<App>,
    actor: Actor,
    Path((id, pipeline)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let project = app.own(&actor, &id).await?;
    let view = find(&app, &project, &pipeline).await?;
    let variables = app.kernel.pipeline_variables(view.row.id).await?;
    Ok(Json(variables.iter().map(show::pipeline_variable).collect()))
}

async fn retry(
    State(app): State<App>,
    actor: Actor,
    Path((id, pipeline)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let project = app.own(&actor, &id).await?;
    actor.wants_everything()?;
    let view = find(&app, &project, &pipeline).await?;
    do_it(&app, &actor, &project, "pipeline_retried", Act::RetryPipeline(view.row.id), &view.row).await?;
    let row = app.kernel.pipeline(view.row.id).await?.row;
    Ok((StatusCode::CREATED, whole(&app, &project, &row).await?).into_response())
}

/// Also well where there is nothing to cancel.
async fn cancel(
    State(app): State<App>,
    actor: Actor,
    Path((id, pipeline)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let project = app.own(&actor, &id).await?;
    let view = find(&app, &project, &pipeline).await?;
    if view.row.cancelable {
        do_it(&app, &actor, &project, "pipeline_canceled", Act::CancelPipeline(view.row.id), &view.row)
            .await?;
    }
    let row = app.kernel.pipeline(view.row.id).await?.row;
    whole(&app, &project, &row).await
}

async fn remove(
    State(app): State<App>,
    actor: Actor,
    Path((id, pipeline)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let project = app.own(&actor, &id).await?;
    let view = find(&app, &project, &pipeline).await?;
    do_it(&app, &actor, &project, "pipeline_removed", Act::DeletePipeline(view.row.id), &view.row).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn do_it(
    app: &App,
    actor: &Actor,
    project: &Project,
    action: &str,
    act: Act,
    row: &PipelineRow,
) -> Result<(), ApiError> {
    app.kernel.act(actor.user.id, act).await?;
    app.note(actor, action, format!("pipeline {}", row.id), Some(project.id)).await;
    Ok(())
}
