//! A coordinator's address for a process that sees other files than this one.

use crate::{Endpoint, Proxies};
use protocol::Secret;
use serde::{Deserialize, Serialize};
use std::{fmt, fs, path::PathBuf, time::Duration};

/// PEM texts that were read elsewhere. Each takes the place of the file of the same kind.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TlsTexts {
    /// Certificates trusted beside the system's.
    pub ca: Option<String>,
    /// The client's certificate; needs the key.
    pub certificate: Option<String>,
    /// The client's key.
    pub key: Option<Secret>,
}

impl fmt::Debug for TlsTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsTexts(..)")
    }
}

/// An [`Endpoint`] that can be sent: it holds the content of files instead of their paths. Proxies are left out;
/// they are the affair of whoever connects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PortableEndpoint {
    url: Secret,
    tls: TlsTexts,
    verified_chain: Option<String>,
    connection_max_age: Duration,
    user_agent: String,
}

impl Endpoint {
    /// The endpoint with what its files say now. A file that cannot be read is left out with a warning, as it
    /// is when it is used.
    pub fn portable(&self) -> PortableEndpoint {
        let text = |known: Option<String>, file: &Option<PathBuf>| known.or_else(|| read(file.as_ref()?));
        let key = self.tls_texts.key.as_ref().map(|key| key.expose().to_owned());
        PortableEndpoint {
            url: Secret::new(self.url.clone()),
            tls: TlsTexts {
                ca: text(self.tls_texts.ca.clone(), &self.tls_ca_file),
                certificate: text(self.tls_texts.certificate.clone(), &self.tls_cert_file),
                key: text(key, &self.tls_key_file).map(Secret::from),
            },
            verified_chain: self.verified_chain.clone(),
            connection_max_age: self.connection_max_age,
            user_agent: self.user_agent.clone(),
        }
    }
}

impl PortableEndpoint {
    /// The endpoint, to be reached by these proxies.
    pub fn endpoint(self, proxies: Proxies) -> Endpoint {
        Endpoint {
            url: self.url.expose().to_owned(),
            tls_texts: self.tls,
            verified_chain: self.verified_chain,
            connection_max_age: self.connection_max_age,
            user_agent: self.user_agent,
            proxies,
            ..Endpoint::default()
        }
    }
}

fn read(path: &PathBuf) -> Option<String> {
    match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "A certificate file cannot be read, and is not used");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_travel_as_their_content() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            let path = folder.path().join(name);
            fs::write(&path, format!("text of {name}")).unwrap();
            Some(path)
        };
        let endpoint = Endpoint {
            url: "https://user:hunter2@h/".to_owned(),
            tls_ca_file: file("ca"),
            tls_cert_file: Some(folder.path().join("missing")),
            tls_key_file: file("key"),
            verified_chain: Some("chain".to_owned()),
            connection_max_age: Duration::from_secs(7),
            user_agent: "agent".to_owned(),
            proxies: Proxies { http: Some("http://secret@p".to_owned()), ..Proxies::default() },
            ..Endpoint::default()
        };
        let portable = endpoint.portable();
        assert!(!format!("{portable:?}").contains("hunter2") && !format!("{portable:?}").contains("text of"));
        let sent = serde_json::to_string(&portable).unwrap();
        assert!(!sent.contains("secret@p") && !sent.contains(folder.path().to_str().unwrap()));
        folder.close().unwrap();

        let received: PortableEndpoint = serde_json::from_str(&sent).unwrap();
        let arrived = received.endpoint(Proxies::default());
        assert_eq!(arrived.tls_texts.ca.as_deref(), Some("text of ca"));
        assert_eq!(arrived.tls_texts.certificate, None);
        assert_eq!(arrived.tls_texts.key.as_ref().map(Secret::expose), Some("text of key"));
        assert_eq!((arrived.tls_ca_file.as_ref(), arrived.url.as_str()), (None, endpoint.url.as_str()));
        assert_eq!(arrived.portable(), portable, "it may travel on");
    }
}
