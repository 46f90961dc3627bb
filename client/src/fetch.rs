//! One file from the web: no token goes with it, and what comes is bounded in size and time.

use crate::{BuildError, Endpoint, Failure, Proxies, base_url::authority, tls};
use reqwest::{Response, StatusCode, Url, redirect};
use std::time::Duration;

/// Redirects followed for one file, unless there is a reason to follow none.
pub const REDIRECTS: usize = 5;
/// Attempts in all, as GitLab makes them for `include:remote`.
const ATTEMPTS: u32 = 3;

/// What to get, and its bounds.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// An http or https address.
    pub url: String,
    /// The most bytes that are taken.
    pub limit: u64,
    /// How long all of it may take.
    pub deadline: Duration,
    /// The `User-Agent` of the request.
    pub user_agent: String,
    /// Proxies, as the environment names them.
    pub proxies: Proxies,
    /// How many redirects are followed: [`REDIRECTS`] as a rule.
    pub redirects: usize,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FetchError {
    /// The address or the settings cannot be used.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The server answered otherwise.
    #[error("{host} answered {status}")]
    Status {
        /// Scheme and host that were asked.
        host: String,
        /// The answer.
        status: StatusCode,
    },
    /// There was no whole answer.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl FetchError {
    /// Whether asking again may help.
    fn is_passing(&self) -> bool {
        match self {
            Self::Build(_) => false,
            Self::Status { status, .. } => status.is_server_error(),
            Self::Failed(failure) => matches!(failure, Failure::Transport { .. }),
        }
    }
}

/// Gets a file.
///
/// # Errors
/// Where the address is of no use, the server does not answer with the file, or a bound is exceeded.
pub async fn fetch(what: &Fetch) -> Result<Vec<u8>, FetchError> {
    let whole = async {
        let mut attempt = 1;
        loop {
            match once(what).await {
                Err(error) if error.is_passing() && attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    };
    let late = Failure::Timeout { what: "whole answer", limit: what.deadline };
    tokio::time::timeout(what.deadline, whole).await.unwrap_or(Err(late.into()))
}

async fn once(what: &Fetch) -> Result<Vec<u8>, FetchError> {
    let url = Url::parse(&what.url).map_err(|error| BuildError::Url { reason: error.to_string() })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(BuildError::Scheme { scheme: url.scheme().to_owned() }.into());
    }
    let response = client(what, &url)?.get(url.clone()).send().await.map_err(Failure::of_transport)?;
    let status = response.status();
    if !status.is_success() {
        return Err(FetchError::Status { host: authority(&url), status });
    }
    read(response, what.limit).await
}

async fn read(mut response: Response, limit: u64) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Failure::of_transport)? {
        if (bytes.len() + chunk.len()) as u64 > limit {
            return Err(Failure::TooLarge { limit }.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn client(what: &Fetch, url: &Url) -> Result<reqwest::Client, BuildError> {
    let endpoint = Endpoint { url: what.url.clone(), ..Endpoint::default() };
    let tls = tls::build(&endpoint, url.host_str().unwrap_or_default())?;
    let secure = url.scheme() == "https";
    let redirects = what.redirects;
    let policy = redirect::Policy::custom(move |attempt| {
        let downgraded = secure && attempt.url().scheme() != "https";
        match attempt.previous().len() > redirects || downgraded {
            true => attempt.stop(),
            false => attempt.follow(),
        }
    });
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls.config)
        .http1_only()
        .redirect(policy)
        .referer(false)
        .no_proxy()
        .gzip(true)
        .user_agent(&what.user_agent);
    for proxy in what.proxies.build()? {
        builder = builder.proxy(proxy);
    }
    builder.build().map_err(|error| BuildError::Http { reason: crate::text::chain(&error.without_url()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// Gives each connection the next answer; says where it listens.
    async fn server(answers: &'static [&'static str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        format!("http://{address}/a.yml")
    }

    async fn got(answers: &'static [&'static str]) -> Result<Vec<u8>, FetchError> {
        let url = server(answers).await;
        let deadline = Duration::from_secs(5);
        fetch(&Fetch {
            url,
            limit: 8,
            deadline,
            user_agent: String::new(),
            proxies: Proxies::default(),
            redirects: REDIRECTS,
        })
        .await
    }

    const FINE: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\na: 1";
    const BROKEN: &str = "HTTP/1.1 502 Bad\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    const NONE: &str = "HTTP/1.1 404 None\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    const LARGE: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 9\r\n\r\n123456789";
    const MOVED: &str =
        "HTTP/1.1 302 Found\r\nlocation: /b.yml\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

    #[tokio::test]
    async fn a_file_is_fetched_through_passing_faults_and_redirects() {
        assert_eq!(got(&[BROKEN, BROKEN, FINE]).await.unwrap(), b"a: 1");
        assert_eq!(got(&[MOVED, FINE]).await.unwrap(), b"a: 1");
    }

    #[tokio::test]
    async fn what_is_not_there_or_too_large_is_not_asked_for_again() {
        assert!(matches!(got(&[NONE, FINE]).await, Err(FetchError::Status { status, .. }) if status == 404));
        assert_eq!(got(&[LARGE, FINE]).await, Err(Failure::TooLarge { limit: 8 }.into()));
        let deadline = Duration::from_secs(5);
        let file = Fetch {
            url: "file:///etc/passwd".into(),
            limit: 8,
            deadline,
            user_agent: String::new(),
            proxies: Proxies::default(),
            redirects: REDIRECTS,
        };
        assert!(matches!(fetch(&file).await, Err(FetchError::Build(_))));
    }
}
