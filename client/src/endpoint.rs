//! Where a coordinator is, and what it takes to reach it.

use crate::{BuildError, TlsTexts};
use reqwest::{NoProxy, Proxy};
use std::{fmt, path::PathBuf, time::Duration};

/// What is never sent through a proxy, whatever the environment says (as Go's `net/http` has it).
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// One coordinator as configured.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// The configured `url`.
    pub url: String,
    /// Certificates trusted beside the system's, PEM.
    pub tls_ca_file: Option<PathBuf>,
    /// The client's certificate, PEM; needs the key.
    pub tls_cert_file: Option<PathBuf>,
    /// The client's key, PEM.
    pub tls_key_file: Option<PathBuf>,
    /// What these files say, where they are out of sight here.
    pub tls_texts: TlsTexts,
    /// The certificates, PEM, with which another client of ours has verified this coordinator: its
    /// [`ca_chain`](crate::JobOffer::ca_chain). Where they will do, the system's are not even read,
    /// which takes several times as long as all else about a connection.
    pub verified_chain: Option<String>,
    /// How old connections may grow before those that are idle are closed; zero means any age.
    pub connection_max_age: Duration,
    /// The `User-Agent` of every request.
    pub user_agent: String,
    /// Proxies, as the environment names them.
    pub proxies: Proxies,
}

/// Shows no credentials of the address.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = reqwest::Url::parse(&self.url).map(|url| crate::base_url::shown(&url));
        f.debug_struct("Endpoint")
            .field("url", &url.as_deref().unwrap_or("(unusable)"))
            .field("tls_ca_file", &self.tls_ca_file)
            .field("tls_cert_file", &self.tls_cert_file)
            .field("tls_key_file", &self.tls_key_file)
            .field("connection_max_age", &self.connection_max_age)
            .field("user_agent", &self.user_agent)
            .field("proxies", &self.proxies)
            .finish()
    }
}

/// Proxies of the environment. This crate does not read the environment itself.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// `HTTP_PROXY`.
    pub http: Option<String>,
    /// `HTTPS_PROXY`.
    pub https: Option<String>,
    /// `NO_PROXY`.
    pub except: Option<String>,
}

impl Proxies {
    /// Reads the three variables in either case, upper case first; empty ones count as unset.
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let find = |upper: &str, lower: &str| {
            [upper, lower].into_iter().filter_map(&lookup).find(|value| !value.trim().is_empty())
        };
        Self {
            http: find("HTTP_PROXY", "http_proxy"),
            https: find("HTTPS_PROXY", "https_proxy"),
            except: find("NO_PROXY", "no_proxy"),
        }
    }

    /// The proxies as the HTTP library wants them.
    pub(crate) fn build(&self) -> Result<Vec<Proxy>, BuildError> {
        let mut built = Vec::new();
        if let Some(address) = &self.http {
            let proxy = Proxy::http(with_scheme(address));
            built.push(self.finish(proxy, "HTTP_PROXY")?);
        }
        if let Some(address) = &self.https {
            let proxy = Proxy::https(with_scheme(address));
            built.push(self.finish(proxy, "HTTPS_PROXY")?);
        }
        Ok(built)
    }

    fn finish(&self, proxy: reqwest::Result<Proxy>, variable: &'static str) -> Result<Proxy, BuildError> {
        let except = match &self.except {
            Some(list) => format!("{list},{LOOPBACK}"),
            None => LOOPBACK.to_owned(),
        };
        let proxy = proxy.map_err(|_| BuildError::Proxy { variable })?;
        Ok(proxy.no_proxy(NoProxy::from_string(&except)))
    }
}

/// Proxy addresses hold passwords, so only their presence is shown.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies")
            .field("http", &self.http.is_some())
            .field("https", &self.https.is_some())
            .field("except", &self.except)
            .finish()
    }
}

/// Go takes `host:port` for an http proxy.
fn with_scheme(address: &str) -> String {
    let address = address.trim();
    if address.contains("://") { address.to_owned() } else { format!("http://{address}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_case_is_read() {
        let lookup = |name: &str| match name {
            "HTTP_PROXY" => Some(String::new()),
            "http_proxy" => Some("p:3128".to_owned()),
            "NO_PROXY" => Some("a,b".to_owned()),
            "no_proxy" => Some("c".to_owned()),
            _ => None,
        };
        let proxies = Proxies::from_env(lookup);
        assert_eq!(proxies.http.as_deref(), Some("p:3128"));
        assert_eq!(proxies.https, None);
        assert_eq!(proxies.except.as_deref(), Some("a,b"));
        assert_eq!(proxies.build().unwrap().len(), 1);
    }

    #[test]
    fn debug_hides_credentials() {
        let endpoint = Endpoint {
            url: "https://user:hunter2@h/".to_owned(),
            proxies: Proxies { http: Some("http://u:hunter2@p".to_owned()), ..Proxies::default() },
            ..Endpoint::default()
        };
        assert!(!format!("{endpoint:?}").contains("hunter2"));
    }

    #[test]
    fn a_broken_proxy_is_named_by_its_variable() {
        let proxies = Proxies { https: Some("http://".to_owned()), ..Proxies::default() };
        assert_eq!(proxies.build().unwrap_err(), BuildError::Proxy { variable: "HTTPS_PROXY" });
    }
}
