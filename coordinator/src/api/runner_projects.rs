//! Which runners take jobs of a project.

use super::app::App;
use super::error::ApiError;
use super::in_project::InProject;
use super::params::Params;
use super::runners::{find, listed};
use super::show;
use crate::access::Actor;
use crate::model::{ProjectId, RunnerChange, RunnerKind, RunnerView};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use http::StatusCode;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v4/projects/{id}/runners", get(of_project).post(enable))
        .route("/api/v4/projects/{id}/runners/{runner}", delete(disable))
}

async fn of_project(at: InProject<Actor>) -> Result<Response, ApiError> {
    listed(&at.app, &at.params, &at.paging, Some(at.project.id)).await
}

async fn enable(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, ApiError> {
    let project = app.own(&actor, &id).await?;
    actor.wants_everything()?;
    let view = find(&app, &params.required("runner_id")?).await?;
    if view.runner.kind != RunnerKind::ProjectType {
        return Err(ApiError::forbidden("Runner is shared"));
    }
    if view.runner.locked {
        return Err(ApiError::forbidden("Runner is locked"));
    }
    if view.runner.projects.contains(&project.id) {
        return Err(ApiError::field("runner_id", "has already been taken"));
    }
    let projects = [&view.runner.projects[..], &[project.id]].concat();
    assign(&app, &view, projects).await?;
    app.note(&actor, "runner_enabled", format!("runner {}", view.runner.id), Some(project.id)).await;
    let view = app.kernel.runner(view.runner.id).await?;
    Ok((StatusCode::CREATED, Json(show::runner(&app.stage().await?.scene(), &view))).into_response())
}

async fn disable(
    State(app): State<App>,
    actor: Actor,
    Path((id, runner)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let project = app.own(&actor, &id).await?;
    actor.wants_everything()?;
    let view = find(&app, &runner).await?;
    if !view.runner.projects.contains(&project.id) {
        return Err(ApiError::not_found("Runner"));
    }
    if view.runner.projects.len() == 1 {
        return Err(ApiError::forbidden(
            "Only one project associated with the runner. Please remove the runner instead",
        ));
    }
    let projects = view.runner.projects.iter().copied().filter(|of| *of != project.id).collect();
    assign(&app, &view, projects).await?;
    app.note(&actor, "runner_disabled", format!("runner {runner}"), Some(project.id)).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn assign(app: &App, view: &RunnerView, projects: Vec<ProjectId>) -> Result<(), ApiError> {
    let change = RunnerChange { projects: Some(projects), ..RunnerChange::default() };
    app.kernel.update_runner(view.runner.id, change).await?;
    Ok(())
}
