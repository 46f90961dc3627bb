//! What is of no project: version, the one who asks, the job whose token it is.

use super::app::App;
use super::error::ApiError;
use super::show;
use crate::access::{Actor, Visitor};
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v4/version", get(version))
        .route("/api/v4/metadata", get(metadata))
        .route("/api/v4/user", get(user))
        .route("/api/v4/job", get(job))
}

async fn version(_: Actor) -> Json<Value> {
    Json(json!({"version": protocol::FOLLOWED_VERSION, "revision": env!("CARGO_PKG_VERSION")}))
}

async fn metadata(State(app): State<App>, _: Actor) -> Json<Value> {
    let host = app.url.split("://").nth(1).unwrap_or(&app.url);
    Json(json!({
        "version": protocol::FOLLOWED_VERSION,
        "revision": env!("CARGO_PKG_VERSION"),
        "kas": {"enabled": false, "externalUrl": null, "version": null},
        "enterprise": false,
        "hostname": host,
    }))
}

async fn user(State(app): State<App>, actor: Actor) -> Json<Value> {
    Json(show::user_full(&app.url, &actor.user))
}

/// The job whose token was sent.
async fn job(State(app): State<App>, visitor: Visitor) -> Result<impl IntoResponse, ApiError> {
    let Visitor::Job(of) = visitor else { return Err(ApiError::unauthorized()) };
    let view = app.kernel.job(of.job).await?;
    Ok(super::jobs::shown(&app, &view, false).await?.into_response())
}
