//! Artifacts: archives, single files of them, and what becomes of them.

use super::app::App;
use super::error::ApiError;
use super::params::Params;
use super::{download, jobs};
use crate::access::{Actor, Visitor};
use crate::files::BrowseError;
use crate::kernel::{Act, LatestJob};
use crate::model::{ArtifactRow, JobFilter, JobView, Page, Project};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use http::StatusCode;
use pipeline::ArtifactAccess;
use serde_json::{Value, json};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v4/projects/{id}/jobs/{job}/artifacts", get(archive).delete(remove))
        .route("/api/v4/projects/{id}/jobs/{job}/artifacts/keep", post(keep))
        .route("/api/v4/projects/{id}/jobs/{job}/artifacts/{*path}", get(file))
        .route("/api/v4/projects/{id}/jobs/artifacts/{reference}/download", get(latest_archive))
        .route("/api/v4/projects/{id}/jobs/artifacts/{reference}/raw/{*path}", get(latest_file))
        .route("/api/v4/projects/{id}/artifacts", delete(remove_all))
}

/// What a job left of one kind, if it is still there.
fn available<'a>(app: &App, view: &'a JobView, kind: &str) -> Result<&'a ArtifactRow, ApiError> {
    let now = app.kernel.now();
    let found = view.artifacts.iter().find(|row| row.kind == kind && row.is_available(now));
    found.ok_or_else(|| ApiError::not_found(""))
}

/// Refuses whom the job's configuration does not let have it. What somebody may not have is not there for them.
/// Variables that a job hands on (`dotenv`) are for its own project however open the rest is.
fn entitled(visitor: &Visitor, view: &JobView, kind: &str) -> Result<(), ApiError> {
    let own = match visitor {
        Visitor::Nobody => false,
        Visitor::Person(_) => true,
        Visitor::Job(of) => of.project == view.row.project,
    };
    let may = match view.row.artifact_access {
        ArtifactAccess::All => own || kind != "dotenv",
        ArtifactAccess::Project => own,
        ArtifactAccess::Nobody => false,
    };
    if may { Ok(()) } else { Err(ApiError::not_found("")) }
}

async fn send(app: &App, visitor: &Visitor, view: &JobView, kind: &str) -> Result<Response, ApiError> {
    entitled(visitor, view, kind)?;
    let row = available(app, view, kind)?;
    let open = app.files.artifacts().read(&row.path).await.map_err(|error| missing(&error))?;
    Ok(download::attachment(open.file, open.size, &row.filename))
}

fn missing(error: &std::io::Error) -> ApiError {
    if error.kind() == std::io::ErrorKind::NotFound {
        return ApiError::not_found("");
    }
    ApiError::internal(error)
}

async fn send_file(app: &App, visitor: &Visitor, view: &JobView, path: &str) -> Result<Response, ApiError> {
    entitled(visitor, view, "archive")?;
    let row = available(app, view, "archive")?;
    match app.files.artifacts().extract(&row.path, path).await {
        Ok(Some(open)) => Ok(download::attachment(open.file, open.size, path)),
        Ok(None) => Err(ApiError::not_found("")),
        Err(BrowseError::Disk(error)) => Err(missing(&error)),
        Err(BrowseError::Archive(_) | BrowseError::NotText) => {
            Err(ApiError::refused("Bad request - the archive cannot be read"))
        }
    }
}

/// Job tokens open this too, for jobs of their own project.
async fn archive(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, job)): Path<(String, String)>,
    params: Params,
) -> Result<Response, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    let view = jobs::find(&app, &project, &job).await?;
    let kind = params.text("file_type")?.unwrap_or_else(|| "archive".to_owned());
    send(&app, &visitor, &view, &kind).await
}

async fn file(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, job, path)): Path<(String, String, String)>,
) -> Result<Response, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    let view = jobs::find(&app, &project, &job).await?;
    send_file(&app, &visitor, &view, &path).await
}

/// The job of this name in the newest successful pipeline of a ref.
async fn latest(
    app: &App,
    project: &Project,
    reference: String,
    params: &Params,
) -> Result<JobView, ApiError> {
    let wanted = LatestJob { reference, job: params.required("job")? };
    Ok(app.kernel.latest_job(project.id, wanted).await?)
}

async fn latest_archive(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, reference)): Path<(String, String)>,
    params: Params,
) -> Result<Response, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    send(&app, &visitor, &latest(&app, &project, reference, &params).await?, "archive").await
}

async fn latest_file(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, reference, path)): Path<(String, String, String)>,
    params: Params,
) -> Result<Response, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    send_file(&app, &visitor, &latest(&app, &project, reference, &params).await?, &path).await
}

async fn keep(
    State(app): State<App>,
    actor: Actor,
    Path((id, job)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let project = app.own(&actor, &id).await?;
    let view = jobs::find(&app, &project, &job).await?;
    available(&app, &view, "archive")?;
    let act = Act::KeepArtifacts(view.row.id);
    jobs::do_it(&app, &actor, &project, "artifacts_kept", act, view.row.id).await?;
    jobs::again(&app, view.row.id).await
}

async fn remove(
    State(app): State<App>,
    actor: Actor,
    Path((id, job)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let project = app.own(&actor, &id).await?;
    let view = jobs::find(&app, &project, &job).await?;
    let act = Act::DeleteArtifacts(view.row.id);
    jobs::do_it(&app, &actor, &project, "artifacts_removed", act, view.row.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes what all jobs of the project left that are over.
async fn remove_all(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let project = app.own(&actor, &id).await?;
    let mut number = 1;
    loop {
        let filter = JobFilter { retried: true, bridges: Some(false), ..JobFilter::default() };
        let found = app.kernel.jobs(Some(project.id), filter, Page::new(number, 100)).await?;
        for row in found.items.iter().filter(|row| row.status.is_complete()) {
            if !app.kernel.artifacts(row.id).await?.is_empty() {
                app.kernel.act(actor.user.id, Act::DeleteArtifacts(row.id)).await?;
            }
        }
        if u64::from(number) * 100 >= found.total {
            break;
        }
        number += 1;
    }
    app.note(&actor, "artifacts_removed", "all jobs", Some(project.id)).await;
    Ok((StatusCode::ACCEPTED, Json(json!({"message": "202 Accepted"}))).into_response())
}
