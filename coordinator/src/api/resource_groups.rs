//! Resource groups, and in which order their jobs are let in.

use super::app::App;
use super::error::ApiError;
use super::in_project::InProject;
use super::params::Params;
use crate::access::{Actor, Visitor};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use pipeline::resource::Mode;
use serde_json::{Value, json};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v4/projects/{id}/resource_groups", get(list))
        .route("/api/v4/projects/{id}/resource_groups/{key}", get(one).put(update))
}

fn shown(key: &str, mode: Mode) -> Value {
    json!({"key": key, "process_mode": mode})
}

async fn list(at: InProject) -> Result<Response, ApiError> {
    let groups = at.app.kernel.resource_groups(at.project.id).await?;
    Ok(at.paging.cut(groups.iter().map(|(key, mode)| shown(key, *mode)).collect()))
}

async fn one(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, key)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    let groups = app.kernel.resource_groups(project.id).await?;
    let found = groups.iter().find(|(known, _)| *known == key);
    let (key, mode) = found.ok_or_else(|| ApiError::not_found("Resource Group"))?;
    Ok(Json(shown(key, *mode)))
}

async fn update(
    State(app): State<App>,
    actor: Actor,
    Path((id, key)): Path<(String, String)>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let project = app.own(&actor, &id).await?;
    let groups = app.kernel.resource_groups(project.id).await?;
    if !groups.iter().any(|(known, _)| *known == key) {
        return Err(ApiError::not_found("Resource Group"));
    }
    let wrong = |_| ApiError::bad("process_mode does not have a valid value");
    let word = params.required("process_mode")?;
    let mode: Mode = serde_json::from_value(Value::String(word)).map_err(wrong)?;
    app.kernel.set_resource_group(project.id, &key, mode).await?;
    app.note(&actor, "resource_group_changed", key.as_str(), Some(project.id)).await;
    Ok(Json(shown(&key, mode)))
}
