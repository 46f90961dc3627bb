//! What configurations include from outside of the coordinator: nothing, but for addresses that whoever runs it named.
//!
//! Everybody who may push chooses what is included, and the coordinator stands where they do not: next to services that
//! trust their network. So addresses are allowed by their beginnings, read in one way only, and redirects lead nowhere.

use ci_yaml::{FileIssue, SourceError};
use client::{Fetch, FetchError, Proxies, fetch};
use std::sync::Arc;
use std::time::Duration;

/// The largest file.
const FILE: u64 = 2 << 20;
/// How long one may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// What configurations include from outside of the coordinator.
pub trait Web: Send + Sync + 'static {
    /// A file on the web. It may wait.
    ///
    /// # Errors
    /// Where it is not to be had.
    fn remote(&self, url: &str) -> Result<Arc<[u8]>, SourceError>;

    /// One of GitLab's templates, by its name. It may wait.
    ///
    /// # Errors
    /// Where it is not to be had.
    fn template(&self, name: &str) -> Result<Arc<str>, SourceError>;

    /// Whether a host in the address of a component is this coordinator. Others are asked for nothing.
    fn is_here(&self, host: &str) -> bool;
}

/// Files whose addresses begin in one of these ways; without any, nothing from outside.
#[derive(Clone, Debug, Default)]
pub struct AllowedWeb(Vec<Address>);

/// An address that can be read in one way only.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Address {
    /// Scheme and host, in lower case.
    origin: String,
    /// The path, with a slash at its beginning.
    path: String,
}

impl Address {
    /// Nothing for addresses that one program may read otherwise than another, and for those with passwords.
    fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (host, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len()))?;
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'%' | b'@');
        let is_host =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        let fits = matches!(scheme.as_str(), "http" | "https")
            && !host.is_empty()
            && host.bytes().all(is_host)
            && path.bytes().all(plain)
            && !path.split('/').any(|part| matches!(part, "." | ".."));
        let path = if path.is_empty() { "/" } else { path }.to_owned();
        fits.then(|| Self { origin: format!("{scheme}://{}", host.to_ascii_lowercase()), path })
    }

    /// Whether another one is it, or is below it.
    fn covers(&self, other: &Self) -> bool {
        let below = other.path.strip_prefix(self.path.trim_end_matches('/'));
        self.origin == other.origin
            && (self.path == other.path || below.is_some_and(|rest| rest.starts_with('/')))
    }
}

impl AllowedWeb {
    /// Addresses that begin so: `https://files.example/ci/`.
    ///
    /// # Errors
    /// The first of them that is no such beginning.
    pub fn new(beginnings: &[String]) -> Result<Self, String> {
        let read = |text: &String| Address::parse(text.trim()).ok_or_else(|| text.clone());
        beginnings.iter().map(read).collect::<Result<_, _>>().map(Self)
    }
}

impl Web for AllowedWeb {
    fn remote(&self, url: &str) -> Result<Arc<[u8]>, SourceError> {
        let address = Address::parse(url);
        let allowed = address.filter(|address| self.0.iter().any(|of| of.covers(address)));
        let Some(address) = allowed else {
            return Err(unavailable(
                format!("`{}` is included, and this coordinator does not fetch it", shown(url)),
                "put the file into a project of this coordinator and include it with `project` and `file`; whoever runs \
                 the coordinator may allow its address with `--remote-includes`",
            ));
        };
        match fetched(url) {
            Ok(bytes) => Ok(bytes.into()),
            Err(FetchError::Status { status, .. }) if matches!(status.as_u16(), 404 | 410) => {
                Err(FileIssue::Missing.into())
            }
            Err(error) => Err(SourceError::Unavailable {
                what: format!("`{}{}` cannot be fetched: {error}", address.origin, address.path),
                help: None,
            }),
        }
    }

    fn template(&self, name: &str) -> Result<Arc<str>, SourceError> {
        Err(unavailable(
            format!("template `{name}` is included, and this coordinator has no templates"),
            "put it into a project of this coordinator and include it with `project` and `file`",
        ))
    }

