//! Pipelines.

use super::{JobRow, ProjectId, UserId};
use pipeline::{JobId, Moment, PipelineId, Status};
use serde::{Deserialize, Serialize};

/// A branch or a tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum GitRef {
    /// A branch.
    Branch(String),
    /// A tag.
    Tag(String),
}

impl GitRef {
    /// Its short name.
    pub fn name(&self) -> &str {
        match self {
            Self::Branch(name) | Self::Tag(name) => name,
        }
    }

    /// Its full name: `refs/heads/…` or `refs/tags/…`.
    pub fn full(&self) -> String {
        match self {
            Self::Branch(name) => format!("refs/heads/{name}"),
            Self::Tag(name) => format!("refs/tags/{name}"),
        }
    }

    /// Of a full name; nothing where it is of neither kind.
    pub fn parse(full: &str) -> Option<Self> {
        let branch = full.strip_prefix("refs/heads/").map(|name| Self::Branch(name.to_owned()));
        let of = branch.or_else(|| full.strip_prefix("refs/tags/").map(|name| Self::Tag(name.to_owned())));
        of.filter(|of| !of.name().is_empty())
    }

    /// Whether it is a tag.
    pub fn is_tag(&self) -> bool {
        matches!(self, Self::Tag(_))
    }
}

/// A commit, as lists show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CommitRow {
    /// Its message; at most 100,000 bytes.
    pub message: String,
    /// `Name <mail>`.
    pub author: String,
    /// RFC 3339.
    pub timestamp: String,
}

impl CommitRow {
    /// The first line of the message.
    pub fn title(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// What started a child or downstream pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentRow {
    /// Project of the parent.
    pub project: ProjectId,
    /// The parent.
    pub pipeline: PipelineId,
    /// The bridge.
    pub job: JobId,
}

/// A variable that was given for a pipeline or a job.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineVariable {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Whether jobs get it as a file.
    #[serde(default)]
    pub file: bool,
    /// Whether references in it stay as they are.
    #[serde(default)]
    pub raw: bool,
}

/// Shows the name, never the value.
impl std::fmt::Debug for PipelineVariable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PipelineVariable").field("key", &self.key).finish_non_exhaustive()
    }
}

/// A pipeline, without its jobs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PipelineRow {
    /// Its number.
    pub id: PipelineId,
    /// Its number in the project.
    pub iid: u64,
    /// Its project.
    pub project: ProjectId,
    /// What it runs for.
    pub reference: GitRef,
    /// Its commit.
    pub sha: String,
    /// What the ref was before; forty zeros where it was nothing.
    pub before_sha: String,
    /// What made it, in the words of `CI_PIPELINE_SOURCE`.
    pub source: String,
    /// Its status.
    pub status: Status,
    /// Its name.
    pub name: Option<String>,
    /// The commit.
    pub commit: CommitRow,
    /// Whether the ref was protected when it was made.
    pub protected: bool,
    /// Why it has no jobs: what is wrong with the configuration.
    pub yaml_errors: Option<String>,
    /// GitLab's word for why it could not be made: `config_error`.
    pub failure_reason: Option<String>,
    /// What the configuration's checks warned of.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Who made it.
    pub user: UserId,
    /// What started it, if that was a bridge.
    pub parent: Option<ParentRow>,
    /// The pipeline that made it redundant.
    pub auto_canceled_by: Option<PipelineId>,
    /// When it was made.
    pub created_at: Moment,
    /// When it last changed.
    pub updated_at: Moment,
    /// When it first ran.
    pub started_at: Option<Moment>,
    /// When it ended.
    pub finished_at: Option<Moment>,
    /// How long jobs ran, in milliseconds; known when it ends or is blocked.
    pub duration: Option<u64>,
    /// How long it waited, in milliseconds.
    pub queued: Option<u64>,
    /// Mean coverage of its jobs, in per cent.
    pub coverage: Option<f64>,
    /// Whether it passed with warnings.
    pub has_warnings: bool,
    /// Whether somebody may cancel something of it.
    pub cancelable: bool,
    /// Whether a job of it may be retried.
    pub retryable: bool,
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageRow {
    /// Its name.
    pub name: String,
    /// Its place among all stages of the configuration.
    pub index: usize,
    /// Its status.
    pub status: Status,
    /// Whether a failure in it was forgiven.
    pub has_warnings: bool,
}

/// A pipeline with all that its page shows.
#[derive(Clone, Debug, PartialEq)]
pub struct PipelineView {
    /// The pipeline.
    pub row: PipelineRow,
    /// Its stages, in order.
    pub stages: Vec<StageRow>,
    /// Its jobs and bridges: all attempts, in the order in which they were made.
    pub jobs: Vec<JobRow>,
    /// Pipelines that its bridges started.
    pub children: Vec<PipelineRow>,
    /// The pipeline whose bridge started it.
    pub parent: Option<PipelineRow>,
}

/// Which pipelines are wanted. Nothing lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PipelineFilter {
    /// Of this status.
    pub status: Option<Status>,
    /// Of this scope: `running`, `pending`, `finished`, `branches`, `tags`.
    pub scope: Option<String>,
    /// Of this branch or tag name.
    pub reference: Option<String>,
    /// Of this commit.
    pub sha: Option<String>,
    /// Of this source.
    pub source: Option<String>,
    /// Of this name.
    pub name: Option<String>,
    /// Of this user.
    pub user: Option<UserId>,
    /// Whether its configuration is wrong.
    pub invalid: Option<bool>,
    /// Made not before and not after.
    pub created: (Option<Moment>, Option<Moment>),
    /// Changed last not before and not after.
    pub updated: (Option<Moment>, Option<Moment>),
    /// Child pipelines as well.
    pub children: bool,
    /// By what they are ordered.
    pub order: PipelineOrder,
    /// The oldest, or least, first.
    pub ascending: bool,
}

/// By what pipelines are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PipelineOrder {
    /// Their numbers.
    #[default]
    Id,
    /// Their statuses' words.
    Status,
    /// Their branches and tags.
    Reference,
    /// When they last changed.
    Updated,
    /// Who made them.
    User,
}

impl PipelineOrder {
    /// Of GitLab's word.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "id" => Self::Id,
            "status" => Self::Status,
            "ref" => Self::Reference,
            "updated_at" => Self::Updated,
            "user_id" => Self::User,
            _ => return None,
        })
    }
}
