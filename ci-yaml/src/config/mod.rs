//! The validated configuration: typed, with defaults applied and values in GitLab's normal form.
//!
//! What serialises does so in the form that `runner ci plan --json` shows.

mod attributes;
mod conditions;
mod job;
mod needs;
pub(crate) mod size;
mod variable;
mod workflow;

pub use attributes::{
    Artifacts, Cache, CacheKey, Environment, Hooks, IdToken, Image, ImageDocker, ImageKubernetes, Pages,
    Release, Retry, Service,
};
pub use conditions::{ChangesClause, ExistsClause, PathMatch, Policy, Refs, Rule, RuleVariables};
pub use job::{
    AllowFailure, Forward, Inherit, InheritList, Instance, Job, Kind, Parallel, Trigger, TriggerInclude, When,
};
pub use needs::{CrossNeed, Need, NeedTarget, Needs, ProjectNeed};
pub use variable::{Variable, Variables};
pub use workflow::{AutoCancel, OnJobFailure, OnNewCommit, Workflow};

use crate::Spanned;
use indexmap::IndexMap;
use std::collections::HashSet;
use std::sync::Arc;

/// A whole configuration.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// All stages in order, `.pre` and `.post` at their places. Empty for `stages: []`.
    pub stages: Vec<Spanned<Arc<str>>>,
    /// Variables of the top level.
    pub variables: Variables,
    /// `workflow`.
    pub workflow: Workflow,
    /// Visible jobs, in the order of their definition (included files first).
    pub jobs: IndexMap<Arc<str>, Job>,
    /// Visible jobs that are written and wrong in themselves, so that they are not among [`Config::jobs`]. Nothing
    /// is said of what other jobs want of them.
    pub invalid_jobs: HashSet<Arc<str>>,
}
