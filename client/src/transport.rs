//! The connection to one coordinator, renewed when its certificates change or its connections grow old.

use crate::{
    BuildError, Endpoint,
    base_url::BaseUrl,
    tls::{self, ChainSlot},
};
use protocol::RunnerToken;
use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

/// Longest time for a connection to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// Idle connections are closed after that.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// Speaks to one coordinator. Cheap to build: no file but the configured certificates is read.
///
/// Calls take `&self` and may run side by side; they share connections.
pub struct ApiClient {
    endpoint: Endpoint,
    pub(crate) base: BaseUrl,
    transport: Mutex<Transport>,
    pub(crate) last_update: Mutex<Option<(RunnerToken, String)>>,
}

struct Transport {
    client: reqwest::Client,
    chain: Arc<ChainSlot>,
    built: Instant,
    files: Vec<Stamp>,
}

/// A certificate file and when it was last changed; `None` while it does not exist.
type Stamp = (PathBuf, Option<SystemTime>);

impl ApiClient {
    /// Builds a client.
    ///
    /// # Errors
    /// When the address, a proxy or TLS cannot be used at all. Certificate files that cannot be read are only
    /// warned of.
    pub fn new(endpoint: Endpoint) -> Result<Self, BuildError> {
        let base = BaseUrl::parse(&endpoint.url)?;
        let transport = Mutex::new(Transport::build(&endpoint, &base)?);
        Ok(Self { endpoint, base, transport, last_update: Mutex::new(None) })
    }

    /// The settings it was built from.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The HTTP client to use for the next request. Dropping the former one closes its idle connections and
    /// leaves requests on their way alone.
    pub(crate) fn http(&self) -> Result<reqwest::Client, BuildError> {
        let mut transport = self.transport.lock().unwrap_or_else(PoisonError::into_inner);
        if transport.is_stale(&self.endpoint) {
            *transport = Transport::build(&self.endpoint, &self.base)?;
        }
        Ok(transport.client.clone())
    }

    /// The certificates with which the coordinator was verified, PEM.
    pub(crate) fn ca_chain(&self, over_tls: bool) -> Option<String> {
        let transport = self.transport.lock().unwrap_or_else(PoisonError::into_inner);
        transport.chain.pem(over_tls)
    }
}

/// Shows where it connects to, and no token.
impl fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiClient").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Transport {
    fn build(endpoint: &Endpoint, base: &BaseUrl) -> Result<Self, BuildError> {
        // Looked at before the files are read, so a change in between is noticed at the next call.
        let files = stamps(endpoint);
        let tls = tls::build(endpoint, base.host())?;
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.config)
            .http1_only()
            .http1_title_case_headers()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .gzip(true)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(100);
        if !endpoint.user_agent.is_empty() {
            builder = builder.user_agent(&endpoint.user_agent);
        }
        for proxy in endpoint.proxies.build()? {
            builder = builder.proxy(proxy);
        }
        let client = builder
            .build()
            .map_err(|error| BuildError::Http { reason: crate::text::chain(&error.without_url()) })?;
        Ok(Self { client, chain: tls.chain, built: Instant::now(), files })
    }

    fn is_stale(&self, endpoint: &Endpoint) -> bool {
        let limit = endpoint.connection_max_age;
        let aged = !limit.is_zero() && self.built.elapsed() > limit;
        aged || self.files.iter().any(|(path, stamp)| *stamp != changed_at(path))
    }
}

fn stamps(endpoint: &Endpoint) -> Vec<Stamp> {
    [&endpoint.tls_ca_file, &endpoint.tls_cert_file, &endpoint.tls_key_file]
        .into_iter()
        .flatten()
        .map(|path| (path.clone(), changed_at(path)))
        .collect()
}

fn changed_at(path: &PathBuf) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}
