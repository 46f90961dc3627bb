//! Around every request: an id, a line in the log, headers for browsers.

use super::headers::harden;
use super::peer::Peer;
use super::veil::veiled;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use http::header::HeaderName;
use ring::rand::{SecureRandom as _, SystemRandom};
use std::fmt::Write as _;
use std::time::Instant;

/// The header with the request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The target of lines about requests.
pub const TARGET: &str = "coordinator::access";

/// The id of a request, as its answer and the log have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    fn random() -> Self {
        let mut bytes = [0; 12];
        // Without random numbers ids are alike; nothing rests on them.
        let _ = SystemRandom::new().fill(&mut bytes);
        let mut text = String::with_capacity(24);
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }
}

/// Who sent a request, told by what found it out; for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownAs(pub(crate) String);

/// Serves a request with all that goes with it. Of the address only the path is logged: tokens are given in queries.
pub(crate) async fn keep(mut request: Request, next: Next) -> Response {
    let id = RequestId::random();
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let peer = Peer::of(&parts);
    let method = parts.method.clone();
    let path = parts.uri.path().to_owned();
    request = Request::from_parts(parts, body);
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).await;
    harden(&mut response);
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let who = response.extensions().get::<KnownAs>().map(|known| known.0.clone());
    tracing::debug!(
        target: TARGET,
        request = id.0,
        method = %method,
        path = %veiled(&path),
        status = response.status().as_u16(),
        milliseconds = began.elapsed().as_millis(),
        address = %peer.address,
        user = who,
        "request"
    );
    response
}
