//! `GET /jobs/:id/artifacts`: the archive of another job, for a job that depends on it.

use super::Desk;
use super::answer::Refusal;
use super::params::Params;
use super::range::{Wanted, wanted};
use super::token::{job_id, of_header};
use crate::files::OpenArtifact;
use crate::kernel::Executing;
use crate::model::{ArtifactRow, ProjectRef};
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use pipeline::ArtifactAccess;
use protocol::Secret;
use protocol::header::JOB_TOKEN;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

/// How much is read at a time.
const PIECE: u64 = 256 * 1024;

/// Whether the file comes from here or from elsewhere is the coordinator's choice; `direct_download` changes nothing.
pub(super) async fn download(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let query = Params::of_query(request.uri().query().unwrap_or_default());
    let shown = of_header(request.headers(), JOB_TOKEN)
        .or_else(|| query.text("job_token").or_else(|| query.text("token")).map(Secret::from));
    let token = shown.ok_or_else(Refusal::unauthorized)?;
    let executing = desk.kernel.job_of_token(&token).ok_or_else(Refusal::unauthorized)?;
    desk.kernel.job_seen(executing.job);
    let row = desk.archive(&executing, &id).await?;
    let opened = desk.files.artifacts().read(&row.path).await;
    let opened = opened.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Refusal::not_found(),
        _ => error.into(),
    })?;
    answer(request.headers(), &row, opened)
}

impl Desk {
    /// The archive of a job that the running one may see. What it may not see is not there.
    async fn archive(&self, executing: &Executing, id: &str) -> Result<ArtifactRow, Refusal> {
        let job = job_id(id).map_err(|_| Refusal::not_found())?;
        let rows = self.kernel.artifacts(job).await?;
        let now = self.kernel.now();
        let found = rows.into_iter().find(|row| row.kind == "archive" && row.is_available(now));
        let row = found.ok_or_else(Refusal::not_found)?;
        if row.project != executing.project {
            let project = self.kernel.project(ProjectRef::Id(row.project)).await?;
            let access = self.kernel.job(job).await?.row.artifact_access;
            if project.visibility != "public" || access != ArtifactAccess::All {
                return Err(Refusal::not_found());
            }
        }
        Ok(row)
    }
}

fn answer(asked: &HeaderMap, row: &ArtifactRow, opened: OpenArtifact) -> Result<Response, Refusal> {
    let etag = HeaderValue::from_str(&format!("\"{}\"", row.sha256)).map_err(io::Error::other)?;
    let text = |name| asked.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let same = asked.get(IF_RANGE).is_none_or(|known| *known == etag);
    let range = wanted(text(RANGE).filter(|_| same), opened.size);
    let (status, from, to) = match range {
        Wanted::All => (StatusCode::OK, 0, opened.size),
        Wanted::Part(from, to) => (StatusCode::PARTIAL_CONTENT, from, to),
        Wanted::Nothing => {
            let all = HeaderValue::from_str(&format!("bytes */{}", opened.size)).map_err(io::Error::other)?;
            return Err(Refusal::told(StatusCode::RANGE_NOT_SATISFIABLE, "").with(CONTENT_RANGE, all));
        }
    };
    let mut response = Response::new(stream(opened.file, from, to));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if status == StatusCode::PARTIAL_CONTENT {
        let part = format!("bytes {from}-{}/{}", to - 1, opened.size);
        headers.insert(CONTENT_RANGE, HeaderValue::from_str(&part).map_err(io::Error::other)?);
    }
    headers.insert(CONTENT_LENGTH, (to - from).into());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(ETAG, etag);
    headers.insert(CONTENT_DISPOSITION, disposition(&row.filename));
    Ok(response)
}

/// Bytes of a file, piece by piece: each is read when the one before was taken.
fn stream(file: File, from: u64, to: u64) -> Body {
    let file = Arc::new(file);
    let pieces = futures_util::stream::try_unfold(from, move |at| {
        let file = Arc::clone(&file);
        async move {
            if at >= to {
                return Ok(None);
            }
            let most = usize::try_from((to - at).min(PIECE)).unwrap_or_default();
            let read = tokio::task::spawn_blocking(move || {
                let mut piece = vec![0; most];
                file.read_exact_at(&mut piece, at).map(|()| piece)
            });
            let piece = read.await.map_err(io::Error::other)??;
            let next = at + piece.len() as u64;
            Ok::<_, io::Error>(Some((Bytes::from(piece), next)))
        }
    });
    Body::from_stream(pieces)
}

/// To be saved under its name, never shown.
fn disposition(name: &str) -> HeaderValue {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') { c } else { '_' })
        .collect();
    HeaderValue::from_str(&format!("attachment; filename=\"{plain}\""))
        .unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}
