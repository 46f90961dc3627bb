//! One logical call: its repeats, its redirects, its time limits, and the bounded reading of its answer.

mod exchange;
mod redirect;
mod repeat;

use crate::{
    ApiClient, CallError, Failure, Patience, Waiting,
    base_url::{same_site, shown},
    request_id,
};
use bytes::Bytes;
pub(crate) use exchange::Exchange;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use protocol::{header as names, header::REQUEST_ID};
pub(crate) use redirect::Redirects;
use repeat::Repeats;
pub(crate) use repeat::asked_for;
use reqwest::{Response, Url};
use serde::Serialize;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// Bound on answers whose body carries no more than a message.
pub(crate) const SMALL_ANSWER: u64 = 64 * 1024;
/// Bound on a job's payload.
pub(crate) const JOB_ANSWER: u64 = 64 * 1024 * 1024;

/// How long an attempt may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// From the end of the request to the head of its answer.
    pub(crate) headers: Duration,
    /// For everything.
    pub(crate) total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { headers: Duration::from_secs(600), total: Duration::from_secs(3600) }
    }
}

impl Limits {
    /// For updates of a running job. A job learns from their answers whether to stop, so a coordinator that
    /// takes a request and says nothing must not keep it for the ten minutes that gitlab-runner waits.
    pub(crate) fn of_update() -> Self {
        Self { headers: Duration::from_secs(60), total: Duration::from_secs(300) }
    }
}

/// What a request carries; made anew for every attempt.
pub(crate) enum Body<'a> {
    None,
    Bytes(Bytes),
    /// A body that streams, and a token that is cancelled once it has been handed over.
    Stream(&'a (dyn Fn() -> (reqwest::Body, CancellationToken) + Sync)),
}

/// A request as it is to be sent, as often as it takes.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body<'a>,
    pub(crate) limits: Limits,
    pub(crate) redirects: Redirects,
    /// Attempts in all; one means no repeats.
    pub(crate) attempts: u32,
}

impl<'a> Call<'a> {
    /// A call without a body.
    pub(crate) fn new(method: Method, url: Url) -> Self {
        let (limits, redirects) = (Limits::default(), Redirects::SameSite);
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: Body::None,
            limits,
            redirects,
            attempts: repeat::ATTEMPTS,
        }
    }

    /// Adds a token. It is marked as sensitive, so that no library prints it.
    pub(crate) fn token(mut self, name: &'static str, token: &str) -> Result<Self, CallError> {
        match HeaderValue::from_str(token) {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.headers.insert(HeaderName::from_static(name), value);
                Ok(self)
            }
            Err(_) => Err(self.failed(Failure::Token, String::new())),
        }
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Adds a JSON body.
    pub(crate) fn json(mut self, body: &impl Serialize) -> Result<Self, CallError> {
        match serde_json::to_vec(body) {
            Ok(body) => {
                self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                self.body = Body::Bytes(body.into());
                Ok(self)
            }
            Err(error) => Err(self.failed(Failure::of_json(&error), String::new())),
        }
    }

    /// Says that the answer's body will be decoded.
    pub(crate) fn accept_json(self) -> Self {
        self.header(header::ACCEPT, HeaderValue::from_static("application/json"))
    }

    pub(crate) fn body(mut self, content_type: HeaderValue, body: Body<'a>) -> Self {
        self.headers.insert(header::CONTENT_TYPE, content_type);
        self.body = body;
        self
    }

    pub(crate) fn failed(&self, failure: Failure, correlation_id: String) -> CallError {
        CallError { call: format!("{} {}", self.method, shown(&self.url)), correlation_id, failure }
    }

    fn payload(&self) -> (Option<reqwest::Body>, Option<CancellationToken>) {
        match &self.body {
            Body::None => (None, None),
            Body::Bytes(bytes) => (Some(bytes.clone().into()), None),
            Body::Stream(make) => {
                let (body, sent) = make();
                (Some(body), Some(sent))
            }
        }
    }
}

impl ApiClient {
    /// Sends a call, repeating it as the status asks for, and returns the last answer with its body unread.
    pub(crate) async fn send(&self, mut call: Call<'_>, patience: &Patience) -> Result<Exchange, CallError> {
        let id = request_id::new();
        if let Ok(value) = HeaderValue::from_str(&id) {
            call.headers.insert(REQUEST_ID, value);
        }
        let mut repeats = Repeats::new(call.attempts);
        let mut was_repeated = false;
        loop {
            let deadline = Instant::now() + call.limits.total;
            let attempt = self.follow(&call, deadline).await;
            let response = attempt.map_err(|failure| call.failed(failure, id.clone()))?;
            let mut exchange = Exchange::new(&call, response, deadline, &id);
            was_repeated |= repeat::is_retriable(exchange.status());
            exchange.was_repeated = was_repeated;
            let Some(pause) = repeats.next(exchange.status(), exchange.headers()) else {
                return Ok(exchange);
            };
            let waiting = Waiting {
                method: call.method.to_string(),
                url: shown(&call.url),
                duration: pause.min(patience.longest_wait),
                status: exchange.status().as_u16(),
            };
            if !patience.wait(waiting).await {
                return Ok(exchange);
            }
            exchange.drain().await;
        }
    }

    /// One attempt, with its redirects.
    async fn follow(&self, call: &Call<'_>, deadline: Instant) -> Result<Response, Failure> {
        let mut url = call.url.clone();
        let mut headers = call.headers.clone();
        for _ in 0..=redirect::LIMIT {
            let response = self.once(call, &url, &headers, deadline).await?;
            let Some(next) = redirect::target(call, &url, &response)? else { return Ok(response) };
            if !same_site(&call.url, &next) {
                // Once the coordinator was left, no later redirect gets the token back.
                for name in [names::JOB_TOKEN, names::RUNNER_TOKEN, names::PRIVATE_TOKEN] {
                    headers.remove(name);
                }
            }
            url = next;
        }
        Err(Failure::TooManyRedirects(redirect::LIMIT))
    }

    /// One request, up to the head of its answer.
    async fn once(
        &self,
        call: &Call<'_>,
        url: &Url,
        headers: &HeaderMap,
        deadline: Instant,
    ) -> Result<Response, Failure> {
        let (body, sent) = call.payload();
        let mut request = self.http()?.request(call.method.clone(), url.clone()).headers(headers.clone());
        if let Some(body) = body {
            request = request.body(body);
        }
        let limit = call.limits.headers;
        let headers_late = async {
            if let Some(sent) = sent {
                sent.cancelled().await;
            }
            sleep(limit).await;
        };
        tokio::select! {
            response = request.send() => response.map_err(Failure::of_transport),
            () = headers_late => Err(Failure::Timeout { what: "answer", limit }),
            () = sleep_until(deadline) => Err(Failure::Timeout { what: "answer", limit: call.limits.total }),
        }
    }
}
