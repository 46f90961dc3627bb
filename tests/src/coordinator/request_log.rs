//! What was asked and answered.

use super::call::{Call, Reply};
use super::fault::Fault;
use super::route::Endpoint;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Instant;

/// One request.
#[derive(Clone, Debug)]
pub struct RequestRecord {
    /// Its number, in order of arrival.
    pub number: u64,
    /// When it arrived.
    pub at: Instant,
    /// What it was for.
    pub endpoint: Endpoint,
    /// The job in its path.
    pub job: Option<u64>,
    /// Path and query.
    pub path: String,
    /// Its headers; of several with one name the last.
    pub headers: BTreeMap<String, String>,
    /// Its body, where that is JSON.
    pub body: Option<Value>,
    /// Size of its body.
    pub body_bytes: usize,
    /// The status of the answer; nothing where the connection was cut.
    pub status: Option<u16>,
    /// What went wrong on purpose.
    pub fault: Option<Fault>,
}

impl RequestRecord {
    pub(super) fn begin(call: &Call, path: String, fault: Option<Fault>) -> Self {
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Self {
            number: call.number,
            at: call.at,
            endpoint: call.route.endpoint,
            job: call.route.id,
            path,
            headers: call.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: call.json(),
            body_bytes: call.body.len(),
            status: None,
            fault,
        }
    }

    pub(super) fn answered(mut self, reply: &Reply) -> Self {
        self.status = Some(reply.status);
        self
    }

    /// The state that a `PUT /jobs/:id` names.
    pub fn state(&self) -> Option<&str> {
        self.body.as_ref()?.get("state")?.as_str()
    }

    /// One line about it, without tokens.
    pub(super) fn line(&self) -> String {
        let status = self.status.map_or_else(|| "cut".to_owned(), |code| code.to_string());
        let range = self.headers.get("content-range").map(|r| format!(" {r}")).unwrap_or_default();
        let state = self.state().map(|s| format!(" {s}")).unwrap_or_default();
        let fault = self.fault.as_ref().map(|f| format!(" [{f:?}]")).unwrap_or_default();
        let (endpoint, path) = (self.endpoint, &self.path);
        format!("#{} {endpoint:?} {path}{range}{state} -> {status}{fault}", self.number)
    }
}
