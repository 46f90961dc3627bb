//! Environments, and what was deployed to them.

use crate::model::{Deployment, Environment, Paged};

/// A deployment in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentItem {
    /// The deployment.
    pub row: Deployment,
    /// Who deployed.
    pub user: String,
    /// The name of its job.
    pub job: String,
    /// The title of its commit.
    pub title: String,
    /// Whether its job can be had once more.
    pub again: bool,
}

/// An environment in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentItem {
    /// The environment.
    pub environment: Environment,
    /// What is there: the last deployment that succeeded.
    pub current: Option<DeploymentItem>,
    /// What was begun after it, whatever became of it.
    pub newer: Option<DeploymentItem>,
}

/// An environment.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvironmentPage {
    /// The environment, with what is there.
    pub item: EnvironmentItem,
    /// What was deployed to it, the newest first.
    pub deployments: Paged<DeploymentItem>,
}
