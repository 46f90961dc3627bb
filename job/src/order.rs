//! All that a job process has to know about its job.

use crate::Sources;
use protocol::{Info, Job};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// A job, and everything around it that its verdict may depend on.
#[derive(Clone, Serialize, Deserialize)]
pub struct Order {
    /// The job as the coordinator handed it out.
    pub payload: Job,
    /// The coordinator's URL as configured, without `/` or `/ci` at its end.
    pub url: String,
    /// Name of the runner, for the header of the trace.
    pub runner_name: String,
    /// Short form of the runner's token.
    pub short_token: String,
    /// This machine's id.
    pub system_id: String,
    /// What the runner says of itself.
    pub info: Info,
    /// Lowest number not used by a running job of the same runner.
    pub concurrent_id: u32,
    /// Lowest number not used by a running job of the same runner and project.
    pub concurrent_project_id: u32,
    /// The job request's `X-Request-Id`, handed on to git.
    pub correlation_id: String,
    /// TLS data that the connection to the coordinator used.
    pub tls: TlsFiles,
    /// What the runner's section says.
    pub settings: Settings,
    /// Where the work tree comes from.
    #[serde(default)]
    pub sources: Sources,
}

/// Shows which job it is: scripts and variables may hold secrets.
impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Order").field("job", &self.payload.id).finish_non_exhaustive()
    }
}

/// PEM texts that a job gets as `CI_SERVER_TLS_*` file variables; empty where there is none.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TlsFiles {
    /// Certificates to trust.
    pub ca: String,
    /// The client's certificate.
    pub cert: String,
    /// The client's key.
    pub key: String,
}

impl std::fmt::Debug for TlsFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TlsFiles(..)")
    }
}

/// The keys of `[[runners]]` that concern a job, with gitlab-runner's defaults.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// `builds_dir`, absolute.
    pub builds_dir: PathBuf,
    /// `cache_dir`, absolute.
    pub cache_dir: PathBuf,
    /// A folder of this machine in which the caches of a job lie whose files are elsewhere, as they do in the
    /// `cache_dir` of a job whose files are here. They are brought to the job and back. Without one they stay where the
    /// job is.
    pub cache_folder: Option<PathBuf>,
    /// Whether the builds directory holds work trees of several runners and of jobs at the same time, so that
    /// each needs a directory of its own; without a word, what is usual for the executor.
    pub shared_builds_dir: Option<bool>,
    /// `shell`: `bash` or `sh`.
    pub shell: String,
    /// `clone_url`.
    pub clone_url: String,
    /// `environment`: `KEY=value` items.
    pub environment: Vec<String>,
    /// `pre_get_sources_script`.
    pub pre_get_sources_script: String,
    /// `post_get_sources_script`.
    pub post_get_sources_script: String,
    /// `pre_build_script`.
    pub pre_build_script: String,
    /// `post_build_script`.
    pub post_build_script: String,
    /// `prepare_timeout`; none means the job's.
    pub prepare_timeout: Option<Duration>,
    /// `get_sources_timeout`; none means the job's.
    pub get_sources_timeout: Option<Duration>,
    /// `output_limit` in bytes.
    pub output_limit: u64,
    /// The trace has no timestamps, whatever the job's flag says: people read it as it is.
    pub plain_log: bool,
    /// Format of caches that are saved where `CACHE_COMPRESSION_FORMAT` is not set; empty stands for gitlab-runner's.
    pub cache_format: String,
    /// `debug_trace_disabled`.
    pub debug_trace_disabled: bool,
    /// `safe_directory_checkout`.
    pub safe_directory_checkout: bool,
    /// `clean_git_config`.
    pub clean_git_config: bool,
    /// `[runners.custom_build_dir] enabled`.
    pub custom_build_dir: bool,
    /// `[runners.feature_flags]`.
    pub feature_flags: BTreeMap<String, bool>,
    /// `[runners.artifact] upload_timeout`.
    pub artifact_upload_timeout: Duration,
    /// `[runners.artifact] response_header_timeout`.
    pub artifact_response_timeout: Duration,
    /// How long the final update is tried.
    pub final_update_limit: Duration,
    /// The pause before what failed is tried again (stages, transfers, preparing) for the first time; it doubles.
    pub retry_pause: Duration,
}

/// Shows the directories: `environment` and scripts may hold secrets.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("builds_dir", &self.builds_dir)
            .field("cache_dir", &self.cache_dir)
            .finish_non_exhaustive()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            builds_dir: PathBuf::new(),
            cache_dir: PathBuf::new(),
            cache_folder: None,
            plain_log: false,
            cache_format: String::new(),
            shared_builds_dir: None,
            shell: "bash".to_owned(),
            clone_url: String::new(),
            environment: Vec::new(),
            pre_get_sources_script: String::new(),
            post_get_sources_script: String::new(),
            pre_build_script: String::new(),
            post_build_script: String::new(),
            prepare_timeout: None,
            get_sources_timeout: None,
            output_limit: 4096 * 1024,
            debug_trace_disabled: false,
            safe_directory_checkout: false,
            clean_git_config: false,
            custom_build_dir: false,
            feature_flags: BTreeMap::new(),
            artifact_upload_timeout: Duration::from_secs(3600),
            artifact_response_timeout: Duration::from_secs(600),
            final_update_limit: Duration::from_secs(48 * 3600),
            retry_pause: Duration::from_millis(250),
        }
    }
}
