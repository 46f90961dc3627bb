//! The pipeline of one context: what [`crate::evaluate`] makes.

use crate::config::{self, AutoCancel, Cache, Rule, When};
use crate::variables::{Item, TopLevel};
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
    /// Variables of the top level, those of a matching rule of `workflow` among them.
    pub variables: Arc<TopLevel>,
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
    /// Variables of the top level, before the job's `inherit` and its own; see [`Job::variables`].
    pub top: Arc<TopLevel>,
    /// Jobs of this pipeline it waits for, optional ones that are not there left out. Nothing: it waits for stages.
    pub needs: Option<Vec<config::Need>>,
    /// Its caches, those keys computed that depend on files.
    pub cache: Option<Vec<Cache>>,
    /// The index of the rule that let it in, if one did.
    pub rule: Option<usize>,
}

impl Job {
    /// Its name.
    pub fn name(&self) -> &Arc<str> {
        &self.config.name
    }

    /// The rule that let it in, if one did.
    pub fn matched_rule(&self) -> Option<&Rule> {
        self.config.rules.as_ref()?.get(self.rule?)
    }

    /// Where the rule was written that let it in, if one did.
    pub fn rule_span(&self) -> Option<Span> {
        self.matched_rule().map(|rule| rule.span)
    }

    /// Variables of the configuration, not expanded: the top level's as inherited, the workflow rule's, the job's, the
    /// matrix's, the rule's.
    pub fn variables(&self) -> impl Iterator<Item = Item> {
        let rule = self.rule.and_then(|index| Some((index, self.config.rules.as_ref()?.get(index)?)));
        self.top.of_job(&self.config, rule)
    }
}
