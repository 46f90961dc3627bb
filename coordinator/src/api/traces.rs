//! Traces, as runners sent them.

use super::app::App;
use super::download;
use super::error::ApiError;
use crate::access::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

/// The whole of a trace; nothing where there is none. What may hold secrets is for the project's own people.
pub(super) async fn trace(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, job)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    let view = super::jobs::find(&app, &project, &job).await?;
    if view.row.debug_trace && !visitor.is_person() {
        return Err(ApiError::forbidden("the log may hold secrets"));
    }
    let (traces, job) = (app.files.traces().clone(), view.row.id);
    let found = tokio::task::spawn_blocking(move || traces.file(job)).await;
    let found = found.map_err(|error| ApiError::internal(&error))?;
    let mut response = match found.map_err(|error| ApiError::internal(&error))? {
        Some((file, length)) => download::stream(file, length),
        None => Response::new(axum::body::Body::empty()),
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Ok(response)
}
