//! Jobs.

use super::app::{App, number};
use super::error::ApiError;
use super::in_project::InProject;
use super::params::Params;
use super::show;
use crate::access::{Actor, Visitor};
use crate::kernel::Act;
use crate::model::{JobFilter, JobRow, JobView, Project, RunnerView};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use pipeline::{JobId, Status};
use serde_json::Value;
use std::collections::HashMap;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v4/projects/{id}/jobs", get(list))
        .route("/api/v4/projects/{id}/jobs/{job}", get(one))
        .route("/api/v4/projects/{id}/jobs/{job}/trace", get(super::traces::trace))
        .route("/api/v4/projects/{id}/jobs/{job}/play", post(play))
        .route("/api/v4/projects/{id}/jobs/{job}/retry", post(retry))
        .route("/api/v4/projects/{id}/jobs/{job}/cancel", post(cancel))
        .route("/api/v4/projects/{id}/jobs/{job}/erase", post(erase))
}

/// `scope` and `scope[]`.
pub(super) fn scope(params: &Params) -> Result<Vec<Status>, ApiError> {
    statuses(params, "scope")
}

/// Several statuses.
pub(super) fn statuses(params: &Params, name: &str) -> Result<Vec<Status>, ApiError> {
    let words = params.texts(name)?.unwrap_or_default();
    let wrong = || ApiError::bad(format!("{name} does not have a valid value"));
    words.iter().map(|word| Status::parse(word).ok_or_else(wrong)).collect()
}

async fn list(at: InProject) -> Result<Response, ApiError> {
    let scope = scope(&at.params)?;
    let filter = JobFilter { scope, retried: true, bridges: Some(false), ..JobFilter::default() };
    listed(&at, filter, false).await
}

/// A page of jobs of a project.
pub(super) async fn listed(at: &InProject, filter: JobFilter, counted: bool) -> Result<Response, ApiError> {
    let found = at.app.kernel.jobs(Some(at.project.id), filter, at.paging.page).await?;
    let around = Around::of(&at.app, &found.items, at.who.is_person()).await?;
    let stage = at.app.stage().await?;
    let scene = stage.scene();
    let show = |row: &JobRow| around.show(&scene, &at.project, row);
    Ok(if counted { at.paging.answer(found, show) } else { at.paging.uncounted(found, show) })
}

/// What jobs are shown with, fetched once for all of a list.
pub(super) struct Around {
    views: HashMap<JobId, JobView>,
    runners: Vec<RunnerView>,
}

impl Around {
    /// Addresses and names of runners are for people that are known.
    pub(super) async fn of(app: &App, rows: &[JobRow], with_runners: bool) -> Result<Self, ApiError> {
        let mut views = HashMap::with_capacity(rows.len());
        for row in rows {
            views.insert(row.id, app.kernel.job(row.id).await?);
        }
        let taken = with_runners && rows.iter().any(|row| row.runner.is_some());
        let runners = if taken { app.kernel.runners(None).await? } else { Vec::new() };
        Ok(Self { views, runners })
    }

    pub(super) fn show(&self, scene: &show::Scene<'_>, project: &Project, row: &JobRow) -> Value {
        let Some(view) = self.views.get(&row.id) else { return Value::Null };
        let runner = row.runner.and_then(|id| self.runners.iter().find(|view| view.runner.id == id));
        show::job(scene, project, &view.row, &view.pipeline, &view.artifacts, runner)
    }
}

/// A job of this project; bridges are none.
pub(super) async fn find(app: &App, project: &Project, id: &str) -> Result<JobView, ApiError> {
    let view = any(app, project, id).await?;
    if view.row.bridge { Err(ApiError::not_found("Job")) } else { Ok(view) }
}

/// A job or a bridge of this project.
async fn any(app: &App, project: &Project, id: &str) -> Result<JobView, ApiError> {
    let view = app.kernel.job(JobId(number("job_id", id)?)).await?;
    if view.row.project == project.id { Ok(view) } else { Err(ApiError::not_found("Job")) }
}

/// A job whole; its runner only to people that are known.
pub(super) async fn shown(app: &App, view: &JobView, with_runner: bool) -> Result<Json<Value>, ApiError> {
    let project = app.kernel.project(view.row.project.into()).await?;
    let runner = match view.row.runner.filter(|_| with_runner) {
        Some(id) => app.kernel.runner(id).await.ok(),
        None => None,
    };
    let stage = app.stage().await?;
    Ok(Json(show::job(&stage.scene(), &project, &view.row, &view.pipeline, &view.artifacts, runner.as_ref())))
}

async fn one(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, job)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    shown(&app, &find(&app, &project, &job).await?, visitor.is_person()).await
}

async fn play(
    State(app): State<App>,
    actor: Actor,
    Path((id, job)): Path<(String, String)>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let project = app.own(&actor, &id).await?;
    actor.wants_everything()?;
    let view = any(&app, &project, &job).await?;
    if !view.row.is_playable() {
        return Err(ApiError::refused("Bad request - Unplayable Job"));
    }
    let variables = super::pipelines::variables_of(&params, "job_variables_attributes")?;
    let act = Act::Play { job: view.row.id, variables };
    let id = do_it(&app, &actor, &project, "job_played", act, view.row.id).await?;
    again(&app, id).await
}

async fn retry(
    State(app): State<App>,
    actor: Actor,
    Path((id, job)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let project = app.own(&actor, &id).await?;
    actor.wants_everything()?;
    let view = any(&app, &project, &job).await?;
    if !view.row.is_retryable() {
        return Err(ApiError::forbidden("Job is not retryable"));
    }
    let id = do_it(&app, &actor, &project, "job_retried", Act::Retry(view.row.id), view.row.id).await?;
    Ok((StatusCode::CREATED, again(&app, id).await?).into_response())
}

async fn cancel(
    State(app): State<App>,
    actor: Actor,
    Path((id, job)): Path<(String, String)>,
    params: Params,
) -> Result<Response, ApiError> {
    let project = app.own(&actor, &id).await?;
    let view = any(&app, &project, &job).await?;
    let force = params.boolean("force")?.unwrap_or(false);
    if force && view.row.status != Status::Canceling {
        return Err(ApiError::forbidden("Job is not canceling"));
    }
    if force || view.row.is_cancelable() {
        let act = Act::CancelJob { job: view.row.id, force };
        do_it(&app, &actor, &project, "job_canceled", act, view.row.id).await?;
    }
    Ok((StatusCode::CREATED, again(&app, view.row.id).await?).into_response())
}

async fn erase(
    State(app): State<App>,
    actor: Actor,
    Path((id, job)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let project = app.own(&actor, &id).await?;
    let view = find(&app, &project, &job).await?;
    if !view.row.is_erasable() {
        return Err(ApiError::forbidden("Job is not erasable!"));
    }
    do_it(&app, &actor, &project, "job_erased", Act::Erase(view.row.id), view.row.id).await?;
    Ok((StatusCode::CREATED, again(&app, view.row.id).await?).into_response())
}

/// The job as it is now, for whoever changed it.
pub(super) async fn again(app: &App, id: JobId) -> Result<Json<Value>, ApiError> {
    shown(app, &app.kernel.job(id).await?, true).await
}

/// Has it done, and tells which job counts now.
pub(super) async fn do_it(
    app: &App,
    actor: &Actor,
    project: &Project,
    action: &str,
    act: Act,
    job: JobId,
) -> Result<JobId, ApiError> {
    let acted = app.kernel.act(actor.user.id, act).await?;
    app.note(actor, action, format!("job {job}"), Some(project.id)).await;
    Ok(acted.job.unwrap_or(job))
}
