//! The parts of a payload.

use super::Variable;
use crate::Secret;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Names and numbers around a job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobInfo {
    /// The job's name.
    pub name: String,
    /// Its stage.
    pub stage: String,
    /// The pipeline's number.
    pub pipeline_id: i64,
    /// The project's number.
    pub project_id: i64,
    /// The project's name.
    pub project_name: String,
    /// The project's path with its namespace.
    pub project_full_path: String,
    /// The namespace's number.
    pub namespace_id: i64,
    /// The top namespace's number.
    pub root_namespace_id: i64,
    /// The organisation's number.
    pub organization_id: i64,
    /// Who started the job.
    pub user_id: i64,
    /// The user that a composite identity acts for, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scoped_user_id: Option<i64>,
    /// Seconds that the job waited.
    pub time_in_queue_seconds: f64,
    /// A count as text: `0`, `1`, … or `+Inf`.
    pub project_jobs_running_on_instance_runners_count: String,
    /// How many jobs wait for such a runner.
    pub queue_size: i64,
    /// At which place of the queue the job was found.
    pub queue_depth: i64,
}

/// What to check out, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GitInfo {
    /// Address of the repository, with credentials in it as a rule; hence never printed.
    pub repo_url: Secret,
    /// `sha1` (also when empty) or `sha256`.
    pub repo_object_format: String,
    /// Branch or tag.
    #[serde(rename = "ref")]
    pub reference: String,
    /// `branch` or `tag`.
    pub ref_type: String,
    /// The commit.
    pub sha: String,
    /// The commit before the push.
    pub before_sha: String,
    /// What to fetch, handed to git as it is.
    pub refspecs: Vec<String>,
    /// How many commits; zero and below mean all.
    pub depth: i64,
    /// Whether the ref is protected; absent in older payloads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protected: Option<bool>,
}

/// What the coordinator says of the runner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunnerInfo {
    /// The job's time limit in seconds.
    pub timeout: i64,
    /// The runner's own id; only ever logged.
    pub uuid: String,
}

/// A job input. Its value may be sensitive, so `Debug` shows the name alone.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobInput {
    /// Its name.
    pub key: String,
    /// Type, content and whether it is sensitive; kept as it came.
    pub value: Value,
}

impl std::fmt::Debug for JobInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobInput").field("key", &self.key).finish_non_exhaustive()
    }
}

/// One script of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    /// `script`, `after_script`, `release`, …
    pub name: String,
    /// Commands; an item may have several lines.
    pub script: Vec<String>,
    /// Sent, and ignored as gitlab-runner does.
    pub timeout: i64,
    /// Sent, and ignored as gitlab-runner does.
    pub when: String,
    /// Sent, and ignored as gitlab-runner does.
    pub allow_failure: bool,
}

/// A script around the checkout: `pre_get_sources_script` or `post_get_sources_script`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hook {
    /// Which hook.
    pub name: String,
    /// Its commands.
    pub script: Vec<String>,
}

/// An image or a service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Image {
    /// The image's name; empty for the runner's default.
    pub name: String,
    /// Host names of a service, separated by commas or blanks.
    pub alias: String,
    /// Replaces the image's command.
    pub command: Vec<String>,
    /// Replaces the image's entrypoint.
    pub entrypoint: Vec<String>,
    /// Ports for the session proxy.
    pub ports: Vec<Port>,
    /// Variables of a service.
    pub variables: Vec<Variable>,
    /// Pull policies in the order to try.
    pub pull_policy: Vec<String>,
    /// Options for one executor; checked by the job engine.
    pub executor_opts: Value,
}

/// A port of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Port {
    /// Its number.
    pub number: i64,
    /// `http` or `https`.
    pub protocol: String,
    /// Its name.
    pub name: String,
}

/// For which results artifacts are uploaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactWhen {
    /// The job succeeded.
    #[default]
    #[serde(alias = "")]
    OnSuccess,
    /// The job failed.
    OnFailure,
    /// Either.
    Always,
    /// A word that this runner does not know: none. Failing the job for it would be worse.
    #[serde(other)]
    Unknown,
}

impl ArtifactWhen {
    /// Whether it applies to a job that ended so.
    pub fn applies(self, success: bool) -> bool {
        match self {
            Self::OnSuccess => success,
            Self::OnFailure => !success,
            Self::Always => true,
            Self::Unknown => false,
        }
    }
}

/// For which results a cache is saved; the words are those of artifacts.
pub type CacheWhen = ArtifactWhen;

/// One upload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Artifact {
    /// Name of the archive, before expansion.
    pub name: String,
    /// Whether files that git does not know belong to it.
    pub untracked: bool,
    /// Patterns of files.
    pub paths: Vec<String>,
    /// Patterns of files to leave out.
    pub exclude: Vec<String>,
    /// For which results.
    pub when: ArtifactWhen,
    /// How long to keep it; passed through.
    pub expire_in: String,
    /// `archive`, `junit`, …
    pub artifact_type: String,
    /// `zip` (also when empty), `gzip`, `raw`, `zipzstd`, `tarzstd`.
    pub artifact_format: String,
}

/// One cache.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CacheEntry {
    /// Its key, before expansion.
    pub key: String,
    /// Whether files that git does not know belong to it.
    pub untracked: bool,
    /// Patterns of files.
    pub paths: Vec<String>,
    /// `pull-push` (also when empty), `pull`, `push`, before expansion.
    pub policy: String,
    /// For which results it is saved.
    pub when: CacheWhen,
    /// Keys to try after the first.
    pub fallback_keys: Vec<String>,
}

/// A login.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Credentials {
    /// Only `registry` is used.
    #[serde(rename = "type")]
    pub kind: String,
    /// Host and port, without a scheme.
    pub url: String,
    /// User name.
    pub username: String,
    /// Password.
    pub password: Secret,
}

/// A job whose artifacts are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dependency {
    /// That job's id.
    pub id: i64,
    /// That job's name.
    pub name: String,
    /// The token to download with.
    pub token: Secret,
    /// What there is; nothing to download without a file name.
    pub artifacts_file: ArtifactsFile,
}

/// An artifact archive of another job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArtifactsFile {
    /// Its file name; empty when there is none.
    pub filename: String,
    /// Its size in bytes.
    pub size: i64,
}

/// What the coordinator can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PayloadFeatures {
    /// Whether section markers are wanted in the trace.
    pub trace_sections: bool,
    /// Further prefixes of tokens to mask.
    pub token_mask_prefixes: Vec<String>,
    /// The failure reasons it understands.
    pub failure_reasons: Vec<String>,
}

/// What a pipeline execution policy says of its job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PolicyOptions {
    /// Whether a policy brought the job about.
    pub execution_policy_job: bool,
    /// The policy's name.
    pub policy_name: String,
    /// Whether variables of users count; nothing means that those of the policy win.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_variables_override_allowed: Option<bool>,
    /// The variables for which the opposite holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_variables_override_exceptions: Option<Vec<String>>,
}
