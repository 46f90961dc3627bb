//! Errors as GitLab words them.

use crate::error::{KernelError, RepositoryError, StoreError};
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

/// What a request is refused with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApiError {
    status: StatusCode,
    body: Value,
    retry_after: Option<u64>,
}

impl ApiError {
    fn new(status: StatusCode, body: Value) -> Self {
        Self { status, body, retry_after: None }
    }

    /// A status with `message`, after its number.
    fn told(status: StatusCode, text: &str) -> Self {
        Self::new(status, json!({ "message": format!("{} {text}", status.as_u16()) }))
    }

    /// 400 for a parameter: GitLab puts these under `error`.
    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, json!({ "error": text.into() }))
    }

    /// 400 with a message that is no parameter's.
    pub(crate) fn refused(text: &str) -> Self {
        Self::told(StatusCode::BAD_REQUEST, text)
    }

    /// 400 for values that were checked: texts by field.
    pub(crate) fn field(field: &str, text: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, json!({ "message": { field: [text] } }))
    }

    /// 400 for a whole that cannot be, such as a pipeline without jobs.
    pub(crate) fn base(texts: &[String]) -> Self {
        Self::new(StatusCode::BAD_REQUEST, json!({ "message": { "base": texts } }))
    }

    /// 401.
    pub(crate) fn unauthorized() -> Self {
        Self::told(StatusCode::UNAUTHORIZED, "Unauthorized")
    }

    /// 403.
    pub(crate) fn forbidden(why: &str) -> Self {
        let text = if why.is_empty() { "Forbidden".to_owned() } else { format!("Forbidden - {why}") };
        Self::told(StatusCode::FORBIDDEN, &text)
    }

    /// 403 for a token that does not open this.
    pub(crate) fn insufficient_scope(scope: &str) -> Self {
        let body = json!({
            "error": "insufficient_scope",
            "error_description": "The request requires higher privileges than provided by the access token.",
            "scope": scope,
        });
        Self::new(StatusCode::FORBIDDEN, body)
    }

    /// 404 for a thing, as `Project`.
    pub(crate) fn not_found(what: &str) -> Self {
        let words = what.split(['_', ' ']).filter(|word| !word.is_empty()).map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
        });
        let mut text: Vec<String> = words.flatten().collect();
        text.push("Not Found".to_owned());
        Self::told(StatusCode::NOT_FOUND, &text.join(" "))
    }

    /// 405.
    pub(super) fn not_allowed() -> Self {
        Self::told(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
    }

    /// 408.
    pub(super) fn timeout() -> Self {
        Self::told(StatusCode::REQUEST_TIMEOUT, "Request Timeout")
    }

    /// 409.
    pub(crate) fn conflict(text: &str) -> Self {
        Self::told(StatusCode::CONFLICT, text)
    }

    /// 413.
    pub(super) fn too_large() -> Self {
        Self::told(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
    }

    /// 415.
    pub(super) fn unsupported_body() -> Self {
        let body = json!({ "error": "The provided content-type is not supported." });
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, body)
    }

    /// 429.
    pub(crate) fn too_many(wait: Duration) -> Self {
        let error = Self::told(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests");
        Self { retry_after: Some(wait.as_secs().max(1)), ..error }
    }

    /// 500, said no more of; the log has the rest.
    pub(crate) fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(error = %crate::serve::veiled(&error.to_string()), "A request failed");
        Self::told(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
    }

    /// 503.
    fn unavailable() -> Self {
        let error = Self::told(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
        Self { retry_after: Some(5), ..error }
    }

    /// The body.
    #[cfg(test)]
    pub(super) fn body(&self) -> &Value {
        &self.body
    }
}

impl From<KernelError> for ApiError {
    fn from(error: KernelError) -> Self {
        match &error {
            KernelError::NotFound(what) => Self::not_found(what),
            KernelError::Invalid { field, message } => Self::field(field, message),
            KernelError::Taken(field) => Self::field(field, "has already been taken"),
            KernelError::Forbidden(why) => Self::forbidden(why),
            KernelError::Refused(refused) => Self::forbidden(&refused.to_string()),
            KernelError::Store(StoreError::Busy | StoreError::Full | StoreError::Closed) => {
                tracing::error!(error = %error, "A request failed");
                Self::unavailable()
            }
            KernelError::Repository(RepositoryError::NotFound) => Self::not_found("reference"),
            KernelError::Store(_)
            | KernelError::Repository(RepositoryError::Failed(_))
            | KernelError::Key
            | KernelError::KeyFile(_)
            | KernelError::Internal(_) => Self::internal(&error),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_gitlabs() {
        let of = |error: ApiError| (error.status.as_u16(), error.body.to_string());
        let not_found = of(KernelError::NotFound("project").into());
        assert_eq!(not_found, (404, r#"{"message":"404 Project Not Found"}"#.into()));
        assert_eq!(of(ApiError::not_found("")), (404, r#"{"message":"404 Not Found"}"#.into()));
        assert_eq!(of(ApiError::unauthorized()), (401, r#"{"message":"401 Unauthorized"}"#.into()));
        let invalid = of(KernelError::invalid("key", "is bad").into());
        assert_eq!(invalid, (400, r#"{"message":{"key":["is bad"]}}"#.into()));
        assert_eq!(of(KernelError::Internal("x").into()).1, r#"{"message":"500 Internal Server Error"}"#);
        assert_eq!(of(KernelError::Store(StoreError::Busy).into()).0, 503);
    }

    #[test]
    fn who_asks_too_often_is_told_when_to_come_back() {
        let response = ApiError::too_many(Duration::from_secs(7)).into_response();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()[RETRY_AFTER], "7");
    }
}
