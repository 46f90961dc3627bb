//! What the kernel is asked, and what it answers.

use crate::model::{GitRef, ParentRow, PipelineVariable, ProjectId, RunnerId, UserId};
use indexmap::IndexMap;
use pipeline::{JobId, Moment, PipelineId, Status};
use protocol::FailureReason;
use serde_json::Value as Json;

/// A pipeline that is to be.
#[derive(Clone, Debug)]
pub struct NewPipeline {
    /// For which project.
    pub project: ProjectId,
    /// What makes it, in the words of `CI_PIPELINE_SOURCE`: `push`, `web`, `api`, `trigger`, `schedule`.
    pub source: String,
    /// For which branch or tag.
    pub reference: GitRef,
    /// Its commit.
    pub sha: String,
    /// What the ref was before, for a push to one that was there.
    pub before_sha: Option<String>,
    /// Who makes it.
    pub user: UserId,
    /// Variables given for it.
    pub variables: Vec<PipelineVariable>,
    /// Whether the push option `ci.skip` was given.
    pub skip: bool,
    /// Inputs of the configuration.
    pub inputs: IndexMap<String, Json>,
    /// The bridge that starts it; the kernel fills it in for bridges of its own.
    pub parent: Option<ParentRow>,
}

impl NewPipeline {
    /// A push to a branch or tag.
    pub fn push(project: ProjectId, reference: GitRef, sha: impl Into<String>, user: UserId) -> Self {
        Self {
            project,
            source: "push".into(),
            reference,
            sha: sha.into(),
            before_sha: None,
            user,
            variables: Vec::new(),
            skip: false,
            inputs: IndexMap::new(),
            parent: None,
        }
    }
}

/// What became of a pipeline that was to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is there.
    Pipeline(PipelineId),
    /// It is there, without jobs: `[ci skip]`.
    Skipped(PipelineId),
    /// There is none: rules let no job through.
    None {
        /// Why, in GitLab's words.
        message: String,
    },
    /// The configuration is wrong.
    Invalid {
        /// The failed pipeline; for a push only.
        pipeline: Option<PipelineId>,
        /// What is wrong.
        errors: Vec<String>,
    },
}

/// Something a person wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Start a manual or delayed job.
    Play {
        /// The job.
        job: JobId,
        /// Variables for it.
        variables: Vec<PipelineVariable>,
    },
    /// Have a job once more.
    Retry(JobId),
    /// Have all jobs once more that did not succeed.
    RetryPipeline(PipelineId),
    /// Cancel a job.
    CancelJob {
        /// The job.
        job: JobId,
        /// Without waiting for its `after_script`; only where it is being canceled.
        force: bool,
    },
    /// Cancel a pipeline.
    CancelPipeline(PipelineId),
    /// Stop the timer of a delayed job.
    Unschedule(JobId),
    /// Remove trace and artifacts of a job.
    Erase(JobId),
    /// Let the artifacts of a job stay.
    KeepArtifacts(JobId),
    /// Remove the artifacts of a job.
    DeleteArtifacts(JobId),
    /// Remove a pipeline with all that is of it.
    DeletePipeline(PipelineId),
    /// Start all manual jobs of a stage.
    PlayStage {
        /// The pipeline.
        pipeline: PipelineId,
        /// The stage.
        stage: String,
    },
}

/// What became of an [`Act`].
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Acted {
    /// The pipeline.
    pub pipeline: Option<PipelineId>,
    /// The job: the new one where a job is had once more.
    pub job: Option<JobId>,
}

/// Who a runner's machine is, from its request.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// What it calls itself; empty for old ones.
    pub system_id: String,
    /// What it says of itself.
    pub info: protocol::Info,
    /// The address it comes from.
    pub ip_address: Option<String>,
    /// The coordinator's address as it knows it, without a slash at the end. Its jobs are told this one; where there
    /// is none, the coordinator's own.
    pub base: Option<String>,
}

/// What a runner gets that asks for a job.
#[derive(Debug)]
pub enum Handout {
    /// A job: 201.
    Job(Box<protocol::Job>),
    /// Nothing: 204.
    Nothing {
        /// The version of its queue.
        last_update: String,
    },
    /// It is paused: 204.
    Paused {
        /// The version of its queue.
        last_update: String,
    },
    /// There was one, and it was lost: 409.
    Conflict,
}

/// Why a runner gets no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunnerError {
    /// Its token is unknown, or expired: 403.
    #[error("403 Forbidden")]
    Forbidden,
    /// It has no project left: 422.
    #[error("the runner has no project")]
    NoProject,
    /// Something else: 500, or 503 while the database is busy.
    #[error(transparent)]
    Kernel(#[from] crate::error::KernelError),
}

impl From<crate::error::StoreError> for RunnerError {
    fn from(error: crate::error::StoreError) -> Self {
        Self::Kernel(error.into())
    }
}

impl From<rusqlite::Error> for RunnerError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Kernel(error.into())
    }
}

/// What a runner says of its job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobWord {
    /// It is alive.
    Alive,
    /// The job succeeded.
    Success,
    /// The job failed.
    Failed {
        /// Why; an absent reason is `unknown_failure`.
        reason: Option<FailureReason>,
        /// The script's exit code.
        exit_code: Option<i64>,
    },
}

/// What a call about a job is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobAnswer {
    /// What it means.
    pub verdict: JobVerdict,
    /// For the header `Job-Status`; nothing where the token is not the job's.
    pub status: Option<Status>,
    /// For the header `X-GitLab-Trace-Update-Interval`, in seconds.
    pub interval: u64,
}

/// What a call about a job comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobVerdict {
    /// It was taken: 200.
    Accepted,
    /// The job is not with a runner, or the token is not its token: 403.
    Forbidden,
}

/// A job that a runner works on, as calls about it find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executing {
    /// The job.
    pub job: JobId,
    /// Its pipeline.
    pub pipeline: PipelineId,
    /// Its project.
    pub project: ProjectId,
    /// Its runner.
    pub runner: RunnerId,
    /// `running` or `canceling`.
    pub status: Status,
    /// Who it runs for.
    pub user: UserId,
    /// When it started.
    pub started_at: Moment,
    /// Its time limit in seconds.
    pub timeout: u64,
}

/// What one runner has against a pending job. Without reasons it would take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunnerOpinion {
    /// The runner.
    pub runner: RunnerId,
    /// What it is called.
    pub description: String,
    /// Why it does not take the job.
    pub reasons: Vec<Reason>,
    /// How many jobs it has now.
    pub running: usize,
    /// How many of its machines ask for jobs at this moment.
    pub waiting: usize,
}

/// Why a runner does not take a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is of other projects.
    OtherProject,
    /// The project does not want runners of the instance.
    InstanceRunnersDisabled,
    /// The project has no pipelines.
    BuildsDisabled,
    /// It works for protected refs alone.
    NotProtected,
    /// It lacks these tags.
    MissingTags(Vec<String>),
    /// It takes no jobs without tags.
    Untagged,
    /// It is paused.
    Paused,
    /// It was not seen for two hours, or never.
    Offline,
}

/// Something whose changes are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Anything of a project: its pipelines and their statuses.
    Project(ProjectId),
    /// A pipeline and its jobs.
    Pipeline(PipelineId),
    /// A job.
    Job(JobId),
    /// The trace of a job.
    Trace(JobId),
    /// Runners, and what they do.
    Runners,
}

/// A job that is asked for by its name: `latest artifacts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatestJob {
    /// The branch or tag.
    pub reference: String,
    /// The name of the job.
    pub job: String,
}
