//! Answers, with GitLab's statuses and texts.

use crate::error::{KernelError, StoreError};
use crate::kernel::{JobAnswer, RunnerError};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use protocol::header::{JOB_STATUS, UPDATE_INTERVAL};
use serde_json::{Value, json};
use std::io;

/// A call that is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    body: Value,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    fn new(status: StatusCode, body: Value) -> Self {
        Self { status, body, headers: Vec::new() }
    }

    /// A status with GitLab's words for it, and a reason where there is one.
    pub(super) fn told(status: StatusCode, reason: &str) -> Self {
        let words = match status {
            StatusCode::BAD_REQUEST => "Bad request",
            StatusCode::PAYLOAD_TOO_LARGE => "Request Entity Too Large",
            status => status.canonical_reason().unwrap_or_default(),
        };
        let dash = if reason.is_empty() { "" } else { " - " };
        Self::new(status, json!({ "message": format!("{} {words}{dash}{reason}", status.as_u16()) }))
    }

    /// 400 for a parameter.
    pub(super) fn parameter(name: &str, wrong: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, json!({ "error": format!("{name} {wrong}") }))
    }

    /// 400 with a reason.
    pub(super) fn bad(reason: &str) -> Self {
        Self::told(StatusCode::BAD_REQUEST, reason)
    }

    /// 401.
    pub(super) fn unauthorized() -> Self {
        Self::told(StatusCode::UNAUTHORIZED, "")
    }

    /// 403.
    pub(super) fn forbidden() -> Self {
        Self::told(StatusCode::FORBIDDEN, "")
    }

    /// 404.
    pub(super) fn not_found() -> Self {
        Self::told(StatusCode::NOT_FOUND, "")
    }

    /// 413.
    pub(super) fn too_large() -> Self {
        Self::told(StatusCode::PAYLOAD_TOO_LARGE, "")
    }

    /// 403 for a job that is not with its runner. Whoever has its token is told its status, which stops a runner.
    pub(super) fn not_running(answer: &JobAnswer) -> Self {
        let reason = if answer.status.is_some() { "Job is not processing on runner" } else { "" };
        let mut this = Self::told(StatusCode::FORBIDDEN, reason);
        this.headers = job_headers(answer);
        this
    }

    /// 503: it is worth a repeat, soon.
    pub(super) fn busy(reason: &str) -> Self {
        Self::told(StatusCode::SERVICE_UNAVAILABLE, reason).with(RETRY_AFTER, 1.into())
    }

    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = json_answer(self.status, &self.body);
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl From<KernelError> for Refusal {
    fn from(error: KernelError) -> Self {
        match error {
            KernelError::NotFound(_) => Self::not_found(),
            KernelError::Invalid { field, message } => {
                Self::new(StatusCode::BAD_REQUEST, json!({ "message": { field: [message] } }))
            }
            KernelError::Forbidden(reason) => Self::told(StatusCode::FORBIDDEN, reason),
            KernelError::Store(StoreError::Busy | StoreError::Full | StoreError::Closed) => {
                tracing::warn!(%error, "a runner's call cannot be served now");
                Self::busy("")
            }
            error => {
                tracing::error!(%error, "a runner's call failed");
                Self::told(StatusCode::INTERNAL_SERVER_ERROR, "")
            }
        }
    }
}

impl From<RunnerError> for Refusal {
    fn from(error: RunnerError) -> Self {
        match error {
            RunnerError::Forbidden => Self::forbidden(),
            RunnerError::NoProject => Self::told(StatusCode::UNPROCESSABLE_ENTITY, "Runner is orphaned"),
            RunnerError::Kernel(error) => error.into(),
        }
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        tracing::error!(%error, "a file of a job cannot be read or written");
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::busy("the disk is full"),
            _ => Self::told(StatusCode::INTERNAL_SERVER_ERROR, ""),
        }
    }
}

/// A JSON answer. The type has no parameters: runners of old compare it as it stands.
pub(super) fn json_answer(status: StatusCode, body: &impl serde::Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(text) => json_bytes(status, text),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

pub(super) fn json_bytes(status: StatusCode, text: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A status, with its number as the body, as GitLab has it.
pub(super) fn number_answer(status: StatusCode) -> Response {
    json_answer(status, &status.as_u16())
}

/// What all answers about a job tell its runner.
pub(super) fn job_headers(answer: &JobAnswer) -> Vec<(HeaderName, HeaderValue)> {
    let status = answer
        .status
        .map(|status| (HeaderName::from_static(JOB_STATUS), HeaderValue::from_static(status.as_str())));
    let interval = (HeaderName::from_static(UPDATE_INTERVAL), HeaderValue::from(answer.interval));
    status.into_iter().chain([interval]).collect()
}

/// An answer about a job.
pub(super) fn job_answer(status: StatusCode, answer: &JobAnswer) -> Response {
    let mut response = number_answer(status);
    response.headers_mut().extend(job_headers(answer));
    response
}
