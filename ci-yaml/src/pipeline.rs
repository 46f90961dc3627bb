//! The pipeline of one context: what [`crate::evaluate`] makes.

use crate::config::{self, AutoCancel, Variables, When};
use crate::{Diagnostic, Span};
use std::sync::Arc;

/// What became of the configuration in a context.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A pipeline with jobs.
    Created(Pipeline),
    /// A pipeline without jobs: `[ci skip]`.
    Skipped,
    /// No pipeline: `workflow` refused it, or no job was left. The diagnostic says which, in GitLab's words.
    Empty(Diagnostic),
    /// The configuration or the pipeline was refused.
    Invalid,
}

/// A pipeline as it is created.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Its name, expanded.
    pub name: Option<String>,
    /// All stages of the configuration, with `.pre` and `.post`.
    pub stages: Vec<Arc<str>>,
    /// What cancels it, a matching rule of `workflow` considered.
    pub auto_cancel: AutoCancel,
    /// Its jobs, in stage order, then in the order of their definition.
    pub jobs: Vec<Job>,
}

/// A job of a pipeline: what a rule changed is in here, the rest in [`Job::config`].
#[derive(Clone, Debug)]
pub struct Job {
    /// The job as configured.
    pub config: Arc<config::Job>,
    /// The index of its stage among all stages.
    pub stage_index: usize,
    /// When it runs.
    pub when: When,
    /// `start_in`, as written.
    pub start_in: Option<Arc<str>>,
    /// Whether and when its failure is forgiven.
    pub allow_failure: config::AllowFailure,
    /// Whether a newer pipeline may cancel it.
    pub interruptible: Option<bool>,
    /// Tags, expanded.
    pub tags: Vec<Arc<str>>,
    /// YAML variables: the top level's as inherited, the workflow rule's, the job's, the matrix's, the rule's. Not
    /// expanded.
    pub variables: Variables,
    /// Jobs of this pipeline it waits for, optional ones that are not there left out. Nothing: it waits for stages.
    pub needs: Option<Vec<config::Need>>,
    /// The rule that let it in, if one did.
    pub rule: Option<Span>,
}

impl Job {
    /// Its name.
    pub fn name(&self) -> &Arc<str> {
        &self.config.name
    }
}
