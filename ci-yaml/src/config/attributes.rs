//! What a job is to do and leave, in GitLab's normal form.
//!
//! Optional parts that are absent do not serialise.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value as Json;
use std::sync::Arc;

/// `image`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Image {
    /// Its name, not expanded.
    pub name: Arc<str>,
    /// Replaces the image's entrypoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<Arc<str>>>,
    /// `docker`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docker: Option<ImageDocker>,
    /// `kubernetes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<ImageKubernetes>,
    /// Pull policies, tried in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_policy: Option<Vec<Arc<str>>>,
}

/// What only the docker executor obeys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageDocker {
    /// `os/arch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Arc<str>>,
    /// The user that runs in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Arc<str>>,
}

/// What only the kubernetes executor obeys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageKubernetes {
    /// The user that runs in it, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Arc<str>>,
}

/// One of `services`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Service {
    /// What it has in common with a job's image.
    #[serde(flatten)]
    pub image: Image,
    /// Host names, separated by spaces or commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<Arc<str>>,
    /// Replaces the image's command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<Arc<str>>>,
    /// Its own variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables: Option<IndexMap<Arc<str>, Arc<str>>>,
}

/// `artifacts`: the keys that were written, normalised.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Artifacts {
    /// The archive's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// Paths to keep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paths: Option<Vec<Arc<str>>>,
    /// Paths to leave out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<Vec<Arc<str>>>,
    /// Whether files that git does not track are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untracked: Option<bool>,
    /// `on_success`, `on_failure` or `always`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Arc<str>>,
    /// How long they are kept, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_in: Option<Arc<str>>,
    /// The name merge requests show them under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expose_as: Option<Arc<str>>,
    /// Whether everybody may fetch them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// Who may fetch them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<Arc<str>>,
    /// Reports by kind: a list of paths each, or the map of `coverage_report`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reports: Option<IndexMap<Arc<str>, Json>>,
}

/// One cache, defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cache {
    /// `key`.
    pub key: CacheKey,
    /// `paths`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paths: Option<Vec<Arc<str>>>,
    /// `untracked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untracked: Option<bool>,
    /// `pull-push`, `pull`, `push`, or a variable.
    pub policy: Arc<str>,
    /// `on_success`, `on_failure` or `always`.
    pub when: Arc<str>,
    /// Whether protected and other refs share it.
    pub unprotect: bool,
    /// Keys to try when there is nothing under the first.
    pub fallback_keys: Vec<Arc<str>>,
}

/// The key of a cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum CacheKey {
    /// A text, not expanded.
    Text(Arc<str>),
    /// Computed from files.
    Files {
        /// Files whose contents count.
        #[serde(skip_serializing_if = "Option::is_none")]
        files: Option<Vec<Arc<str>>>,
        /// Files whose last commits count.
        #[serde(skip_serializing_if = "Option::is_none")]
        files_commits: Option<Vec<Arc<str>>>,
        /// What comes before the digest.
        #[serde(skip_serializing_if = "Option::is_none")]
        prefix: Option<Arc<str>>,
    },
}

/// `environment`, not expanded.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Environment {
    /// Its name.
    pub name: Arc<str>,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Arc<str>>,
    /// `start`, `stop`, `prepare`, `verify` or `access`.
    pub action: Arc<str>,
    /// The job that stops it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_stop: Option<Arc<str>>,
    /// When it stops by itself, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_stop_in: Option<Arc<str>>,
    /// `production`, `staging`, `testing`, `development` or `other`, or a variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_tier: Option<Arc<str>>,
    /// `kubernetes`, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<Json>,
}

/// `retry`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Retry {
    /// How often at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u8>,
    /// For which failure reasons; absent stands for always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Vec<Arc<str>>>,
    /// For which exit codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_codes: Option<Vec<i64>>,
}

/// `hooks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Hooks {
    /// Runs before the sources are fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_get_sources_script: Option<Vec<Arc<str>>>,
}

/// One of `id_tokens`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct IdToken {
    /// Whom it is for, not expanded.
    pub aud: Vec<Arc<str>>,
}

/// `pages` of a job that publishes a site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pages {
    /// The folder that is published.
    pub publish: Arc<str>,
    /// What comes before its path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_prefix: Option<Arc<str>>,
    /// How long it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_in: Option<Arc<str>>,
    /// Whether the folder was named by `publish` and by `pages:publish` both, which is refused.
    #[serde(skip)]
    pub named_twice: bool,
}

/// `release`, not expanded.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Release {
    /// Its tag.
    pub tag_name: Arc<str>,
    /// What the tag says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_message: Option<Arc<str>>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// Its text.
    pub description: Arc<str>,
    /// What the tag points at.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<Arc<str>>,
    /// Milestones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milestones: Option<Vec<Arc<str>>>,
    /// When, in ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub released_at: Option<Arc<str>>,
    /// Links, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assets: Option<Json>,
}
