//! A job that waits for its runner: all of its payload that is known before.

mod artifacts;
mod environment;
mod images;
mod make;
mod release;
mod steps;
mod variable;

pub use artifacts::ArtifactAccess;
pub use environment::Environment;
pub(crate) use make::Brought;
pub(crate) use steps::RELEASE;
pub use variable::Variable;

use indexmap::IndexMap;
use protocol::{Artifact, CacheEntry, Hook, Image, JobInput, Step};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A job that waits for its runner: all of its payload that is known before.
///
/// It holds what the configuration says, and none of the settings' variables: those come from the context when the job
/// starts, so that a changed secret is used at once and none is stored with the job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// Its stage.
    pub stage: String,
    /// Its tags, expanded.
    pub tags: Vec<String>,
    /// Predefined variables of the job.
    pub predefined: Vec<Variable>,
    /// Variables of the configuration, not expanded.
    pub variables: Vec<Variable>,
    /// Its environment.
    pub environment: Option<Environment>,
    /// `before_script` and `script`, then `release` and `after_script`. Time limits are filled in when it starts.
    pub steps: Vec<Step>,
    /// `hooks`.
    pub hooks: Vec<Hook>,
    /// `image`.
    pub image: Image,
    /// `services`.
    pub services: Vec<Image>,
    /// What it uploads: the archive, then reports.
    pub artifacts: Vec<Artifact>,
    /// Who may fetch what it uploaded.
    #[serde(skip_serializing_if = "ArtifactAccess::is_all")]
    pub artifact_access: ArtifactAccess,
    /// Its caches, their keys without what the project's settings add.
    pub caches: Vec<Cache>,
    /// Time limit of its own, in seconds.
    pub timeout: Option<u64>,
    /// `coverage`, without slashes.
    pub coverage: Option<String>,
    /// Jobs of other pipelines of the family whose artifacts it needs, not expanded.
    pub needs_pipeline: Vec<OtherPipeline>,
    /// Jobs of other projects whose artifacts it needs, not expanded.
    pub needs_project: Vec<OtherProject>,
    /// `id_tokens`: whom each is for, not expanded.
    pub id_tokens: IndexMap<String, Vec<String>>,
    /// `secrets`, as written.
    pub secrets: IndexMap<String, Json>,
    /// `run`, as written.
    pub run: Option<Json>,
    /// `inputs` with their defaults.
    pub inputs: Vec<JobInput>,
    /// What is asked before somebody starts it.
    pub manual_confirmation: Option<String>,
    /// Whether it publishes pages.
    pub pages: bool,
    /// Keywords that nothing here acts on: `dast_configuration`, `identity`.
    pub ignored: Vec<String>,
}

/// A cache of a [`Template`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cache {
    /// As it is sent, but for its key and fallback keys, which get suffixes.
    pub entry: CacheEntry,
    /// Whether protected and other refs share it.
    pub unprotect: bool,
}

/// A job of another pipeline of the family, of which artifacts are needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherPipeline {
    /// The pipeline's number, usually a variable.
    pub pipeline: String,
    /// The job.
    pub job: String,
    /// Whether its artifacts are fetched.
    pub artifacts: bool,
}

/// A job of another project, of which artifacts are needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherProject {
    /// The project's path.
    pub project: String,
    /// The job.
    pub job: String,
    /// The branch or tag.
    pub reference: String,
    /// Whether its artifacts are fetched.
    pub artifacts: bool,
}
