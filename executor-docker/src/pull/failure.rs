//! What went wrong with an image, and whose fault it is.

use super::hint::Access;
use crate::auth::one_line;
use bollard::errors::Error as EngineError;

/// Most characters of an answer that are shown.
const SHOWN: usize = 500;

/// Whose fault it is that there is no image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The configuration's or the job's: no such image, no right to it, or no leave to pull it.
    Configuration,
    /// The network's, or that of a registry which does not answer.
    External,
    /// The registry's, which answers, but not with an image.
    Registry,
    /// Nobody's: the engine has no such image, and may not pull it.
    Absent,
    /// The engine's, which does not do its work.
    Engine,
}

/// One failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) class: Class,
    /// What was answered, on one line.
    pub(super) answer: String,
    /// Whether the same may work a moment later.
    pub(super) may_pass: bool,
    /// Whether it is an answer, of a registry or of the engine about one.
    pub(super) answered: bool,
    /// How the registry was asked.
    pub(super) access: Option<Access>,
}

/// Texts by which gitlab-runner tells classes apart, in the order it looks for them.
const CLASSES: [(Class, &[&str]); 3] = [
    (
        Class::External,
        &[
            "dial tcp",
            "connection refused",
            "no such host",
            "i/o timeout",
            "tls handshake",
            "client.timeout exceeded",
            "request canceled",
            "connection reset",
        ],
    ),
    (Class::Configuration, &["not found", "manifest unknown"]),
    (
        Class::Configuration,
        &[
            "pull access denied",
            "access to the resource is denied",
            "no basic auth credentials",
            "repository does not exist or may require",
            "unauthorized",
            "authentication required",
        ],
    ),
];

/// Beyond those: a registry with a fault of its own, or one that hung up.
const PASSING: [&str; 7] = [
    "http status: 5",
    "500 internal server error",
    "502 bad gateway",
    "503 service unavailable",
    "504 gateway",
    "unexpected eof",
    ": eof",
];

impl Failure {
    /// What came back on a request to pull. Secrets that were sent are to be hidden by `conceal`, for a
    /// registry may send them back.
    pub(super) fn of_pull(error: &EngineError, conceal: impl Fn(&str) -> String) -> Self {
        let Some(text) = daemon_text(error) else { return Self::of_engine(error) };
        let answer = one_line(&conceal(text), SHOWN);
        let lower = text.to_lowercase();
        let has = |needles: &[&str]| needles.iter().any(|needle| lower.contains(needle));
        let known = CLASSES.iter().find(|(_, needles)| has(needles));
        let class = known.map_or(Class::Registry, |(class, _)| *class);
        let may_pass = class == Class::External || class == Class::Registry && has(&PASSING);
        Self {
            class,
            answer: format!("Error response from daemon: {answer}"),
            may_pass,
            answered: true,
            access: None,
        }
    }

    /// The engine did not do what it should, which no registry can be blamed for.
    pub(super) fn of_engine(error: &EngineError) -> Self {
        let answer = match daemon_text(error) {
            Some(text) => format!("Error response from daemon: {}", one_line(text, SHOWN)),
            None => format!("the engine does not answer: {}", one_line(&innermost(error), SHOWN)),
        };
        let class = match error {
            EngineError::DockerResponseServerError { status_code: 400, .. } => Class::Configuration,
            _ => Class::Engine,
        };
        Self { class, answer, may_pass: false, answered: false, access: None }
    }

    /// Something that no other try mends.
    pub(super) fn configuration(answer: impl Into<String>) -> Self {
        Self {
            class: Class::Configuration,
            answer: answer.into(),
            may_pass: false,
            answered: false,
            access: None,
        }
    }

    /// Nothing came for a long time.
    pub(super) fn stalled(seconds: u64, moved: bool) -> Self {
        let answer = if moved {
            format!("the pull got stuck: nothing has come for {seconds} s")
        } else {
            format!("the registry does not answer: nothing has come for {seconds} s")
        };
        Self { class: Class::External, answer, may_pass: moved, answered: false, access: None }
    }
}

/// The engine's own words, where it answered.
fn daemon_text(error: &EngineError) -> Option<&str> {
    match error {
        EngineError::DockerResponseServerError { message, .. } => Some(message),
        EngineError::DockerStreamError { error } => Some(error),
        _ => None,
    }
}

/// The layers above it say no more.
fn innermost(error: &EngineError) -> String {
    let mut error: &dyn std::error::Error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Failure {
        Failure::of_pull(&EngineError::DockerStreamError { error: text.to_owned() }, str::to_owned)
    }

    #[test]
    fn classes() {
        use Class::{Configuration, External, Registry};
        for (text, class, may_pass) in [
            (
                "Get \"http://localhost:5/v2/\": dial tcp 127.0.0.1:5: connect: connection refused",
                External,
                true,
            ),
            ("net/http: request canceled (Client.Timeout exceeded while awaiting headers)", External, true),
            ("read tcp 1.2.3.4:5->6.7.8.9:443: read: connection reset by peer", External, true),
            ("lookup registry.example.com: no such host: not found", External, true),
            ("manifest for a:1 not found: manifest unknown: manifest unknown", Configuration, false),
            (
                "pull access denied for a, repository does not exist or may require 'docker login'",
                Configuration,
                false,
            ),
            ("Head \"https://r/v2/a/manifests/1\": no basic auth credentials", Configuration, false),
            ("failed to authorize: 401 Unauthorized", Configuration, false),
            ("toomanyrequests: You have reached your pull rate limit", Registry, false),
            ("received unexpected HTTP status: 500 Internal Server Error", Registry, true),
            ("unexpected EOF", Registry, true),
            ("Get \"https://r/v2/\": EOF", Registry, true),
            ("no matching manifest for linux/arm64 in the manifest list entries", Registry, false),
            ("Get \"https://r/v2/\": x509: certificate signed by unknown authority", Registry, false),
        ] {
            let failure = of(text);
            assert_eq!((failure.class, failure.may_pass), (class, may_pass), "{text}");
            assert_eq!(failure.answer, format!("Error response from daemon: {text}"));
        }
    }

    #[test]
    fn answers_are_one_line_without_what_was_sent() {
        let error = EngineError::DockerResponseServerError {
            status_code: 500,
            message: format!(
                "error parsing HTTP 403 response body: \"<html>\\n\n hunter2 {}\"",
                "x".repeat(9000)
            ),
        };
        let failure = Failure::of_pull(&error, |text| text.replace("hunter2", "[MASKED]"));
        assert!(failure.answer.contains("\"<html>\\n [MASKED] xxx"), "{}", failure.answer);
        assert!(failure.answer.len() < SHOWN + 40 && failure.answer.ends_with("..."));
    }

    #[test]
    fn the_engine_itself() {
        let error = EngineError::from(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
        let failure = Failure::of_pull(&error, str::to_owned);
        assert_eq!(failure.class, Class::Engine, "its socket is no registry");
        assert_eq!(failure.answer, "the engine does not answer: connection refused");
    }
}
