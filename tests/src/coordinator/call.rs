//! One request as it came, and one answer as it goes.

use super::route::Route;
use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use serde_json::{Value, json};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

/// The body type of all answers. An error in it cuts the connection.
pub(crate) type AnswerBody = UnsyncBoxBody<Bytes, io::Error>;

/// A request, read whole.
pub(crate) struct Call {
    pub(super) number: u64,
    pub(super) route: Route,
    pub(super) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(super) at: Instant,
    /// The connection will be cut instead of answering.
    pub(super) answer_lost: bool,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Splits a query and undoes percent and plus signs.
pub(crate) fn parse_query(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (percent_decoded(key), percent_decoded(value)))
        .collect()
}

fn percent_decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digits: Vec<u8> = bytes.by_ref().take(2).collect();
                let number = std::str::from_utf8(&digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok());
                out.push(number.unwrap_or(b'?'));
            }
            other => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(super) status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    /// The body ends here although more was announced.
    cut_at: Option<usize>,
}

impl Reply {
    pub(crate) fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), cut_at: None }
    }

    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self::new(status).with("content-type", "application/json").with_body(value.to_string())
    }

    /// GitLab's error body.
    pub(crate) fn message(status: u16, message: &str) -> Self {
        Self::json(status, &json!({ "message": message }))
    }

    pub(crate) fn forbidden() -> Self {
        Self::message(403, "403 Forbidden")
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Announces the whole body and breaks off after half of it.
    pub(crate) fn cut_in_half(mut self) -> Self {
        self.cut_at = Some(self.body.len() / 2);
        self
    }

    pub(crate) fn into_response(self) -> Response<AnswerBody> {
        let mut builder = Response::builder().status(self.status);
        for (name, value) in self.headers {
            builder = builder.header(name, value);
        }
        let body = match self.cut_at {
            None => full(self.body),
            Some(at) => {
                builder = builder.header("content-length", self.body.len());
                BrokenBody { rest: Some(self.body.slice(..at)), paused: false }.boxed_unsync()
            }
        };
        builder.body(body).unwrap_or_else(|error| {
            let mut response = Response::new(full(Bytes::from(error.to_string())));
            *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
    }
}

/// A whole body.
pub(crate) fn full(bytes: Bytes) -> AnswerBody {
    http_body_util::Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// A body that fails after its first piece.
struct BrokenBody {
    rest: Option<Bytes>,
    paused: bool,
}

impl hyper::body::Body for BrokenBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.rest.take() {
            return Poll::Ready(Some(Ok(hyper::body::Frame::data(bytes))));
        }
        if !self.paused {
            // The pause lets what came before out of the buffers.
            self.paused = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::Error::other("cut on purpose"))))
    }
}

#[cfg(test)]
mod tests {
    use super::parse_query;

    #[test]
    fn queries() {
        let pairs = parse_query("artifact_format=zip&expire_in=1+week&x=%C3%BC&flag");
        let expected = [("artifact_format", "zip"), ("expire_in", "1 week"), ("x", "ü"), ("flag", "")];
        assert_eq!(pairs, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
        assert!(parse_query("").is_empty());
    }
}
