//! What the coordinator is started with. Where it comes from (flags, environment, `coordinator.toml`) is the
//! program's matter.

use protocol::Secret;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// The port that is listened on unless told otherwise.
pub const PORT: u16 = 8929;

/// All that a coordinator has to know to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The data folder; made if it is not there.
    pub data: PathBuf,
    /// Where to listen. Port 0 is any free one.
    pub listen: SocketAddr,
    /// How runners and people reach it (`https://ci.example`, a path is allowed); made of the address that is
    /// listened on where nothing is given.
    pub url: Option<String>,
    /// Certificate and key; without them plain HTTP is spoken.
    pub tls: Option<TlsFiles>,
    /// The administrator's token, if it is not to be a random one. Counts at the first start; at a later start it
    /// becomes one more token, if it is not known yet.
    pub admin_token: Option<Secret>,
    /// How addresses begin that configurations may include files from (`include: remote`); none as a rule.
    pub remote_includes: Vec<String>,
    /// What clients may cost.
    pub limits: Limits,
}

/// Where certificate and key are: PEM files, read again on [`crate::Running::reload_tls`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those that vouch for it, its own first.
    pub certificates: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// What clients may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; further ones wait to be accepted.
    pub connections: usize,
    /// Connections of one address at a time; further ones are closed.
    pub connections_of_address: usize,
    /// How long the head of a request may take, and how long a connection may be idle between requests.
    pub head: Duration,
    /// How long a connection may be without any byte in either direction in the middle of a request.
    pub silence: Duration,
    /// How long an API request or a page may take, its body included. Does not count for streams.
    pub request: Duration,
    /// The largest body of an API request or a form, in bytes. Does not count for git, traces and artifacts.
    pub body: usize,
    /// How long requests may go on after the coordinator was told to stop.
    pub stop: Duration,
    /// Attempts to sign in with a password: per minute and address.
    pub sign_ins_of_address: u32,
    /// Attempts to sign in with a password: per minute, account and address. Of all addresses together, a hundred
    /// times as many.
    pub sign_ins_of_account: u32,
    /// Requests with a token that is not known: per minute and address.
    pub unknown_tokens: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 8192,
            connections_of_address: 4096,
            head: Duration::from_secs(30),
            silence: Duration::from_secs(300),
            request: Duration::from_secs(60),
            body: 2 << 20,
            stop: Duration::from_secs(10),
            sign_ins_of_address: 20,
            sign_ins_of_account: 10,
            unknown_tokens: 60,
        }
    }
}

impl Settings {
    /// Plain HTTP on loopback, with this data folder.
    pub fn at(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)),
            url: None,
            tls: None,
            admin_token: None,
            remote_includes: Vec::new(),
            limits: Limits::default(),
        }
    }

    /// The address for runners and people, without a slash at the end, once it is known where is listened.
    pub fn url_at(&self, address: SocketAddr) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        match &self.url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None if address.ip().is_unspecified() => format!("{scheme}://localhost:{}", address.port()),
            None => format!("{scheme}://{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_made_of_what_is_listened_on() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let mut settings = Settings::at("/data");
        assert_eq!(settings.url_at(address("127.0.0.1:80")), "http://127.0.0.1:80");
        assert_eq!(settings.url_at(address("0.0.0.0:8929")), "http://localhost:8929");
        assert_eq!(settings.url_at(address("[::1]:8929")), "http://[::1]:8929");
        settings.tls = Some(TlsFiles { certificates: "c".into(), key: "k".into() });
        assert_eq!(settings.url_at(address("[::]:443")), "https://localhost:443");
        settings.url = Some("https://ci.example/ci/".into());
        assert_eq!(settings.url_at(address("127.0.0.1:80")), "https://ci.example/ci");
    }
}
