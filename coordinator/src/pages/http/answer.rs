//! Answers, and the headers that all of them have.

use crate::pages::Ui;
use crate::pages::screens::errors;
use crate::pages::views::{Download, Oops};
use axum::body::Body;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    LOCATION, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderValue, StatusCode};
use maud::Markup;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

/// Only what came with the program may do anything.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// What a job made may do nothing at all.
const SEALED: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

fn answer(status: StatusCode, kind: &'static str, policy: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let mut set =
        |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(CONTENT_TYPE, kind);
    set(CONTENT_SECURITY_POLICY, policy);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    set(REFERRER_POLICY, "same-origin");
    set(CACHE_CONTROL, "private, no-store");
    response
}

/// A page.
pub(super) fn page(markup: Markup) -> Response {
    html(StatusCode::OK, markup)
}

/// A page with a status.
pub(super) fn html(status: StatusCode, markup: Markup) -> Response {
    answer(status, "text/html; charset=utf-8", POLICY, Body::from(markup.into_string()))
}

/// A part of a page that was made by hand.
pub(super) fn fragment(markup: String) -> Response {
    answer(StatusCode::OK, "text/html; charset=utf-8", POLICY, Body::from(markup))
}

/// Data for our script.
pub(super) fn json(value: &impl serde::Serialize) -> Response {
    let body = serde_json::to_vec(value).unwrap_or_default();
    answer(StatusCode::OK, "application/json", POLICY, Body::from(body))
}

/// A stream of changes.
pub(super) fn events(body: Body) -> Response {
    let mut response = answer(StatusCode::OK, "text/event-stream", POLICY, body);
    // A proxy that collects would defeat its purpose.
    response
        .headers_mut()
        .insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// A file of the program: kept for ever, since its name changes with it.
pub(super) fn asset(asset: &crate::pages::assets::Asset) -> Response {
    let mut response = answer(StatusCode::OK, asset.kind, POLICY, Body::from(asset.body.clone()));
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(CACHE_CONTROL, forever);
    response
}

/// Go there, with a page as what was asked for was done.
pub(super) fn see_other(address: &str) -> Response {
    let mut response = answer(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", POLICY, Body::empty());
    if let Ok(value) = HeaderValue::from_str(address) {
        response.headers_mut().insert(LOCATION, value);
    }
    response
}

/// With a cookie.
pub(super) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

/// A page that says why there is none.
pub(super) fn oops(ui: &Ui, oops: &Oops) -> Response {
    let (status, message) = match oops {
        Oops::NotFound => (StatusCode::NOT_FOUND, None),
        Oops::Forbidden => (StatusCode::FORBIDDEN, None),
        Oops::Refused(message) => (StatusCode::UNPROCESSABLE_ENTITY, Some(message.as_str())),
        Oops::Broken(cause) => {
            tracing::error!(page = ui.here, cause, "a page could not be made");
            (StatusCode::INTERNAL_SERVER_ERROR, None)
        }
    };
    html(status, errors::page(ui, status.as_u16(), message))
}

/// What a job wrote, as text and nothing else.
pub(super) fn plain(file: std::fs::File, length: u64, name: Option<&str>) -> Response {
    let reader = tokio::fs::File::from_std(file).take(length);
    let body = Body::from_stream(ReaderStream::with_capacity(reader, 128 << 10));
    let mut response = answer(StatusCode::OK, "text/plain; charset=utf-8", SEALED, body);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    if let Some(name) = name {
        response.headers_mut().insert(CONTENT_DISPOSITION, disposition(name));
    }
    response
}

/// Nothing, as text.
pub(super) fn nothing() -> Response {
    answer(StatusCode::OK, "text/plain; charset=utf-8", SEALED, Body::empty())
}

/// What a job left, to be saved.
pub(super) fn attachment(download: Download) -> Response {
    let mut response = plain(download.file, download.length, Some(&download.name));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    response
}

fn disposition(name: &str) -> HeaderValue {
    let name: String = name.rsplit('/').next().unwrap_or(name).chars().take(200).collect();
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-+@ ".contains(c);
    let plain: String = name.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    let full = crate::pages::ui::escape_query(&name);
    let value = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{full}");
    HeaderValue::from_str(&value).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}
