//! Around every request: an id, a line in the log, headers for browsers.

use super::headers::harden;
use super::peer::Peer;
use super::veil::veiled;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use http::header::HeaderName;
use http::request::Parts;
use ring::rand::{SecureRandom as _, SystemRandom};
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};
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

/// Who sent a request, for the log: filled in by what finds it out.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownAs(Arc<OnceLock<String>>);

impl KnownAs {
    /// Tells it of the request with these parts.
    pub(crate) fn tell(parts: &Parts, who: impl FnOnce() -> String) {
        if let Some(known) = parts.extensions.get::<Self>() {
            known.0.get_or_init(who);
        }
    }
}

/// Serves a request with all that goes with it. Of the address only the path is logged: tokens are given in queries.
pub(crate) async fn keep(mut request: Request, next: Next) -> Response {
    let id = RequestId::random();
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let peer = Peer::of(&parts);
    let method = parts.method.clone();
    let path = parts.uri.path().to_owned();
    request = Request::from_parts(parts, body);
    let known = KnownAs::default();
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(known.clone());
    let mut response = next.run(request).await;
    harden(&mut response);
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    tracing::debug!(
        target: TARGET,
        request = id.0,
        method = %method,
        path = %veiled(&path),
        status = response.status().as_u16(),
        seconds = began.elapsed().as_secs_f64(),
        address = %peer.address,
        user = known.0.get().map(String::as_str),
        "request"
    );
    response
}
