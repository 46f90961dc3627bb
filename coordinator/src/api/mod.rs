//! The JSON API for people and their programs, at GitLab's paths and with GitLab's names.
//!
//! What runners call is in `runner_api`; both are served below `/api/v4`.

mod app;
mod artifacts;
mod badge;
mod badges;
mod download;
mod environments;
mod error;
mod in_project;
mod instance;
mod jobs;
mod lint;
mod nested;
mod paging;
mod params;
mod pipelines;
mod projects;
mod reports;
mod repository;
mod resource_groups;
mod runner_projects;
mod runners;
mod show;
mod tokens;
mod traces;
mod variables;

pub(crate) use app::App;
pub(crate) use badges::{asked as badge_asked, draw as draw_badge};
pub(crate) use error::ApiError;
pub(crate) use params::Params;
#[cfg(any(test, feature = "fuzzing"))]
pub use params::of_anything;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};

/// All of it.
pub(crate) fn router(app: &App) -> Router {
    let limits = app.settings.limits;
    let router = Router::new()
        .merge(instance::router())
        .merge(projects::router())
        .merge(repository::router())
        .merge(pipelines::router())
        .merge(reports::router())
        .merge(jobs::router())
        .merge(artifacts::router())
        .merge(runners::router())
        .merge(runner_projects::router())
        .merge(resource_groups::router())
        .merge(tokens::router())
        .merge(variables::router())
        .merge(lint::router())
        .merge(environments::router());
    router
        .layer(from_fn(move |request: Request, next: Next| async move {
            match tokio::time::timeout(limits.request, params::read(limits.body, request, next)).await {
                Ok(response) => response,
                Err(_) => Err(ApiError::timeout()),
            }
        }))
        .with_state(app.clone())
}

/// What is below `/api` and is nothing.
pub(crate) async fn nothing() -> Response {
    ApiError::not_found("").into_response()
}

/// A path of the API, asked in a way that it does not know.
pub(crate) async fn wrong_method() -> Response {
    ApiError::not_allowed().into_response()
}
