//! What handlers work with.

use super::error::ApiError;
use super::paging::Paging;
use super::params::Params;
use super::show::{Projects, Scene};
use crate::access::{Access, Actor, Visitor};
use crate::error::{KernelError, RepositoryError};
use crate::files::JobFiles;
use crate::git::Git;
use crate::kernel::{Kernel, Repositories as _};
use crate::model::{GitRef, NewAudit, Project, ProjectId, ProjectRef, User, UserId};
use crate::settings::Settings;
use axum::extract::FromRef;
use http::Uri;
use pipeline::Moment;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// The parts of a coordinator, as handlers share them.
#[derive(Clone)]
pub(crate) struct App {
    /// Decides and remembers.
    pub(crate) kernel: Kernel,
    /// Knows who may do what.
    pub(crate) access: Access,
    /// What the coordinator was started with.
    pub(crate) settings: Arc<Settings>,
    /// Traces and artifacts.
    pub(crate) files: JobFiles,
    /// The repositories.
    pub(crate) git: Git,
    /// Address for people and runners, without a slash at the end.
    pub(crate) url: Arc<str>,
}

impl FromRef<App> for Access {
    fn from_ref(app: &App) -> Self {
        app.access.clone()
    }
}

/// People and the time, for objects.
pub(super) struct Stage {
    url: Arc<str>,
    users: HashMap<UserId, User>,
    now: Moment,
}

impl Stage {
    pub(super) fn scene(&self) -> Scene<'_> {
        Scene { url: &self.url, users: &self.users, now: self.now }
    }
}

impl App {
    /// What is shown besides rows.
    pub(super) async fn stage(&self) -> Result<Stage, ApiError> {
        // There is nobody else so far.
        let root = self.kernel.user(UserId::ROOT).await?;
        let users = HashMap::from([(root.id, root)]);
        Ok(Stage { url: Arc::clone(&self.url), users, now: self.kernel.now() })
    }

    /// A project that the visitor may see; others are not found, as GitLab has it.
    pub(super) async fn readable(&self, visitor: &Visitor, id: &str) -> Result<Project, ApiError> {
        let project = self.kernel.project(project_ref(id)).await?;
        if visitor.may_read(&project) { Ok(project) } else { Err(ApiError::not_found("Project")) }
    }

    /// A project that somebody changes or asks secrets of.
    pub(super) async fn own(&self, actor: &Actor, id: &str) -> Result<Project, ApiError> {
        let project = self.kernel.project(project_ref(id)).await?;
        if actor.may_change(&project) { Ok(project) } else { Err(ApiError::not_found("Project")) }
    }

    /// Projects that rows of runners name.
    pub(super) async fn projects_of(&self, ids: Vec<ProjectId>) -> Projects {
        let mut found = Projects::new();
        for id in ids {
            if let std::collections::hash_map::Entry::Vacant(place) = found.entry(id)
                && let Ok(project) = self.kernel.project(ProjectRef::Id(id)).await
            {
                place.insert(project);
            }
        }
        found
    }

    /// Asks the repository of a project something that may wait.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        project: &Project,
        ask: impl FnOnce(&Git, &Project) -> Result<T, RepositoryError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (git, project) = (self.git.clone(), project.clone());
        let asked = tokio::task::spawn_blocking(move || ask(&git, &project)).await;
        Ok(asked.map_err(|error| ApiError::internal(&error))?.map_err(KernelError::Repository)?)
    }

    /// A branch or tag by its name, with the commit it points to.
    pub(crate) async fn resolve(
        &self,
        project: &Project,
        name: &str,
    ) -> Result<Option<(GitRef, String)>, ApiError> {
        let name = name.to_owned();
        self.ask(project, move |git, project| git.resolve(project, &name)).await
    }

    /// Which page of a list is wanted.
    pub(super) fn paging(&self, params: &Params, uri: &Uri) -> Result<Paging, ApiError> {
        Paging::of(params, &self.url, uri)
    }

    /// Notes what somebody did.
    pub(super) async fn note(
        &self,
        actor: &Actor,
        action: &str,
        target: impl Into<String>,
        of: Option<ProjectId>,
    ) {
        self.noted((actor.user.id, actor.address), action, target, of).await;
    }

    /// The same, of somebody who is known otherwise. What was done is done, whether it can be noted or not.
    pub(crate) async fn noted(
        &self,
        (user, address): (UserId, IpAddr),
        action: &str,
        target: impl Into<String>,
        of: Option<ProjectId>,
    ) {
        let audit = NewAudit {
            user: Some(user),
            action: action.to_owned(),
            target: crate::serve::veiled(&target.into()).into_owned(),
            project: of,
            ip_address: Some(address.to_string()),
        };
        if let Err(error) = self.kernel.audit(audit).await {
            tracing::error!(error = %error, action, "It cannot be noted what was done");
        }
    }
}

/// A project by number or path.
pub(super) fn project_ref(id: &str) -> ProjectRef {
    match id.parse() {
        Ok(id) => ProjectRef::Id(ProjectId(id)),
        Err(_) => ProjectRef::Path(id.to_owned()),
    }
}

/// A number of a path.
pub(super) fn number(name: &str, text: &str) -> Result<i64, ApiError> {
    text.parse().map_err(|_| super::params::invalid(name))
}
