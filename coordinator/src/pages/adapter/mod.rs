//! The coordinator, as pages ask it: who may, what is shown, what is done and noted.

mod account;
mod answers;
mod configuration;
mod environments;
mod jobs;
mod pipelines;
mod projects;
mod runners;
mod variables;

use super::views::{Answer, Oops, Viewer};
use crate::api::App;
use crate::error::{KernelError, RepositoryError};
use crate::git::Git;
use crate::model::{NewAudit, Project, ProjectId, UserId};

/// What pages ask.
#[derive(Clone)]
pub(crate) struct Desk {
    app: App,
}

impl Desk {
    /// Of a coordinator.
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }

    /// The name of somebody, for lists.
    async fn name_of(&self, user: UserId) -> String {
        self.app.kernel.user(user).await.map(|user| user.login).unwrap_or_default()
    }

    /// Notes what somebody did. What was done is done, whether it can be noted or not.
    async fn note(&self, by: &Viewer, action: &str, target: &str, project: Option<ProjectId>) {
        let audit = NewAudit {
            user: Some(by.user),
            action: action.to_owned(),
            target: crate::serve::veiled(target).into_owned(),
            project,
            ip_address: Some(by.address.to_string()),
        };
        if let Err(error) = self.app.kernel.audit(audit).await {
            tracing::error!(error = %error, action, "It cannot be noted what was done");
        }
    }

    /// Asks the repository of a project something that may wait.
    async fn ask<T: Send + 'static>(
        &self,
        project: &Project,
        ask: impl FnOnce(&Git, &Project) -> Result<T, RepositoryError> + Send + 'static,
    ) -> Answer<T> {
        let (git, project) = (self.app.git.clone(), project.clone());
        beside(move || ask(&git, &project)).await?.map_err(|error| Oops::from(KernelError::Repository(error)))
    }
}

/// Does something where waiting is allowed.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Oops::Broken(error.to_string()))
}

impl From<KernelError> for Oops {
    fn from(error: KernelError) -> Self {
        match error {
            KernelError::NotFound(_) => Self::NotFound,
            KernelError::Invalid { .. }
            | KernelError::Taken(_)
            | KernelError::Forbidden(_)
            | KernelError::Refused(_)
            | KernelError::Repository(RepositoryError::NotFound) => Self::Refused(error.to_string()),
            KernelError::Store(_)
            | KernelError::Repository(RepositoryError::Failed(_))
            | KernelError::Key
            | KernelError::KeyFile(_)
            | KernelError::Internal(_) => Self::Broken(error.to_string()),
        }
    }
}
