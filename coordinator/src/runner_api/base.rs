//! The coordinator's address as the one who asks knows it.

use crate::serve::Peer;
use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;

/// Scheme, host and port of a request, without a slash at the end. Nothing where it names no host, or one with more to
/// it than that.
pub(super) fn base(parts: &Parts) -> Option<String> {
    let named = parts.headers.get(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let host = named.or_else(|| parts.uri.authority().cloned())?;
    let is_plain = !host.host().is_empty() && !host.as_str().contains('@');
    let scheme = if Peer::of(parts).tls { "https" } else { "http" };
    is_plain.then(|| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn of(host: Option<&str>, tls: bool) -> Option<String> {
        let mut request = Request::builder().uri("/api/v4/jobs/request");
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(Peer { address: std::net::Ipv4Addr::LOCALHOST.into(), tls });
        base(&parts)
    }

    #[test]
    fn the_host_is_as_it_was_asked_for() {
        assert_eq!(of(Some("172.17.0.1:8929"), false).as_deref(), Some("http://172.17.0.1:8929"));
        assert_eq!(of(Some("ci.example"), true).as_deref(), Some("https://ci.example"));
        assert_eq!(of(Some("[fd00::1]:80"), false).as_deref(), Some("http://[fd00::1]:80"));
    }

    #[test]
    fn what_is_no_host_is_none() {
        for host in
            [None, Some(""), Some(":80"), Some("a b"), Some("user@host"), Some("host/path"), Some("x\ty")]
        {
            assert_eq!(of(host, false), None, "{host:?}");
        }
    }
}
