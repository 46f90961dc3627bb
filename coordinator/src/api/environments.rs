//! Environments and deployments.

use super::app::{App, number};
use super::error::ApiError;
use super::params::Params;
use super::show;
use crate::access::{Actor, Visitor};
use crate::model::{Environment, Page, Project};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::Uri;
use serde_json::Value;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v4/projects/{id}/environments", get(list))
        .route("/api/v4/projects/{id}/environments/{environment}", get(one))
        .route("/api/v4/projects/{id}/environments/{environment}/stop", post(stop))
        .route("/api/v4/projects/{id}/deployments", get(deployments))
}

async fn list(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    params: Params,
    uri: Uri,
) -> Result<Response, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    let paging = app.paging(&params, &uri)?;
    let (name, search, states) =
        (params.text("name")?, params.text("search")?, params.texts("states")?.unwrap_or_default());
    let environments = app.kernel.environments(project.id).await?;
    let stage = app.stage().await?;
    let shown = environments.iter().map(|environment| show::environment(&stage.scene(), environment));
    let wanted = shown.filter(|shown| {
        let text = |key: &str| shown.get(key).and_then(Value::as_str).unwrap_or_default();
        name.as_deref().is_none_or(|name| text("name") == name)
            && search.as_deref().is_none_or(|search| text("name").contains(search))
            && (states.is_empty() || states.iter().any(|state| state == text("state")))
    });
    Ok(paging.cut(wanted.collect()))
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
    let found = find(&app, &project, &environment).await?;
    let stopped = app.kernel.stop_environment(actor.user.id, found.id).await?;
    app.note(&actor, "environment_stopped", found.name, Some(project.id)).await;
    Ok(Json(show::environment(&app.stage().await?.scene(), &stopped)))
}

/// Deployments to one environment, the newest first; to all of them, where none is named.
async fn deployments(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    params: Params,
    uri: Uri,
) -> Result<Response, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    let paging = app.paging(&params, &uri)?;
    let environments = app.kernel.environments(project.id).await?;
    let named = params.text("environment")?;
    let stage = app.stage().await?;
    if let Some(name) = named {
        let found = environments.iter().find(|environment| environment.name == name);
        let found = found.ok_or_else(|| ApiError::not_found("Environment"))?;
        let listed = app.kernel.deployments(found.id, paging.page).await?;
        return Ok(paging.answer(listed, |of| show::deployment(&stage.scene(), found, of)));
    }
    let mut all = Vec::new();
    for environment in &environments {
        let listed = app.kernel.deployments(environment.id, Page::new(1, 100)).await?;
        all.extend(listed.items.into_iter().map(|of| (environment, of)));
    }
    all.sort_by_key(|(_, of)| std::cmp::Reverse(of.id));
    Ok(paging
        .cut(all.iter().map(|(environment, of)| show::deployment(&stage.scene(), environment, of)).collect()))
}
