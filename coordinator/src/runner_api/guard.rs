//! Callers with wrong tokens: after too many from an address, they are told to wait.
//!
//! Calls with right tokens go on meanwhile: jobs share the address of their runner, and must not be able to silence it.

use super::answer::Refusal;
use crate::access::{Limiter, of_address};
use crate::serve::Peer;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use protocol::header::JOB_STATUS;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

/// Counts wrong tokens.
pub(super) type Wrong = Arc<Limiter<IpAddr>>;

pub(super) async fn guard(State(wrong): State<Wrong>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let name = of_address(Peer::of(&parts).address);
    let response = next.run(Request::from_parts(parts, body)).await;
    // Whoever is told a job's status has its token.
    if response.status() != StatusCode::FORBIDDEN || response.headers().contains_key(JOB_STATUS) {
        return response;
    }
    match wrong.count(&name, Instant::now()) {
        Ok(()) => response,
        Err(wait) => {
            let wait = HeaderValue::from(wait.as_secs().max(1));
            Refusal::told(StatusCode::TOO_MANY_REQUESTS, "").with(RETRY_AFTER, wait).into_response()
        }
    }
}
