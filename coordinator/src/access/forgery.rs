//! Whether a browser's request comes from a page of ours.
//!
//! Forms and scripts of our pages carry a token of the session ([`matches`]). Where there is no session yet (the
//! sign-in form) and besides, browsers say themselves where a request comes from ([`is_foreign`]).

use http::HeaderMap;
use http::header::{HOST, HeaderName, ORIGIN};
use sha2::{Digest as _, Sha256};

/// The header that scripts carry the session's token in.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-csrf-token");

/// The field that forms carry it in.
pub(crate) const FIELD: &str = "authenticity_token";

/// Whether the token is that of the session.
pub(crate) fn matches(of_session: &str, given: Option<&str>) -> bool {
    let Some(given) = given else { return false };
    !of_session.is_empty() && equal(of_session.as_bytes(), given.as_bytes())
}

/// Whether two texts are equal. How long their hashes take to compare tells nothing of the texts.
fn equal(one: &[u8], other: &[u8]) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}

/// Whether a browser says that the request comes from another site. `url` is the coordinator's own address.
pub(crate) fn is_foreign(headers: &HeaderMap, url: &str) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if text(HeaderName::from_static("sec-fetch-site"))
        .is_some_and(|site| !matches!(site, "same-origin" | "none"))
    {
        return true;
    }
    match text(ORIGIN) {
        None => false,
        Some(origin) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            let own = url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or(rest));
            // Behind a proxy the host is another than that of the address, or the other way round.
            host.is_none() || (host != text(HOST) && host != own)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn foreign(headers: &[(&'static str, &'static str)]) -> bool {
        let pairs = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_foreign(&pairs.collect(), "https://ci.example/ci")
    }

    #[test]
    fn other_sites_are_told_apart() {
        assert!(!foreign(&[]));
        assert!(!foreign(&[("sec-fetch-site", "same-origin"), ("origin", "https://ci.example")]));
        assert!(!foreign(&[("host", "localhost:80"), ("origin", "http://localhost:80")]));
        assert!(foreign(&[("sec-fetch-site", "cross-site")]));
        assert!(foreign(&[("sec-fetch-site", "same-site")]));
        assert!(foreign(&[("host", "localhost:80"), ("origin", "http://localhost:81")]));
        assert!(foreign(&[("origin", "null")]));
        assert!(foreign(&[("origin", "https://ci.example.evil")]));
    }

    #[test]
    fn the_sessions_token_is_wanted() {
        assert!(matches("abc", Some("abc")));
        assert!(!matches("abc", Some("abd")));
        assert!(!matches("abc", Some("ab")));
        assert!(!matches("abc", None));
        assert!(!matches("", Some("")));
    }
}
