//! Speaks GitLab's runner API over HTTP.
//!
//! [`ApiClient`] owns the transport to one coordinator: its base address, certificates, proxies, connections,
//! the repeats inside one call and the bounds on what an answer may hold. Each call returns a typed outcome.
//! It leaves to its callers what an outcome means for a job, and when to ask again.
//!
//! Tokens travel in headers and bodies only; no error, log line or `Debug` output of this crate holds one.

mod answer;
mod artifacts;
mod backoff;
mod base_url;
mod call;
mod endpoint;
mod error;
mod fetch;
mod jobs;
mod patience;
mod portable;
mod request_id;
mod runners;
mod text;
mod tls;
mod transport;

pub use answer::Answer;
pub use artifacts::{Download, DownloadOutcome, Saved, Upload, UploadOutcome};
pub use backoff::Backoff;
pub use endpoint::{Endpoint, Proxies};
pub use error::{BuildError, CallError, Failure};
pub use fetch::{Fetch, FetchError, REDIRECTS, fetch};
pub use http::StatusCode;
pub use jobs::{JobOffer, RequestOutcome, TraceChunk};
pub use patience::{Listener, Patience, Waiting};
pub use portable::{PortableEndpoint, TlsTexts};
pub use runners::{TokenOutcome, UnregisterOutcome, VerifyOutcome};
pub use transport::ApiClient;
