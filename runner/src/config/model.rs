//! The configuration as the rest of the program sees it: defaults applied, variables replaced.

use super::{LogFormat, LogLevel};
use protocol::{RunnerToken, Secret};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use time::OffsetDateTime;

/// The name of the docker executor.
pub(super) const DOCKER: &str = "docker";

/// The whole file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    /// How many jobs may run at a time, all sections together.
    pub(crate) concurrent: usize,
    /// How long a section waits before it asks for a job again.
    pub(crate) check_interval: Duration,
    /// The log level, where the file names one.
    pub(crate) log_level: Option<LogLevel>,
    /// The log format, where the file names one.
    pub(crate) log_format: Option<LogFormat>,
    /// How long a forced stop waits for jobs to end.
    pub(crate) shutdown_timeout: Duration,
    /// How often idle connections are closed; `None` is never, zero is before every request.
    pub(crate) connection_max_age: Option<Duration>,
    /// Where metrics would be served.
    pub(crate) listen_address: Option<String>,
    /// Labels of all sections; each section has them merged in already.
    pub(crate) labels: BTreeMap<String, String>,
    /// The sections, in order.
    pub(crate) runners: Vec<RunnerSection>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            concurrent: 1,
            check_interval: Duration::from_secs(3),
            log_level: None,
            log_format: None,
            shutdown_timeout: Duration::from_secs(30),
            connection_max_age: Some(Duration::from_secs(15 * 60)),
            listen_address: None,
            labels: BTreeMap::new(),
            runners: Vec::new(),
        }
    }
}

/// One `[[runners]]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunnerSection {
    /// The line of the file where the section starts, from 1; 0 if it comes from flags.
    pub(crate) line: usize,
    pub(crate) name: String,
    /// The coordinator's address, variables replaced.
    pub(crate) url: String,
    /// The runner's number in GitLab, 0 if unknown.
    pub(crate) id: i64,
    /// The authentication token, variables replaced.
    pub(crate) token: RunnerToken,
    #[serde(skip)]
    pub(crate) token_obtained_at: Option<OffsetDateTime>,
    /// When the token ends; `None` is never.
    #[serde(skip)]
    pub(crate) token_expires_at: Option<OffsetDateTime>,
    pub(crate) tls_ca_file: Option<PathBuf>,
    pub(crate) tls_cert_file: Option<PathBuf>,
    pub(crate) tls_key_file: Option<PathBuf>,
    /// Most jobs at a time of this token; `None` is no limit.
    pub(crate) limit: Option<usize>,
    /// Most job requests at a time.
    pub(crate) request_concurrency: usize,
    /// Whether a job just received is no reason to ask again at once.
    pub(crate) strict_check_interval: bool,
    /// Longest trace in bytes.
    pub(crate) output_limit: u64,
    /// Refusals in a row before the section is parked.
    pub(crate) unhealthy_requests_limit: u32,
    /// How long it is parked, from the first refusal.
    pub(crate) unhealthy_interval: Duration,
    pub(crate) executor: String,
    pub(crate) builds_dir: Option<PathBuf>,
    pub(crate) cache_dir: Option<PathBuf>,
    /// Replaces the coordinator's address for git.
    pub(crate) clone_url: Option<String>,
    /// Variables for every job.
    pub(crate) environment: Vec<(String, Secret)>,
    pub(crate) scripts: HookScripts,
    /// Bound of the preparation; `None` leaves the job's.
    pub(crate) prepare_timeout: Option<Duration>,
    /// Bound of the git stage; `None` leaves the job's.
    pub(crate) get_sources_timeout: Option<Duration>,
    pub(crate) debug_trace_disabled: bool,
    /// `None` is the executor's default.
    pub(crate) safe_directory_checkout: Option<bool>,
    /// `None` is the executor's default.
    pub(crate) clean_git_config: Option<bool>,
    /// `None` is the executor's default.
    pub(crate) shell: Option<String>,
    /// Whether job scripts run in a login shell.
    pub(crate) login_shell: bool,
    /// From asking a job's processes to end until they are killed.
    pub(crate) graceful_kill_timeout: Duration,
    /// From killing them until they are given up.
    pub(crate) force_kill_timeout: Duration,
    /// The first pause before something of a job is tried again; further ones are longer.
    pub(crate) retry_pause: Duration,
    /// Global labels and the section's own.
    pub(crate) labels: BTreeMap<String, String>,
    /// Whether `GIT_CLONE_PATH` is allowed; `None` is the executor's default.
    pub(crate) custom_build_dir: Option<bool>,
    pub(crate) artifact: ArtifactTimeouts,
    /// `[runners.feature_flags]` as written.
    pub(crate) feature_flags: BTreeMap<String, bool>,
    /// `[runners.docker]`.
    #[serde(default)]
    pub(crate) docker: Option<executor_docker::Settings>,
    /// Why the section cannot be polled, if it cannot.
    #[serde(skip)]
    pub(crate) unusable: Option<Unusable>,
}

/// Scripts of the runner's owner around those of the job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct HookScripts {
    pub(crate) pre_get_sources: Option<String>,
    pub(crate) post_get_sources: Option<String>,
    pub(crate) pre_build: Option<String>,
    pub(crate) post_build: Option<String>,
}

/// `[runners.artifact]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ArtifactTimeouts {
    /// A whole upload.
    pub(crate) upload: Duration,
    /// From the end of the body to the answer.
    pub(crate) response_header: Duration,
}

impl Default for ArtifactTimeouts {
    fn default() -> Self {
        Self { upload: Duration::from_secs(3600), response_header: Duration::from_secs(600) }
    }
}

/// Why a section is not polled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("it has no token")]
    NoToken,
    #[error("it has no url")]
    NoUrl,
    #[error("it has no executor")]
    NoExecutor,
    #[error("missing docker configuration")]
    NoDocker,
    #[error("the {0} executor is not available in this build")]
    Executor(String),
    #[error("the shell {0} is not available in this build")]
    Shell(String),
}

impl RunnerSection {
    /// Whether its jobs run in containers.
    pub(crate) fn is_docker(&self) -> bool {
        self.executor == DOCKER
    }

    /// The configured shell, else gitlab-runner's default.
    pub(crate) fn shell_or_default(&self) -> &str {
        self.shell.as_deref().unwrap_or("bash")
    }
}
