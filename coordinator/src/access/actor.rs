//! Who sends a request, as handlers ask for it.

use super::credential::{self, Credential};
use super::{Access, forgery};
use crate::api::{ApiError, Params};
use crate::model::{Project, ProjectId, User, UserId};
use crate::serve::{KnownAs, Peer};
use axum::extract::{FromRef, FromRequestParts};
use http::Method;
use http::request::Parts;
use pipeline::{JobId, PipelineId};
use std::net::IpAddr;

/// Somebody who is known, with a token or a session.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    /// Who.
    pub(crate) user: User,
    /// How they are known.
    pub(crate) by: By,
    /// Where they come from.
    pub(crate) address: IpAddr,
}

/// How somebody is known.
#[derive(Clone, Debug)]
pub(crate) enum By {
    /// By a personal access token.
    Token {
        /// Its number; nothing where it stands for a password.
        id: Option<i64>,
        /// What it opens.
        scopes: Vec<String>,
        /// The one project it is for, if it is.
        project: Option<ProjectId>,
    },
    /// By a browser's session.
    Session {
        /// What forms and scripts of it carry.
        csrf: Csrf,
    },
}

/// What forms of a session carry; not shown in logs.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Csrf(pub(crate) String);

impl std::fmt::Debug for Csrf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Csrf(..)")
    }
}

/// A running job, known by its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OfJob {
    /// The job.
    pub(crate) job: JobId,
    /// Its pipeline.
    pub(crate) pipeline: PipelineId,
    /// Its project, the only one that its token opens.
    pub(crate) project: ProjectId,
    /// Who it runs for.
    pub(crate) user: UserId,
}

/// Anybody.
#[derive(Clone, Debug)]
pub(crate) enum Visitor {
    /// Somebody who says nothing of themselves.
    Nobody,
    /// Somebody who is known.
    Person(Box<Actor>),
    /// A running job.
    Job(OfJob),
}

impl Actor {
    pub(super) fn opens(&self, wanted: &[&str]) -> bool {
        match &self.by {
            By::Session { .. } => true,
            By::Token { scopes, .. } => scopes.iter().any(|scope| wanted.contains(&scope.as_str())),
        }
    }

    /// Whether they may see a project.
    pub(crate) fn may_read(&self, project: &Project) -> bool {
        match &self.by {
            By::Session { .. } => true,
            By::Token { project: only, .. } => only.is_none_or(|only| only == project.id),
        }
    }

    /// Whether they may change a project. Everybody who is known is the administrator so far.
    pub(crate) fn may_change(&self, project: &Project) -> bool {
        self.may_read(project)
    }

    /// The one project that they may see, if it is one.
    pub(crate) fn only(&self) -> Option<ProjectId> {
        match &self.by {
            By::Session { .. } => None,
            By::Token { project, .. } => *project,
        }
    }

    /// Refuses tokens that are for one project. What lets jobs run wants this, too: their configurations start pipelines
    /// of other projects and read their files.
    pub(crate) fn wants_everything(&self) -> Result<(), ApiError> {
        match &self.by {
            By::Token { project: Some(_), .. } => Err(ApiError::forbidden("")),
            By::Token { .. } | By::Session { .. } => Ok(()),
        }
    }
}

impl Visitor {
    /// Whether they may see a project.
    pub(crate) fn may_read(&self, project: &Project) -> bool {
        match self {
            Self::Nobody => project.visibility == "public",
            Self::Person(actor) => actor.may_read(project),
            Self::Job(of) => of.project == project.id || project.visibility == "public",
        }
    }

    /// The one project that they see of those that are not public, if it is one.
    pub(crate) fn only(&self) -> Option<ProjectId> {
        match self {
            Self::Person(actor) => actor.only(),
            Self::Nobody | Self::Job(_) => None,
        }
    }

    /// Whether it is somebody who is known.
    pub(crate) fn is_person(&self) -> bool {
        matches!(self, Self::Person(_))
    }
}

/// Finds out who sends a request, and lets the log know.
async fn identify(parts: &Parts, access: &Access) -> Result<Visitor, ApiError> {
    let visitor = found(parts, access).await?;
    match &visitor {
        Visitor::Nobody => {}
        Visitor::Person(actor) => KnownAs::tell(parts, || actor.user.login.clone()),
        Visitor::Job(of) => KnownAs::tell(parts, || format!("job {}", of.job)),
    }
    Ok(visitor)
}

/// What is shown and wrong is refused; what changes something by a session has to come
/// from a page of ours.
async fn found(parts: &Parts, access: &Access) -> Result<Visitor, ApiError> {
    let params = parts.extensions.get::<Params>().cloned().unwrap_or_default();
    let peer = Peer::of(parts);
    let Some(credential) = credential::shown(&parts.headers, &params) else { return Ok(Visitor::Nobody) };
    match credential {
        Credential::Token(secret) => {
            let actor = access.by_token(&secret, peer.address).await?;
            let scopes: &[&str] = if is_safe(&parts.method) { &["api", "read_api"] } else { &["api"] };
            if actor.opens(scopes) {
                Ok(Visitor::Person(Box::new(actor)))
            } else {
                Err(ApiError::insufficient_scope(&scopes.join(" ")))
            }
        }
        Credential::Job(secret) => {
            let of = access.by_job_token(&secret, peer.address).await?;
            if is_safe(&parts.method) { Ok(Visitor::Job(of)) } else { Err(ApiError::forbidden("")) }
        }
        Credential::Session(secret) => {
            // An old cookie is as good as none: nobody can be asked to remove it.
            let Some(actor) = access.by_session(&secret, peer.address).await? else {
                return Ok(Visitor::Nobody);
            };
            if !is_safe(&parts.method) {
                from_our_page(parts, &params, &actor, access)?;
            }
            Ok(Visitor::Person(Box::new(actor)))
        }
    }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn from_our_page(parts: &Parts, params: &Params, actor: &Actor, access: &Access) -> Result<(), ApiError> {
    let By::Session { csrf, .. } = &actor.by else { return Ok(()) };
    let header = parts.headers.get(forgery::HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let given = header.or_else(|| params.text(forgery::FIELD).ok().flatten());
    if forgery::is_foreign(&parts.headers, access.url()) || !forgery::matches(&csrf.0, given.as_deref()) {
        return Err(ApiError::forbidden("the request does not come from a page of this coordinator"));
    }
    Ok(())
}

impl<S> FromRequestParts<S> for Visitor
where
    S: Send + Sync,
    Access: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        identify(parts, &Access::from_ref(state)).await
    }
}

/// Somebody has to be known.
impl<S> FromRequestParts<S> for Actor
where
    S: Send + Sync,
    Access: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match identify(parts, &Access::from_ref(state)).await? {
            Visitor::Person(actor) => Ok(*actor),
            Visitor::Job(_) => Err(ApiError::forbidden("")),
            Visitor::Nobody => Err(ApiError::unauthorized()),
        }
    }
}
