//! `workflow`.

use super::Rule;
use crate::Spanned;
use serde::Serialize;
use std::sync::Arc;

/// Whether there is a pipeline at all, its name, and what cancels it.
#[derive(Clone, Debug, Default)]
pub struct Workflow {
    /// Its name, not expanded.
    pub name: Option<Spanned<Arc<str>>>,
    /// Its rules. Nothing where the key is absent or null.
    pub rules: Option<Vec<Rule>>,
    /// Whether there is a `rules` key, whatever its value: it takes the implicit `only` from all jobs.
    pub has_rules_key: bool,
    /// What cancels the pipeline.
    pub auto_cancel: AutoCancel,
}

/// `auto_cancel`, of `workflow` or of one of its rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AutoCancel {
    /// What a newer commit cancels. Absent stands for conservative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_new_commit: Option<OnNewCommit>,
    /// What a failed job cancels. Absent stands for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_job_failure: Option<OnJobFailure>,
}

/// What a newer commit on the same ref cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnNewCommit {
    /// The pipeline, unless a job started that is not interruptible.
    Conservative,
    /// Jobs that are interruptible.
    Interruptible,
    /// Nothing.
    None,
}

/// What a failed job cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnJobFailure {
    /// Nothing.
    None,
    /// All jobs of the pipeline.
    All,
}
