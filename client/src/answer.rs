//! What every answer of a coordinator carries, whatever the call.

use crate::{call, jobs, text};
use http::{HeaderMap, StatusCode};
use protocol::{JobStatus, StoredRange, header};
use serde_json::Value;
use std::time::{Duration, SystemTime};

/// An answer as its caller sees it; the body is gone but for its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// `403 Forbidden`, or, where the coordinator gave a reason in JSON, `POST URL: 403 Forbidden (reason)`.
    pub text: String,
    /// The coordinator's `X-Request-Id`, else the one that was sent.
    pub correlation_id: String,
    /// What it says of the job.
    pub job_status: JobStatus,
    /// The pause it wishes for between two updates; never zero.
    pub update_interval: Option<Duration>,
    /// How much of a trace it has stored; zero where it does not say.
    pub stored: StoredRange,
    /// Whether a status that asks for a repeat was seen, even if a repeat then went well.
    pub was_repeated: bool,
    /// The pause before a repeat that it wishes for (`RateLimit-ResetTime`, `Retry-After`).
    pub retry_after: Option<Duration>,
    /// The version of a runner's queue (`X-GitLab-Last-Update`).
    pub last_update: Option<String>,
}

/// The parts of a response from which an [`Answer`] is made.
pub(crate) struct Parts<'a> {
    pub(crate) method: &'a http::Method,
    pub(crate) url: &'a str,
    pub(crate) status: StatusCode,
    pub(crate) reason: Option<&'a str>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) correlation_id: &'a str,
    pub(crate) was_repeated: bool,
}

impl Parts<'_> {
    pub(crate) fn answer(&self) -> Answer {
        Answer {
            status: self.status,
            text: self.text(),
            correlation_id: self.correlation_id.to_owned(),
            job_status: JobStatus::from_header(text_header(self.headers, header::JOB_STATUS)),
            update_interval: interval(text_header(self.headers, header::UPDATE_INTERVAL)),
            stored: StoredRange::parse(text_header(self.headers, header::RANGE)),
            was_repeated: self.was_repeated,
            retry_after: call::asked_for(self.headers, SystemTime::now()),
            last_update: jobs::last_update(self.headers),
        }
    }

    fn text(&self) -> String {
        let line = status_line(self.status, self.reason);
        match self.message() {
            Some(message) => format!("{} {}: {line} ({message})", self.method, self.address()),
            None => line,
        }
    }

    /// The address without its query, as gitlab-runner names it.
    fn address(&self) -> &str {
        self.url.split('?').next().unwrap_or_default()
    }

    /// The `message` of a JSON answer that is not a success.
    fn message(&self) -> Option<String> {
        if self.status.is_success() || !is_json(self.headers) {
            return None;
        }
        let body: Value = serde_json::from_slice(self.body).ok()?;
        let message = flatten(body.get("message")?)?;
        Some(text::tame(&message, text::MESSAGE_LIMIT))
    }
}

/// `403 Forbidden`. Statuses are named as the server does, else as Go does.
fn status_line(status: StatusCode, reason: Option<&str>) -> String {
    let canonical = match status.as_u16() {
        413 => "Request Entity Too Large",
        _ => status.canonical_reason().unwrap_or(""),
    };
    let reason = reason.map_or_else(|| canonical.to_owned(), |reason| text::tame(reason, 64));
    format!("{} {reason}", status.as_u16()).trim_end().to_owned()
}

/// A message is a text, or an object of field to list, which becomes `field: a; b` joined by commas.
fn flatten(message: &Value) -> Option<String> {
    match message {
        Value::String(text) => Some(text.clone()),
        Value::Object(fields) => {
            let parts: Vec<_> =
                fields.iter().map(|(field, problems)| format!("{field}: {}", listed(problems))).collect();
            Some(parts.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}

fn listed(problems: &Value) -> String {
    match problems {
        Value::Array(list) => list.iter().map(listed).collect::<Vec<_>>().join("; "),
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => problems.to_string(),
    }
}

/// Whether an answer claims to be JSON; parameters such as a charset are allowed.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    content_type(headers).eq_ignore_ascii_case("application/json")
}

/// The media type without its parameters.
pub(crate) fn content_type(headers: &HeaderMap) -> &str {
    let value = text_header(headers, "content-type").unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

pub(crate) fn text_header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// A positive whole number of seconds; anything else is ignored.
fn interval(value: Option<&str>) -> Option<Duration> {
    let seconds = value?.trim().parse().ok().filter(|seconds| *seconds > 0)?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(status: u16, content_type: &str, body: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", content_type.parse().unwrap());
        let parts = Parts {
            method: &http::Method::POST,
            url: "http://h/api/v4/x",
            status: StatusCode::from_u16(status).unwrap(),
            reason: None,
            headers: &headers,
            body: body.as_bytes(),
            correlation_id: "",
            was_repeated: false,
        };
        parts.answer().text
    }

    #[test]
    fn messages_are_shown_with_the_call() {
        let json = "application/json; charset=utf-8";
        let call = "POST http://h/api/v4/x";
        assert_eq!(
            text_of(403, json, r#"{"message":"403 Forbidden - no"}"#),
            format!("{call}: 403 Forbidden (403 Forbidden - no)")
        );
        assert_eq!(
            text_of(400, json, r#"{"message":{"a":["x","y"],"b":["z"]}}"#),
            format!("{call}: 400 Bad Request (a: x; y, b: z)")
        );
        assert_eq!(text_of(413, "text/html", "<html>"), "413 Request Entity Too Large");
        assert_eq!(text_of(404, json, "[1"), "404 Not Found");
        assert_eq!(text_of(201, json, r#"{"message":"x"}"#), "201 Created");
        assert_eq!(text_of(599, json, "{}"), "599");
    }

    #[test]
    fn hostile_messages_are_cut_and_tamed() {
        let body = format!(r#"{{"message":"\u001b[31m{}"}}"#, "x".repeat(100_000));
        let text = text_of(400, "application/json", &body);
        assert!(text.len() < 4300);
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn only_positive_intervals_count() {
        assert_eq!(interval(Some("3")), Some(Duration::from_secs(3)));
        for bad in ["0", "-1", "1.5", "x", "", "99999999999999999999999"] {
            assert_eq!(interval(Some(bad)), None, "{bad}");
        }
    }
}