    fn is_here(&self, _: &str) -> bool {
        true
    }
}

fn fetched(url: &str) -> Result<Vec<u8>, FetchError> {
    let what = Fetch {
        url: url.to_owned(),
        limit: FILE,
        deadline: DEADLINE,
        user_agent: "runner-coordinator".to_owned(),
        proxies: Proxies::default(),
        redirects: 0,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| client::BuildError::Http { reason: error.to_string() })?;
    runtime.block_on(fetch(&what))
}

pub(super) fn unavailable(what: String, help: &str) -> SourceError {
    SourceError::Unavailable { what, help: Some(help.to_owned()) }
}

/// An address as messages show it: without what may be a secret.
fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or(url);
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    format!("{scheme}://{}/{path}", authority.rsplit('@').next().unwrap_or(authority))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    fn allowed(beginnings: &[&str]) -> AllowedWeb {
        AllowedWeb::new(&beginnings.iter().map(|&text| text.to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn nothing_is_fetched_that_was_not_allowed() {
        // Nobody is asked: these would be refused, or answered, in other words.
        let web = allowed(&["https://files.example/ci", "http://127.0.0.1:1/ok/"]);
        for url in [
            "https://files.example/other.yml",
            "https://files.example/cin/x.yml",
            "https://files.example.evil/ci/x.yml",
            "https://files.example:8443/ci/x.yml",
            "http://files.example/ci/x.yml",
            "https://files.example/ci/../x.yml",
            "https://files.example/ci/%2e%2e/x.yml",
            "https://files.example/ci/..%2fx.yml",
            "https://files.example\\@169.254.169.254/ci/x.yml",
            "https://files.example@169.254.169.254/ci/x.yml",
            "https://user:secret@files.example/ci/x.yml",
            "http://169.254.169.254/latest/meta-data",
            "http://127.0.0.1:1/",
            "http://[::1]/x",
            "file:///etc/passwd",
            "ftp://files.example/ci/x.yml",
            "//files.example/ci/x.yml",
            "https:///ci/x.yml",
            "",
        ] {
            let Err(SourceError::Unavailable { what, help }) = web.remote(url) else { panic!("{url}") };
            assert!(what.contains("does not fetch it") && !what.contains("secret"), "{what}");
            assert!(help.unwrap().contains("--remote-includes"));
        }
        assert!(matches!(
            AllowedWeb::default().remote("https://a.example/x"),
            Err(SourceError::Unavailable { .. })
        ));
    }

    #[test]
    fn beginnings_are_addresses() {
        for wrong in ["files.example", "https://", "*", "ftp://x/", "https://a@b/", "https://a/../b"] {
            assert_eq!(AllowedWeb::new(&[wrong.to_owned()]).unwrap_err(), wrong);
        }
        let address = |text: &str| Address::parse(text).unwrap();
        assert!(address("https://A.example").covers(&address("https://a.example/b/c.yml?d=..#e")));
        assert!(address("https://a.example/b.yml").covers(&address("https://a.example/b.yml")));
    }

    /// Answers as many requests, one after another; its address.
    fn server(answers: &'static [&'static str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        format!("http://{address}")
    }

    #[test]
    fn what_is_allowed_is_fetched_and_leads_nowhere_else() {
        const FINE: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\na: 1";
        const MOVED: &str = "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n";
        const NONE: &str = "HTTP/1.1 404 None\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        let url = server(&[FINE, MOVED, NONE]);
        let web = allowed(&[&url]);
        assert_eq!(&*web.remote(&format!("{url}/a.yml")).unwrap(), b"a: 1");
        let Err(SourceError::Unavailable { what, .. }) = web.remote(&format!("{url}/b.yml")) else {
            panic!()
        };
        assert!(what.contains("302"), "{what}");
        assert_eq!(web.remote(&format!("{url}/c.yml")), Err(FileIssue::Missing.into()));
    }
}
