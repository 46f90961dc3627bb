//! Plain data: what is kept, as the rest of the crate sees it.

mod access;
mod artifact;
mod environment;
mod ids;
mod job;
mod page;
mod pipeline;
mod project;
mod runner;
mod variable;

pub use access::{AuditRow, NewAudit, NewToken, Session, Token, User};
pub use artifact::{ArtifactKind, ArtifactRow, ReportRow};
pub use environment::{Deployment, DeploymentFilter, Environment, EnvironmentFilter, EnvironmentState};
pub use ids::{ProjectId, RunnerId, UserId};
pub use job::{Author, JobFilter, JobOrder, JobRow, JobView, TimeoutSource};
pub use page::{Page, Paged};
pub use pipeline::{
    CommitRow, GitRef, ParentRow, PipelineFilter, PipelineOrder, PipelineRow, PipelineVariable, PipelineView,
    StageRow,
};
pub use project::{NewProject, Project, ProjectChange, ProjectFilter, ProjectRef};
pub use runner::{
    AccessLevel, Manager, NewRunner, Runner, RunnerChange, RunnerKind, RunnerState, RunnerView,
};
pub use variable::{NewVariable, Variable};
