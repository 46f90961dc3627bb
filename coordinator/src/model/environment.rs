//! Environments and what was deployed to them.

use super::{ProjectId, UserId};
use pipeline::{JobId, Moment, PipelineId, Status};
use serde::{Deserialize, Serialize};

/// Whether an environment is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnvironmentState {
    /// It is.
    #[default]
    Available,
    /// A job stops it.
    Stopping,
    /// It was stopped.
    Stopped,
}

impl EnvironmentState {
    /// GitLab's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }

    /// Of GitLab's word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Available, Self::Stopping, Self::Stopped].into_iter().find(|state| state.as_str() == word)
    }
}

/// An environment of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Its number.
    pub id: i64,
    /// Its project.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// Its name for addresses.
    pub slug: String,
    /// `production`, `staging`, …
    pub tier: String,
    /// Its address.
    pub url: Option<String>,
    /// Whether it is there.
    pub state: EnvironmentState,
    /// The job that stops it, of the pipeline deployed last.
    pub on_stop: Option<JobId>,
    /// When it stops by itself.
    pub auto_stop_at: Option<Moment>,
    /// When it was made.
    pub created_at: Moment,
    /// When it last changed.
    pub updated_at: Moment,
    /// What was deployed last, whatever became of it.
    pub last: Option<Deployment>,
}

/// A job that deployed, deploys or will deploy to an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Its number.
    pub id: i64,
    /// Its number in the project.
    pub iid: u64,
    /// The environment.
    pub environment: i64,
    /// The job.
    pub job: JobId,
    /// Its pipeline.
    pub pipeline: PipelineId,
    /// The branch or tag.
    pub reference: String,
    /// Whether it is a tag.
    pub tag: bool,
    /// The commit.
    pub sha: String,
    /// The job's status.
    pub status: Status,
    /// Who deployed.
    pub user: UserId,
    /// When the job was made.
    pub created_at: Moment,
    /// When it ended.
    pub finished_at: Option<Moment>,
}

/// Which environments are wanted. Nothing lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentFilter {
    /// Of this name.
    pub name: Option<String>,
    /// Part of the name, whatever the case.
    pub search: Option<String>,
    /// In these states; in any where there are none.
    pub states: Vec<EnvironmentState>,
}

/// Which deployments are wanted. Nothing lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeploymentFilter {
    /// To the environment of this name.
    pub environment: Option<String>,
    /// Of jobs of these statuses; of any where there are none.
    pub statuses: Vec<Status>,
    /// The oldest first.
    pub ascending: bool,
}
