//! What is known of a job only when it starts.

use crate::{JobId, Moment, PipelineId};
use ci_yaml::{GivenVariable, User};
use protocol::{ArtifactsFile, Secret};

/// What is known of a job only when it starts: numbers, secrets, the runner, what jobs before it left.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The job.
    pub job: JobId,
    /// Its token; the payload is the only place it goes to.
    pub token: &'a Secret,
    /// Its pipeline.
    pub pipeline: PipelineFacts<'a>,
    /// When the job starts.
    pub started_at: Moment,
    /// How long it waited for a runner, in seconds.
    pub queued_seconds: f64,
    /// How many jobs of the project run on runners of the instance, as text; `+Inf` where nobody counts.
    pub running_count: &'a str,
    /// The runner that takes it; nothing leaves `CI_RUNNER_*` to the runner.
    pub runner: Option<RunnerFacts<'a>>,
    /// What the project's settings say.
    pub project: ProjectFacts<'a>,
    /// How one logs in to the project's registry; nothing where there is none, or no login for it.
    pub registry: Option<RegistryLogin<'a>>,
    /// Who started the job, where that is not who started the pipeline.
    pub user: Option<&'a User>,
    /// Jobs whose artifacts it is to have, in order.
    pub dependencies: &'a [Dependency],
    /// Variables of the dotenv reports of those jobs; of several of a name the last counts.
    pub dotenv: &'a [(String, String)],
    /// Variables given when somebody started this very job.
    pub job_variables: &'a [GivenVariable],
    /// Signs id tokens; nothing where nobody can. Given are the name and whom it is for.
    pub id_tokens: Option<&'a dyn IdTokens>,
    /// Whether a job's `release` is made: by a step that calls `release-cli`.
    pub releases: bool,
}

/// Makes JSON web tokens for `id_tokens`.
pub trait IdTokens {
    /// The token for these audiences; nothing where it cannot be made.
    fn sign(&self, name: &str, audiences: &[String]) -> Option<Secret>;
}

impl std::fmt::Debug for dyn IdTokens + '_ {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdTokens(..)")
    }
}

/// A pipeline, as its jobs are told of it.
#[derive(Clone, Copy, Debug)]
pub struct PipelineFacts<'a> {
    /// Its number.
    pub id: PipelineId,
    /// Its number in the project.
    pub iid: u64,
    /// Its name.
    pub name: Option<&'a str>,
    /// When it was made.
    pub created_at: Moment,
    /// The first characters of the trigger token it was made with.
    pub trigger_short_token: Option<&'a str>,
}

/// What the project's settings say of all its jobs.
#[derive(Clone, Copy, Debug)]
pub struct ProjectFacts<'a> {
    /// Address of the repository, with what is needed to fetch from it.
    pub repository_url: &'a Secret,
    /// Where a runner finds the pipeline's commit.
    pub persistent_ref: PersistentRef,
    /// How many commits are fetched where `GIT_DEPTH` says nothing; all with 0.
    pub depth: i64,
    /// Whether a runner may fetch into a clone that it has.
    pub fetch: bool,
    /// `sha1` or `sha256`.
    pub object_format: &'a str,
    /// Time limit of jobs that have none of their own, in seconds.
    pub timeout: u64,
    /// Time limit of the runner, in seconds.
    pub runner_timeout: Option<u64>,
    /// How often somebody had the caches cleared; nothing where never.
    pub cache_index: Option<u64>,
    /// Whether protected refs have caches of their own.
    pub separate_caches: bool,
}

impl<'a> ProjectFacts<'a> {
    /// What a new project has: an hour, twenty commits, fetches, separate caches.
    pub fn new(repository_url: &'a Secret) -> Self {
        Self {
            repository_url,
            persistent_ref: PersistentRef::Commit,
            depth: 20,
            fetch: true,
            object_format: "sha1",
            timeout: 3600,
            runner_timeout: None,
            cache_index: None,
            separate_caches: true,
        }
    }
}

/// Where a runner finds the pipeline's commit, whatever becomes of its branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersistentRef {
    /// By its id: the forge lets anybody who may read fetch any commit.
    Commit,
    /// In `refs/pipelines/<id>`, which the coordinator makes.
    Pipeline,
    /// Nowhere but in its branch or tag.
    Absent,
}

/// A runner, as jobs are told of it.
#[derive(Clone, Copy, Debug)]
pub struct RunnerFacts<'a> {
    /// Its number.
    pub id: i64,
    /// What it is described as.
    pub description: &'a str,
    /// Its tags.
    pub tags: &'a [String],
}

/// A login for a registry.
#[derive(Clone, Copy, Debug)]
pub struct RegistryLogin<'a> {
    /// The user.
    pub user: &'a str,
    /// The password.
    pub password: &'a Secret,
}

/// A job whose artifacts are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The job.
    pub job: JobId,
    /// Its name.
    pub name: String,
    /// Its archive; nothing where it left none.
    pub archive: Option<ArtifactsFile>,
}

impl<'a> Facts<'a> {
    /// Nothing but what there must be: no runner, no dependencies, no login.
    pub fn new(
        job: JobId,
        token: &'a Secret,
        pipeline: PipelineFacts<'a>,
        project: ProjectFacts<'a>,
        started_at: Moment,
    ) -> Self {
        Self {
            job,
            token,
            pipeline,
            started_at,
            queued_seconds: 0.0,
            running_count: "+Inf",
            runner: None,
            project,
            registry: None,
            user: None,
            dependencies: &[],
            dotenv: &[],
            job_variables: &[],
            id_tokens: None,
            releases: false,
        }
    }
}

/// The time limit of a job in seconds: its own, else the project's, but never more than the runner's.
pub fn timeout(own: Option<u64>, project: u64, runner: Option<u64>) -> u64 {
    let wanted = own.unwrap_or(project);
    runner.filter(|most| *most > 0).map_or(wanted, |most| most.min(wanted))
}

#[cfg(test)]
mod tests {
    use super::timeout;

    #[test]
    fn a_runner_limits_what_a_job_wants() {
        assert_eq!(timeout(None, 3600, None), 3600);
        assert_eq!(timeout(Some(7200), 3600, None), 7200);
        assert_eq!(timeout(Some(7200), 3600, Some(600)), 600);
        assert_eq!(timeout(Some(60), 3600, Some(600)), 60);
        assert_eq!(timeout(Some(60), 3600, Some(0)), 60);
    }
}
