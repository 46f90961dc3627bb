//! Whom repositories are open to, and who learns of pushes.

use crate::git::Service;
use crate::kernel::{Created, NewPipeline};
use crate::model::{Project, UserId};
use futures_util::future::BoxFuture;
use pipeline::PipelineId;
use protocol::Secret;
use std::net::IpAddr;
use std::time::Duration;

/// A name and a password (HTTP Basic).
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The name: of a user, any name with a personal token, `gitlab-ci-token` with a job's token.
    pub user: String,
    /// The password or token.
    pub secret: Secret,
}

/// Somebody at the door of a repository.
#[derive(Clone, Debug)]
pub struct Knock {
    /// The project's full path as it was asked for, decoded, without `.git`.
    pub path: String,
    /// What is wanted: to fetch or to push.
    pub service: Service,
    /// Who it says it is; nothing for anonymous ones.
    pub credentials: Option<Credentials>,
    /// Where it comes from.
    pub address: Option<IpAddr>,
}

/// Who was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anybody: the project is public.
    Anybody,
    /// A user.
    User(UserId),
    /// A job of a pipeline.
    Job(PipelineId),
}

/// Somebody was let in.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The project.
    pub project: Project,
    /// Who.
    pub who: Who,
}

/// Why somebody was not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// It must say who it is, or said it wrongly: 401. Also for projects that are not there, so that nobody learns
    /// which are.
    Unknown,
    /// It is known and may not do this: 403 with the message.
    Forbidden(String),
    /// It is known, and there is no such project that it may see: 404.
    NotFound,
    /// It tried too often: 429.
    TooOften {
        /// When to try again.
        after: Duration,
    },
    /// It cannot be told now: 503.
    Unavailable,
}

/// Decides who is let in.
pub trait Gate: Send + Sync + 'static {
    /// Whether somebody may fetch from, or push to, a project. A job's token opens its own project alone, to fetch.
    fn enter(&self, knock: Knock) -> BoxFuture<'_, Result<Entry, Denied>>;
}

/// A ref that was changed by a push.
#[derive(Clone, Debug)]
pub struct Update {
    /// The project, as it was when the push began.
    pub project: Project,
    /// Who pushed.
    pub user: UserId,
    /// The full name: `refs/heads/…`, `refs/tags/…`, or another one.
    pub reference: String,
    /// What it pointed to; nothing for a new ref.
    pub before: Option<String>,
    /// What it points to; nothing for a ref that was deleted. The tag object for annotated tags.
    pub after: Option<String>,
    /// The pipeline to make: for branches and tags that are there and point to a commit, for the first four of a push,
    /// unless a push option says that there shall be none. Nothing for all others.
    pub pipeline: Option<NewPipeline>,
    /// Told after a restart, since it is not known whether it was told before the coordinator was killed: look whether
    /// its pipeline is there already.
    pub again: bool,
}

/// What a changed ref led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was to be made.
    Nothing,
    /// What became of the pipeline.
    Created(Created),
    /// It could not be told: the message is for the pusher.
    Failed(String),
}

/// Learns of pushes.
pub trait Pushed: Send + Sync + 'static {
    /// A ref was changed: it is so already, and this is called even if the client is gone meanwhile. What comes of
    /// [`Update::pipeline`] is told to the pusher.
    fn updated(&self, update: Update) -> BoxFuture<'_, Outcome>;

    /// The first branch of a repository was pushed, and it is not the default branch: it is now. `HEAD` points to it
    /// already.
    fn default_branch(&self, project: Project, branch: String) -> BoxFuture<'_, ()>;

    /// The address of a project's pipeline, for people.
    fn pipeline_url(&self, project: &Project, pipeline: PipelineId) -> String;
}
