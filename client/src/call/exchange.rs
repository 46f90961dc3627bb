//! An answer whose head is there, and whose body is read within bounds.

use super::{Call, SMALL_ANSWER};
use crate::{
    Answer, CallError, Failure,
    answer::{Parts, content_type, is_json, text_header},
    base_url::shown,
    text,
};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode};
use protocol::header::REQUEST_ID;
use reqwest::Response;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long a body is waited for that is no more than a message. The head of its answer has said what counts,
/// and a job's report must not hang on the rest.
const MESSAGE_WAIT: Duration = Duration::from_secs(10);

/// The head of an answer, with its body still to come.
pub(crate) struct Exchange {
    method: Method,
    url: String,
    response: Response,
    deadline: Instant,
    limit: Duration,
    pub(crate) correlation_id: String,
    pub(crate) was_repeated: bool,
}

/// An answer that was read.
pub(crate) struct Finished {
    pub(crate) answer: Answer,
    /// What came of the body.
    pub(crate) body: Bytes,
    /// What cut the body short, if anything did.
    pub(crate) broken: Option<Failure>,
    content_type: String,
    is_json: bool,
    call: String,
}

impl Exchange {
    pub(super) fn new(call: &Call<'_>, response: Response, deadline: Instant, id: &str) -> Self {
        let given = text_header(response.headers(), REQUEST_ID).filter(|id| !id.is_empty());
        Self {
            method: call.method.clone(),
            url: shown(&call.url),
            correlation_id: text::tame(given.unwrap_or(id), 256),
            response,
            deadline,
            limit: call.limits.total,
            was_repeated: false,
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// Whether the answer came over TLS.
    pub(crate) fn over_tls(&self) -> bool {
        self.response.url().scheme() == "https"
    }

    /// The next piece of the body.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        match timeout_at(self.deadline, self.response.chunk()).await {
            Ok(chunk) => chunk.map_err(Failure::of_transport),
            Err(_) => Err(Failure::Timeout { what: "whole answer", limit: self.limit }),
        }
    }

    pub(crate) fn failed(&self, failure: Failure) -> CallError {
        let call = format!("{} {}", self.method, self.url);
        CallError { call, correlation_id: self.correlation_id.clone(), failure }
    }

    /// Reads at most `limit` bytes of the body.
    pub(crate) async fn finish(mut self, limit: u64) -> Finished {
        let (body, broken) = self.read(limit).await;
        let reason = self.response.extensions().get::<hyper::ext::ReasonPhrase>();
        let parts = Parts {
            method: &self.method,
            url: &self.url,
            status: self.response.status(),
            reason: reason.and_then(|reason| std::str::from_utf8(reason.as_bytes()).ok()),
            headers: self.response.headers(),
            body: &body,
            correlation_id: &self.correlation_id,
            was_repeated: self.was_repeated,
        };
        let answer = parts.answer();
        Finished {
            answer,
            broken,
            content_type: text::tame(content_type(self.response.headers()), 100),
            is_json: is_json(self.response.headers()),
            call: format!("{} {}", self.method, self.url),
            body,
        }
    }

    /// Reads a body nobody wants, so that its connection can be used again.
    pub(super) async fn drain(mut self) {
        self.hasten();
        let _ = self.read(SMALL_ANSWER).await;
    }

    /// For calls whose body means nothing but for its message.
    pub(crate) async fn answer(mut self) -> Answer {
        self.hasten();
        self.finish(SMALL_ANSWER).await.answer
    }

    fn hasten(&mut self) {
        self.deadline = self.deadline.min(Instant::now() + MESSAGE_WAIT);
    }

    async fn read(&mut self, limit: u64) -> (Bytes, Option<Failure>) {
        let mut body = BytesMut::new();
        loop {
            match self.chunk().await {
                Ok(None) => return (body.freeze(), None),
                Ok(Some(chunk)) if (body.len() + chunk.len()) as u64 > limit => {
                    return (body.freeze(), Some(Failure::TooLarge { limit }));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Err(failure) => return (body.freeze(), Some(failure)),
            }
        }
    }
}

impl Finished {
    pub(crate) fn failed(&self, failure: Failure) -> CallError {
        CallError { call: self.call.clone(), correlation_id: self.answer.correlation_id.clone(), failure }
    }

    /// The whole body, if it is all there and claims to be JSON.
    pub(crate) fn json_body(&self) -> Result<&Bytes, CallError> {
        if !self.is_json {
            return Err(self.failed(Failure::NotJson { content_type: self.content_type.clone() }));
        }
        match &self.broken {
            Some(failure) => Err(self.failed(failure.clone())),
            None => Ok(&self.body),
        }
    }

    /// The body, decoded.
    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        let body = self.json_body()?;
        serde_json::from_slice(body).map_err(|error| self.failed(Failure::of_json(&error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use reqwest::Url;

    fn stalled(status: u16) -> Exchange {
        let body = reqwest::Body::wrap_stream(stream::pending::<std::io::Result<Bytes>>());
        let response = http::Response::builder().status(status).body(body).unwrap();
        let call = Call::new(Method::PATCH, Url::parse("http://gitlab.example/").unwrap());
        Exchange::new(&call, response.into(), Instant::now() + Duration::from_secs(3600), "id")
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_does_not_wait_for_a_body_that_never_comes() {
        let start = Instant::now();
        assert_eq!(stalled(202).answer().await.status, 202);
        stalled(503).drain().await;
        assert!(start.elapsed() < 3 * MESSAGE_WAIT, "{:?}", start.elapsed());
    }
}
