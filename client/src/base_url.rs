//! The address of a coordinator's API.

use crate::BuildError;
use protocol::header::API_PREFIX;
use reqwest::Url;

/// The address that all paths of the runner API are appended to; ends in `/api/v4/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl(Url);

impl BaseUrl {
    /// Reads a configured `url`: trailing slashes and one trailing `/ci` go, a sub-path stays
    /// (gitlab-runner's `network/client.go`).
    pub(crate) fn parse(configured: &str) -> Result<Self, BuildError> {
        let text = configured.trim();
        if text.is_empty() {
            return Err(BuildError::UrlMissing);
        }
        let text = text.trim_end_matches('/');
        let text = text.strip_suffix("/ci").unwrap_or(text).trim_end_matches('/');
        let mut url = Url::parse(&format!("{text}/{API_PREFIX}"))
            .map_err(|error| BuildError::Url { reason: error.to_string() })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BuildError::Scheme { scheme: url.scheme().to_owned() });
        }
        // The library would take `http:/api/v4/` for a host named `api`.
        let names_host =
            text.split_once("://").is_some_and(|(_, rest)| !rest.starts_with('/') && !rest.is_empty());
        if !names_host || !url.has_host() {
            return Err(BuildError::Url { reason: "it names no host".to_owned() });
        }
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// The address of `path`, which is a constant of this crate with numbers filled in.
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path()));
        url
    }

    pub(crate) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

/// Whether `target` belongs to the coordinator that `origin` names, so that it may get a token: the same host
/// and port, or the same host's https where http was asked. A step back from https to http does not count.
pub(crate) fn same_site(origin: &Url, target: &Url) -> bool {
    if origin.host_str() != target.host_str() {
        return false;
    }
    let ports = (origin.port_or_known_default(), target.port_or_known_default());
    match (origin.scheme(), target.scheme()) {
        (from, to) if from == to => ports.0 == ports.1,
        ("http", "https") => ports.0 == ports.1 || ports == (Some(80), Some(443)),
        _ => false,
    }
}

/// An address as messages show it: without credentials.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Both fail only for addresses that cannot hold credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// Host and port of an address, as messages show them.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or("(no host)");
    match url.port() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_appended_once() {
        for (configured, base) in [
            ("https://gitlab.example.com", "https://gitlab.example.com/api/v4/"),
            ("https://gitlab.example.com/", "https://gitlab.example.com/api/v4/"),
            ("http://h:8080/sub/path/", "http://h:8080/sub/path/api/v4/"),
            ("http://h/ci", "http://h/api/v4/"),
            ("http://h/ci/", "http://h/api/v4/"),
            ("http://h/ci/ci", "http://h/ci/api/v4/"),
            (" http://h ", "http://h/api/v4/"),
        ] {
            assert_eq!(BaseUrl::parse(configured).unwrap().0.as_str(), base, "{configured}");
        }
    }

    #[test]
    fn what_is_no_coordinator_is_refused() {
        for bad in ["", " ", "gitlab.example.com", "ftp://h", "unix:/run/x", "http://", "http://a b/"] {
            assert!(BaseUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn tokens_stay_on_one_site() {
        let same = |a: &str, b: &str| same_site(&Url::parse(a).unwrap(), &Url::parse(b).unwrap());
        assert!(same("http://h/a", "http://h:80/b"));
        assert!(same("http://h/a", "https://h/a"));
        assert!(!same("https://h/a", "http://h/a"));
        assert!(!same("http://h:1/", "http://h:2/"));
        assert!(!same("http://h/", "http://h.example/"));
        assert!(!same("http://h:8080/", "https://h/"));
    }

    #[test]
    fn credentials_are_not_shown() {
        let url = BaseUrl::parse("https://user:hunter2@h/").unwrap().join("jobs/1");
        assert_eq!(shown(&url), "https://h/api/v4/jobs/1");
    }
}
