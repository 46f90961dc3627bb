//! From a section to what the HTTP client needs.

use crate::config::RunnerSection;
use crate::environment::Environment;
use crate::{paths, version};
use client::{Endpoint, Proxies};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How the coordinator of a section is reached. `max_age` is `connection_max_age`: `None` is any age.
pub(crate) fn of_section(
    section: &RunnerSection,
    max_age: Option<Duration>,
    environment: &Environment,
) -> Endpoint {
    let certificates = paths::default_folder(environment).join("certs");
    let host = host(&section.url);
    let found = |given: &Option<PathBuf>, ending: &str| {
        given.clone().or_else(|| present(&certificates, host, ending))
    };
    Endpoint {
        url: section.url.clone(),
        tls_ca_file: found(&section.tls_ca_file, "crt"),
        tls_cert_file: found(&section.tls_cert_file, "auth.crt"),
        tls_key_file: found(&section.tls_key_file, "auth.key"),
        tls_texts: client::TlsTexts::default(),
        verified_chain: None,
        // Zero is any age there; here it is "before every request".
        connection_max_age: max_age.map_or(Duration::ZERO, |age| age.max(Duration::from_nanos(1))),
        user_agent: version::user_agent(),
        proxies: Proxies::from_env(|name| environment.get(name).map(str::to_owned)),
    }
}

/// The file `HOST.ENDING` of the default folder, if it is there.
fn present(folder: &Path, host: Option<&str>, ending: &str) -> Option<PathBuf> {
    let path = folder.join(format!("{}.{ending}", host?));
    path.is_file().then_some(path)
}

/// The host of a URL, without its port. Nothing that could lead to another folder.
fn host(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => host.split(':').next()?,
    };
    (!host.is_empty() && !host.starts_with('.')).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for (url, expected) in [
            ("https://gitlab.example.com/x", Some("gitlab.example.com")),
            ("http://u:p@h:8080", Some("h")),
            ("http://[::1]:80/", Some("::1")),
            ("http://../x", None),
            ("nonsense", None),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }

    #[test]
    fn certificates_beside_the_default_file_are_found() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("gitlab.example.com.crt"), "").unwrap();
        let path = present(home.path(), host("https://gitlab.example.com:8443/"), "crt");
        assert_eq!(path, Some(home.path().join("gitlab.example.com.crt")));
        assert_eq!(present(home.path(), Some("other"), "crt"), None);
    }
}
