//! The door of repositories: personal tokens as passwords, passwords, tokens of running jobs.

use super::{Access, Actor, By, Unknown, attempts, password};
use crate::error::KernelError;
use crate::git::{Credentials, Denied, Entry, Gate, Knock, Service, Who};
use crate::model::{Project, ProjectRef};
use futures_util::future::BoxFuture;
use std::net::{IpAddr, Ipv4Addr};

impl Gate for Access {
    fn enter(&self, knock: Knock) -> BoxFuture<'_, Result<Entry, Denied>> {
        Box::pin(self.open(knock))
    }
}

impl From<Unknown> for Denied {
    fn from(unknown: Unknown) -> Self {
        match unknown {
            Unknown::Wrong => Self::Unknown,
            Unknown::TooMany(after) => Self::TooOften { after },
            Unknown::Kernel(error) => unavailable(&error),
        }
    }
}

fn unavailable(error: &KernelError) -> Denied {
    tracing::error!(error = %error, "Nobody can be let into a repository");
    Denied::Unavailable
}

impl Access {
    async fn open(&self, knock: Knock) -> Result<Entry, Denied> {
        let project = match self.inner.kernel.project(ProjectRef::Path(knock.path.clone())).await {
            Ok(project) => Some(project),
            Err(KernelError::NotFound(_)) => None,
            Err(error) => return Err(unavailable(&error)),
        };
        let address = knock.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        match knock.credentials {
            None => match project {
                Some(project) if project.visibility == "public" && knock.service == Service::Fetch => {
                    Ok(Entry { project, who: Who::Anybody })
                }
                _ => Err(Denied::Unknown),
            },
            Some(shown) if shown.secret.expose().starts_with("glcbt-") => {
                let of = self.by_job_token(&shown.secret, address).await?;
                let project = project.ok_or(Denied::NotFound)?;
                if knock.service != Service::Fetch {
                    return Err(Denied::Forbidden(
                        "You are not allowed to push code with a job's token.".into(),
                    ));
                }
                if project.id != of.project && project.visibility != "public" {
                    return Err(Denied::NotFound);
                }
                Ok(Entry { project, who: Who::Job(of.pipeline) })
            }
            Some(shown) => {
                let actor = self.of_credentials(shown, address).await?;
                enter(&actor, project, knock.service)
            }
        }
    }

    /// A personal token is enough, whatever the name; a password wants the right one.
    async fn of_credentials(&self, shown: Credentials, address: IpAddr) -> Result<Actor, Denied> {
        if shown.secret.expose().starts_with("glpat-") {
            return Ok(self.by_token(&shown.secret, address).await?);
        }
        let account = attempts::account(&shown.user);
        self.attempt(&account, address).map_err(|after| Denied::TooOften { after })?;
        let found = self.inner.kernel.user_named(&account).await.map_err(|error| unavailable(&error))?;
        let (user, hash) = found.unzip();
        // An unknown name takes as long as a wrong password.
        let right = password::verify(shown.secret, hash.flatten()).await;
        match user {
            Some(user) if right => {
                self.was_right(&account, address);
                let scopes = vec!["read_repository".to_owned(), "write_repository".to_owned()];
                Ok(Actor { user, by: By::Token { id: None, scopes, project: None }, address })
            }
            Some(_) | None => Err(Denied::Unknown),
        }
    }
}

fn enter(actor: &Actor, project: Option<Project>, service: Service) -> Result<Entry, Denied> {
    let project = project.filter(|project| actor.may_read(project)).ok_or(Denied::NotFound)?;
    let scopes: &[&str] = match service {
        Service::Fetch => &["api", "read_api", "read_repository", "write_repository"],
        Service::Push | Service::Unknown => &["api", "write_repository"],
    };
    if !actor.opens(scopes) {
        return Err(Denied::Forbidden("The token does not open this: it lacks the scope for it.".into()));
    }
    // Its configuration would start pipelines of other projects and read their files.
    if service != Service::Fetch && actor.only().is_some() {
        return Err(Denied::Forbidden(
            "The token is for one project: with it, nothing can be pushed.".into(),
        ));
    }
    Ok(Entry { who: Who::User(actor.user.id), project })
}
