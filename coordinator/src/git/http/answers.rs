//! Answers that are not git's.

use super::super::Denied;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

/// What may not be kept by anybody.
pub(super) const NO_CACHE: &str = "no-cache, max-age=0, must-revalidate";

pub(super) fn plain(status: StatusCode, words: &str) -> Response {
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, NO_CACHE)];
    (status, headers, format!("{words}\n")).into_response()
}

pub(super) fn not_found() -> Response {
    let words =
        "The project you were looking for could not be found or you don't have permission to view it.";
    plain(StatusCode::NOT_FOUND, words)
}

pub(super) fn unavailable() -> Response {
    let mut answer = plain(StatusCode::SERVICE_UNAVAILABLE, "The server is busy. Try again.");
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    answer
}

pub(super) fn moved(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (StatusCode::MOVED_PERMANENTLY, [(LOCATION, location)]).into_response(),
        Err(_) => not_found(),
    }
}

pub(super) fn denied(denied: &Denied) -> Response {
    match denied {
        Denied::Unknown => {
            let words = "HTTP Basic: Access denied. Use a personal access token as password.";
            let mut answer = plain(StatusCode::UNAUTHORIZED, words);
            let realm = HeaderValue::from_static("Basic realm=\"GitLab\"");
            answer.headers_mut().insert(WWW_AUTHENTICATE, realm);
            answer
        }
        Denied::Forbidden(words) => plain(StatusCode::FORBIDDEN, words),
        Denied::NotFound => not_found(),
        Denied::TooOften { after } => {
            let mut answer = plain(StatusCode::TOO_MANY_REQUESTS, "Too many attempts. Try again later.");
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
            answer
        }
        Denied::Unavailable => unavailable(),
    }
}

/// An answer of git's, as it comes.
pub(super) fn stream(kind: &str, body: Body) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, NO_CACHE)], body).into_response()
}
