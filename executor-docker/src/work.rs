//! What one job asks of the executor.

use executor::Workspace;
use protocol::Secret;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Replaces `$NAME` and `${NAME}` by the job's variables.
pub type Expand = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// A job, as far as containers are concerned. Nothing here is expanded yet but the values of variables.
#[derive(Clone)]
pub struct Work {
    /// Who the job is.
    pub identity: Identity,
    /// `image` of the job; its name is empty where the job has none.
    pub image: Ask,
    /// `services` of the job; those of the configuration are not among them.
    pub services: Vec<Ask>,
    /// All variables in their order. File variables have their path as value.
    pub variables: Vec<Variable>,
    /// Expands a text with all variables of the job.
    pub expand: Expand,
    /// Expands a text with those of the payload only, as `container_labels` are.
    pub expand_with_payload: Expand,
    /// Credentials of the payload for registries: address, user, password.
    pub credentials: Vec<Credentials>,
    /// Content of `DOCKER_AUTH_CONFIG`, from the job or the runner's environment.
    pub auth_config: Option<Secret>,
    /// Whether the job's volume for builds is kept for the next one (strategy `fetch`).
    pub keeps_builds: bool,
    /// Whether the job may use what protected refs keep: their volumes are others.
    pub protected: bool,
    /// Whether stages need git, archives or the network: a job without runs without a helper container.
    pub needs_helper: bool,
    /// `FF_NETWORK_PER_BUILD`.
    pub network_per_build: bool,
    /// `FF_USE_INIT_WITH_DOCKER_EXECUTOR`.
    pub uses_init: bool,
    /// `CI_DEBUG_SERVICES`, unless the runner's owner forbids it.
    pub debug_services: bool,
    /// Directories of the job.
    pub workspace: Workspace,
    /// The `cache_dir` of the section, as containers see it: the root of all caches.
    pub cache_root: PathBuf,
    /// From asking commands to end until they are killed.
    pub graceful_kill: Duration,
    /// From killing them until they are given up.
    pub force_kill: Duration,
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// What names and labels are made of.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// The runner's authentication token; only hashed into names.
    pub token: Secret,
    /// Its short form.
    pub short_token: String,
    /// This machine's id.
    pub system_id: String,
    /// The project's number.
    pub project_id: i64,
    /// The job's number.
    pub job_id: i64,
    /// Lowest number not used by a running job of the same runner: `CI_CONCURRENT_ID`.
    pub concurrent_id: u32,
    /// Lowest number not used by a running job of the same runner and project.
    pub concurrent_project_id: u32,
    /// The pipeline's number, as text.
    pub pipeline_id: String,
    /// The job's page.
    pub job_url: String,
    /// The commit.
    pub sha: String,
    /// The commit before.
    pub before_sha: String,
    /// The branch or tag.
    pub reference: String,
    /// The job's timeout.
    pub timeout: Duration,
    /// What finds everything of this job on the engine after a crash: unique for each run of a job.
    pub trail: String,
    /// Who looks for that: the runner with this name for itself, and no other on this machine.
    pub keeper: String,
}

/// An image or a service, as a job asks for it.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The image's name.
    pub name: String,
    /// Further host names of a service, separated by blanks or commas.
    pub alias: String,
    /// Replaces the image's entrypoint unless empty; one empty text means none at all.
    pub entrypoint: Vec<String>,
    /// Replaces the image's command unless empty; services only.
    pub command: Vec<String>,
    /// Variables of a service alone, values expanded.
    pub variables: Vec<Variable>,
    /// Pull policies in the order to try; empty: the configuration's.
    pub pull_policy: Vec<String>,
    /// `docker:platform`.
    pub platform: String,
    /// `docker:user`.
    pub user: String,
}

/// A variable of the job.
#[derive(Clone)]
pub struct Variable {
    /// Its name.
    pub key: String,
    /// Its value; for a file variable the path.
    pub value: String,
    /// Whether services get it.
    pub public: bool,
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variable")
            .field("key", &self.key)
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

/// Credentials for a registry.
#[derive(Clone)]
pub struct Credentials {
    /// Host and port, perhaps with a path.
    pub address: String,
    /// The user.
    pub username: String,
    /// The password.
    pub password: Secret,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("address", &self.address).finish_non_exhaustive()
    }
}
