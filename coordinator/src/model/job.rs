//! Jobs.

use super::{ArtifactRow, PipelineRow, ProjectId, RunnerId, UserId};
use pipeline::{ArtifactAccess, JobId, Moment, PipelineId, Status, When};
use serde::{Deserialize, Serialize};

/// Whose word the time limit of a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeoutSource {
    /// The project's settings.
    Project,
    /// The job's `timeout`.
    Job,
    /// The runner's longest time.
    Runner,
}

/// A job or a bridge: one attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRow {
    /// Its number.
    pub id: JobId,
    /// Its pipeline.
    pub pipeline: PipelineId,
    /// Its project.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// Its stage.
    pub stage: String,
    /// Place of its stage among all of the configuration.
    pub stage_index: usize,
    /// Its status.
    pub status: Status,
    /// Whether it starts a pipeline instead of running a script.
    pub bridge: bool,
    /// When it runs.
    pub when: When,
    /// Whether its failure is forgiven.
    pub allow_failure: bool,
    /// GitLab's word for why it failed.
    pub failure_reason: Option<String>,
    /// Exit code of its script.
    pub exit_code: Option<i64>,
    /// When it was made.
    pub created_at: Moment,
    /// When it became pending.
    pub queued_at: Option<Moment>,
    /// When a runner took it.
    pub started_at: Option<Moment>,
    /// When it ended.
    pub finished_at: Option<Moment>,
    /// When it starts, while it is delayed.
    pub scheduled_at: Option<Moment>,
    /// Whether a later attempt has taken its place.
    pub retried: bool,
    /// The attempt whose place it took.
    pub retry_of: Option<JobId>,
    /// Names of the jobs it waits for; nothing where it waits for stages.
    pub needs: Option<Vec<String>>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its resource group.
    pub resource_group: Option<String>,
    /// The name of its environment.
    pub environment: Option<String>,
    /// What is asked before somebody starts it.
    pub manual_confirmation: Option<String>,
    /// Its `coverage` expression, without slashes.
    pub coverage_regex: Option<String>,
    /// The pipeline it started.
    pub downstream: Option<PipelineId>,
    /// Who it runs for.
    pub user: UserId,
    /// The runner that took it.
    pub runner: Option<RunnerId>,
    /// Which of the runner's machines.
    pub system_id: Option<String>,
    /// Its time limit in seconds, once a runner took it.
    pub timeout: Option<u64>,
    /// Whose word the time limit is.
    pub timeout_source: Option<TimeoutSource>,
    /// The coverage found in its trace, in per cent.
    pub coverage: Option<f64>,
    /// When its trace and artifacts were erased.
    pub erased_at: Option<Moment>,
    /// By whom.
    pub erased_by: Option<UserId>,
    /// When its artifacts expire or expired.
    pub artifacts_expire_at: Option<Moment>,
    /// Whether its trace may hold secrets (`CI_DEBUG_TRACE`).
    pub debug_trace: bool,
    /// Who may fetch what it left.
    #[serde(default)]
    pub artifact_access: ArtifactAccess,
    /// Why it did not start, in words, where that is no matter of its script.
    pub message: Option<String>,
}

impl JobRow {
    /// Whether somebody may start it by hand.
    pub fn is_playable(&self) -> bool {
        matches!(self.when, When::Manual | When::Delayed) && !self.retried && self.status.is_blocked()
    }

    /// Whether somebody may have it once more.
    pub fn is_retryable(&self) -> bool {
        let over =
            matches!(self.status, Status::Success | Status::Failed | Status::Canceled | Status::Canceling);
        over && !self.retried
    }

    /// Whether somebody may cancel it.
    pub fn is_cancelable(&self) -> bool {
        !self.status.is_complete() && self.status != Status::Canceling
    }

    /// Whether its trace and artifacts may be erased.
    pub fn is_erasable(&self) -> bool {
        self.status.is_complete() && self.erased_at.is_none() && !self.bridge
    }

    /// How long it has run or ran, in milliseconds.
    pub fn duration(&self, now: Moment) -> Option<u64> {
        self.started_at.map(|from| self.finished_at.unwrap_or(now).0.saturating_sub(from.0))
    }

    /// How long it waited or has waited for a runner, in milliseconds.
    pub fn queued(&self, now: Moment) -> Option<u64> {
        let until = self.started_at.or(self.finished_at).unwrap_or(now);
        self.queued_at.map(|from| until.0.saturating_sub(from.0))
    }
}

/// A job with all that its page shows.
#[derive(Clone, Debug, PartialEq)]
pub struct JobView {
    /// The job.
    pub row: JobRow,
    /// Its pipeline.
    pub pipeline: PipelineRow,
    /// What it left.
    pub artifacts: Vec<ArtifactRow>,
    /// Names of variables that were given when somebody started it.
    pub variables: Vec<String>,
}

/// Name and mail address of a commit's author, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

impl Author {
    /// Of `Name <mail>`.
    pub fn parse(text: &str) -> Self {
        match text.rsplit_once('<') {
            Some((name, rest)) => {
                Self { name: name.trim().to_owned(), email: rest.trim_end().trim_end_matches('>').to_owned() }
            }
            None => Self { name: text.trim().to_owned(), email: String::new() },
        }
    }
}

/// In which order jobs are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JobOrder {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
}

/// Which jobs are wanted. Nothing lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Of these statuses; any where there are none.
    pub scope: Vec<Status>,
    /// Of this pipeline.
    pub pipeline: Option<PipelineId>,
    /// Taken by this runner.
    pub runner: Option<RunnerId>,
    /// Attempts that were retried as well.
    pub retried: bool,
    /// Bridges (true) or builds (false) alone.
    pub bridges: Option<bool>,
    /// Part of the name.
    pub name: Option<String>,
    /// In which order.
    pub order: JobOrder,
}
