//! Environments and deployments.

use super::app::{App, number};
use super::error::ApiError;
use super::in_project::InProject;
use super::params::Params;
use super::show;
use crate::access::{Actor, Visitor};
use crate::model::{DeploymentFilter, Environment, EnvironmentFilter, EnvironmentState, Project};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use pipeline::Status;
use serde_json::Value;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v4/projects/{id}/environments", get(list))
        .route("/api/v4/projects/{id}/environments/{environment}", get(one).delete(remove))
        .route("/api/v4/projects/{id}/environments/{environment}/stop", post(stop))
        .route("/api/v4/projects/{id}/deployments", get(deployments))
        .route("/api/v4/projects/{id}/deployments/{deployment}", get(deployment))
}

async fn list(at: InProject) -> Result<Response, ApiError> {
    let found = at.app.kernel.environments(at.project.id, wanted(&at.params)?, at.paging.page).await?;
    let stage = at.app.stage().await?;
    Ok(at.paging.answer(found, |of| show::environment(&stage.scene(), of)))
}

fn wanted(params: &Params) -> Result<EnvironmentFilter, ApiError> {
    let (name, search) = (params.text("name")?, params.text("search")?);
    if name.is_some() && search.is_some() {
        return Err(ApiError::bad("name, search are mutually exclusive"));
    }
    let wrong = || ApiError::bad("states does not have a valid value");
    let states = params.texts("states")?.unwrap_or_default();
    let states = states.iter().map(|word| EnvironmentState::parse(word).ok_or_else(wrong));
    Ok(EnvironmentFilter { name, search, states: states.collect::<Result<_, _>>()? })
}

/// An environment of this project.
async fn find(app: &App, project: &Project, id: &str) -> Result<Environment, ApiError> {
    let environment = app.kernel.environment(number("environment_id", id)?).await?;
    if environment.project == project.id { Ok(environment) } else { Err(ApiError::not_found("Environment")) }
}

async fn one(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, environment)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    let found = find(&app, &project, &environment).await?;
    Ok(Json(show::environment(&app.stage().await?.scene(), &found)))
}

async fn stop(
    State(app): State<App>,
    actor: Actor,
    Path((id, environment)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let project = app.own(&actor, &id).await?;
    actor.wants_everything()?;
    let found = find(&app, &project, &environment).await?;
    let stopped = app.kernel.stop_environment(actor.user.id, found.id).await?;
    app.note(&actor, "environment_stopped", found.name, Some(project.id)).await;
    Ok(Json(show::environment(&app.stage().await?.scene(), &stopped)))
}

/// Removes one that was stopped.
async fn remove(
    State(app): State<App>,
    actor: Actor,
    Path((id, environment)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let project = app.own(&actor, &id).await?;
    let found = find(&app, &project, &environment).await?;
    app.kernel.delete_environment(found.id).await?;
    app.note(&actor, "environment_removed", found.name, Some(project.id)).await;
    Ok(StatusCode::NO_CONTENT)
}

/// The oldest first, unless it is asked otherwise.
async fn deployments(at: InProject) -> Result<Response, ApiError> {
    let params = &at.params;
    let known = ["created", "running", "success", "failed", "canceled", "skipped", "blocked"];
    let status = super::pipelines::one_of(params, "status", &known)?;
    let filter = DeploymentFilter {
        environment: params.text("environment")?,
        statuses: status.as_deref().map(statuses).unwrap_or_default(),
        ascending: super::pipelines::one_of(params, "sort", &["asc", "desc"])?
            .is_none_or(|sort| sort == "asc"),
    };
    let found = at.app.kernel.deployments(at.project.id, filter, at.paging.page).await?;
    let stage = at.app.stage().await?;
    Ok(at.paging.answer(found, |(to, of)| show::deployment(&stage.scene(), to, of)))
}

/// Statuses of jobs whose deployments GitLab says this of.
fn statuses(word: &str) -> Vec<Status> {
    Status::ALL.into_iter().filter(|status| show::deployment_status(*status) == word).collect()
}

async fn deployment(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, deployment)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    let (to, of) = app.kernel.deployment(number("deployment_id", &deployment)?).await?;
    if to.project != project.id {
        return Err(ApiError::not_found("Deployment"));
    }
    Ok(Json(show::deployment(&app.stage().await?.scene(), &to, &of)))
}
