//! What a request shows to be let in.

use crate::api::Params;
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName};
use protocol::Secret;

/// The cookie of a session.
pub(crate) const COOKIE_NAME: &str = "_runner_session";

const PRIVATE_TOKEN: HeaderName = HeaderName::from_static("private-token");
const JOB_TOKEN: HeaderName = HeaderName::from_static("job-token");

/// What job tokens begin with.
const OF_JOB: &str = "glcbt-";

/// The longest text that can be a token.
const LONGEST: usize = 512;

/// Something that tells who somebody is.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// A personal access token.
    Token(Secret),
    /// The token of a running job.
    Job(Secret),
    /// The secret of a browser's session.
    Session(Secret),
}

/// What a request shows; the first that it has, as a wrong token must not become a right session.
pub(crate) fn shown(headers: &HeaderMap, params: &Params) -> Option<Credential> {
    let header =
        |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let parameter = |name: &str| params.text(name).ok().flatten();
    let bearer = header(AUTHORIZATION).and_then(|value| bearer(&value).map(str::to_owned));
    if let Some(token) = header(PRIVATE_TOKEN).or_else(|| parameter("private_token")) {
        return Some(Credential::Token(bounded(token)));
    }
    if let Some(token) = bearer.or_else(|| parameter("access_token")) {
        let of = if token.starts_with(OF_JOB) { Credential::Job } else { Credential::Token };
        return Some(of(bounded(token)));
    }
    if let Some(token) = header(JOB_TOKEN).or_else(|| parameter("job_token")) {
        return Some(Credential::Job(bounded(token)));
    }
    cookie(headers).map(|value| Credential::Session(bounded(value)))
}

/// A text that is too long is none that anybody knows.
fn bounded(token: String) -> Secret {
    if token.len() > LONGEST { Secret::new("") } else { Secret::new(token) }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The session's cookie. Of several the first counts, which is that of the longest path.
fn cookie(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use serde_json::json;

    fn of(headers: &[(&'static str, &'static str)], params: serde_json::Value) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        match shown(&map, &Params::of(params)) {
            None => "nothing".into(),
            Some(Credential::Token(secret)) => format!("token {}", secret.expose()),
            Some(Credential::Job(secret)) => format!("job {}", secret.expose()),
            Some(Credential::Session(secret)) => format!("session {}", secret.expose()),
        }
    }

    #[test]
    fn tokens_come_in_many_ways() {
        assert_eq!(of(&[], json!({})), "nothing");
        assert_eq!(of(&[("private-token", "glpat-a")], json!({})), "token glpat-a");
        assert_eq!(of(&[], json!({"private_token": "glpat-a"})), "token glpat-a");
        assert_eq!(of(&[("authorization", "bearer glpat-a")], json!({})), "token glpat-a");
        assert_eq!(of(&[("authorization", "Bearer glcbt-a")], json!({})), "job glcbt-a");
        assert_eq!(of(&[("authorization", "Basic eDp5")], json!({})), "nothing");
        assert_eq!(of(&[("job-token", "glcbt-a")], json!({})), "job glcbt-a");
        assert_eq!(of(&[("cookie", "a=b; _runner_session=s; c=d")], json!({})), "session s");
    }

    #[test]
    fn a_token_comes_before_the_session() {
        let headers = [("cookie", "_runner_session=s"), ("private-token", "wrong")];
        assert_eq!(of(&headers, json!({})), "token wrong");
    }

    #[test]
    fn what_is_far_too_long_is_no_token() {
        assert_eq!(of(&[], json!({"private_token": "x".repeat(100_000)})), "token ");
    }
}
