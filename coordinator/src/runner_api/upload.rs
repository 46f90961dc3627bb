//! `POST /jobs/:id/artifacts`: a file of a job, streamed to the disk. Only 201 is success to a runner.

use super::answer::{Refusal, json_answer, number_answer};
use super::body::{announced, refuse_packed};
use super::form::{self, Uploaded};
use super::linger::{linger, linger_form};
use super::params::Params;
use super::token::{find, job_id};
use super::whole::Shared;
use super::{Desk, expiry, kinds};
use crate::error::KernelError;
use crate::files::junit::Report;
use crate::files::{GunzipError, Received, gunzip};
use crate::kernel::Executing;
use crate::model::{ArtifactRow, ReportRow};
use axum::body::Body;
use axum::extract::{FromRequest as _, Multipart, Path, Request, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use pipeline::JobId;
use pipeline::dotenv;
use protocol::Secret;
use protocol::header::JOB_TOKEN;
use serde_json::json;
use std::io;

/// What a form has beside its file, in bytes.
const AROUND: u64 = 64 * 1024;

/// `POST /jobs/:id/artifacts/authorize`: what GitLab's own proxy asks before it takes an upload.
pub(super) async fn authorize(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let (parts, params) = Params::read(request, 64 * 1024).await?;
    let token = find(&params, &parts.headers, JOB_TOKEN);
    desk.executing(job_id(&id)?, token.as_ref()).await?;
    let limit = desk.files.artifacts().limit();
    if params.number("filesize").is_some_and(|size| u64::try_from(size).is_ok_and(|size| size > limit)) {
        return Err(Refusal::too_large());
    }
    Ok(json_answer(StatusCode::OK, &json!({ "MaximumSize": limit })))
}

pub(super) async fn upload(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let query = Params::of_query(request.uri().query().unwrap_or_default());
    let token = find(&query, request.headers(), JOB_TOKEN);
    let allowed = desk.allowed(&id, token.as_ref(), &query, request.headers()).await;
    let (executing, limit) = match allowed {
        Ok(allowed) => allowed,
        Err(refusal) => {
            linger(request.into_body());
            return Err(refusal);
        }
    };
    let (parts, body) = request.into_parts();
    let body = Shared::new(body);
    let form = Multipart::from_request(Request::from_parts(parts, body.body()), &()).await;
    let mut form = form.map_err(|_| Refusal::bad("the body is no form with a file"))?;
    let incoming = desk.files.artifacts().receive(limit).await?;
    let kernel = desk.kernel.clone();
    let seen = move || kernel.job_seen(executing.job);
    let uploaded = match form::read(&mut form, incoming, seen).await {
        Ok(uploaded) => uploaded,
        Err(refusal) => {
            linger_form(form);
            return Err(refusal);
        }
    };
    body.ended().await?;
    // The job may have ended while its file was on its way.
    let executing = desk.executing(executing.job, token.as_ref()).await?;
    desk.take(&executing, &query, uploaded).await?;
    Ok(number_answer(StatusCode::CREATED))
}

/// What a file is, by what was said of it.
struct About {
    kind: &'static str,
    format: &'static str,
    expire_in: Option<String>,
}

impl About {
    fn of(params: &Params, beside: &Params) -> Result<Self, Refusal> {
        let said = |name: &str| beside.text(name).or_else(|| params.text(name));
        let wrong = |name: &str| Refusal::parameter(name, "does not have a valid value");
        Ok(Self {
            kind: kinds::kind(said("artifact_type").as_deref()).ok_or_else(|| wrong("artifact_type"))?,
            format: kinds::format(said("artifact_format").as_deref())
                .ok_or_else(|| wrong("artifact_format"))?,
            expire_in: said("expire_in"),
        })
    }
}

impl Desk {
    /// Whether an upload may begin, and how large its file may be. Nothing of the body was read yet.
    async fn allowed(
        &self,
        id: &str,
        token: Option<&Secret>,
        query: &Params,
        headers: &HeaderMap,
    ) -> Result<(Executing, u64), Refusal> {
        let executing = self.executing(job_id(id)?, token).await?;
        refuse_packed(headers)?;
        let about = About::of(query, &Params::default())?;
        // Where the form names the type, that is known only when it was read.
        let named = query.text("artifact_type").is_some();
        let limit =
            if named { kinds::limit(about.kind) } else { u64::MAX }.min(self.files.artifacts().limit());
        if announced(headers).is_some_and(|length| length > limit.saturating_add(AROUND)) {
            return Err(Refusal::too_large());
        }
        Ok((executing, limit))
    }

    /// Keeps what came, unless it is there already. What was read out of it is kept before it counts as stored: a
    /// runner that gets no answer sends it again, and then it would be too late.
    async fn take(&self, executing: &Executing, query: &Params, uploaded: Uploaded) -> Result<(), Refusal> {
        let Uploaded { received, filename, params } = uploaded;
        let about = About::of(query, &params)?;
        if received.size > kinds::limit(about.kind) {
            return Err(Refusal::too_large());
        }
        let job = executing.job;
        let known = self.kernel.artifacts(job).await?.into_iter().find(|row| row.kind == about.kind);
        if let Some(known) = known {
            return if known.sha256 == received.sha256 { Ok(()) } else { Err(duplicate()) };
        }
        match (about.kind, about.format) {
            ("dotenv", _) => self.take_dotenv(job, &received).await?,
            ("junit", "gzip") => self.take_junit(job, &received).await?,
            _ => {}
        }
        let now = self.kernel.now();
        let (size, sha256) = (received.size, received.sha256.clone());
        let path = self.files.artifacts().keep(job, about.kind, received).await?;
        let row = ArtifactRow {
            job,
            project: executing.project,
            kind: about.kind.to_owned(),
            format: about.format.to_owned(),
            filename,
            size,
            sha256,
            path: path.clone(),
            expire_at: expiry::expire_at(about.expire_in.as_deref(), self.settings.expire_in, now),
            // The kernel decides that.
            locked: false,
            created_at: now,
        };
        match self.kernel.artifact_stored(row).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let artifacts = self.files.artifacts().clone();
                let _ = tokio::task::spawn_blocking(move || artifacts.remove_path(&path)).await;
                match error {
                    KernelError::Invalid { .. } => Err(duplicate()),
                    error => Err(error.into()),
                }
            }
        }
    }

    /// Variables for later jobs; what cannot be read is refused, which fails the upload.
    async fn take_dotenv(&self, job: JobId, received: &Received) -> Result<(), Refusal> {
        let file = received.reader()?;
        let read = tokio::task::spawn_blocking(move || {
            let mut all = Vec::new();
            gunzip(file, dotenv::MOST_BYTES as u64, |mut content| all.append(&mut content))?;
            Ok::<_, GunzipError>(all)
        });
        let bytes =
            read.await.map_err(io::Error::other)?.map_err(|error| Refusal::bad(&error.to_string()))?;
        let variables = dotenv::parse(&bytes).map_err(|error| Refusal::bad(&error.to_string()))?;
        Ok(self.kernel.dotenv_stored(job, variables).await?)
    }

    /// Test results; what is wrong with them is shown with them.
    async fn take_junit(&self, job: JobId, received: &Received) -> Result<(), Refusal> {
        let file = received.reader()?;
        let read = tokio::task::spawn_blocking(move || serde_json::to_value(Report::read(file)));
        let data = read.await.map_err(io::Error::other)?.map_err(io::Error::other)?;
        Ok(self.kernel.report_stored(ReportRow { job, kind: "junit".to_owned(), data }).await?)
    }
}

fn duplicate() -> Refusal {
    Refusal::bad("another artifact of the same type already exists")
}
