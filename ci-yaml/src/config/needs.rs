//! `needs` as configured.

use crate::Span;
use indexmap::IndexMap;
use serde::Serialize;
use std::sync::Arc;

/// All that a job needs.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Where the list was written.
    pub span: Span,
    /// Jobs of the same pipeline. With parallel jobs expanded after normalisation.
    pub jobs: Vec<Need>,
    /// Artifacts of jobs of other pipelines of the hierarchy (`pipeline` and `job`).
    pub cross_pipeline: Vec<CrossNeed>,
    /// Artifacts of jobs of other projects (`project`, `job`, `ref`).
    pub cross_project: Vec<ProjectNeed>,
    /// The upstream pipeline that a bridge mirrors (`pipeline` without `job`).
    pub mirror: Option<Arc<str>>,
}

/// A job of the same pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// Its name.
    pub job: Arc<str>,
    /// Whether its artifacts are fetched.
    pub artifacts: bool,
    /// Whether it may be missing.
    pub optional: bool,
    /// Which instances of a parallel job, before normalisation.
    #[serde(skip)]
    pub target: NeedTarget,
    /// Where it was written.
    #[serde(skip)]
    pub span: Span,
}

/// Which instances of a job are needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NeedTarget {
    /// The job of that name; all instances where it is parallel.
    #[default]
    Name,
    /// The instances that these combinations name, each a map of lists as in `parallel:matrix`.
    Matrix(Vec<IndexMap<Arc<str>, Vec<Arc<str>>>>),
}

/// A job of another pipeline of the hierarchy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CrossNeed {
    /// The pipeline's number, usually a variable.
    pub pipeline: Arc<str>,
    /// The job.
    pub job: Arc<str>,
    /// Whether its artifacts are fetched.
    pub artifacts: bool,
}

/// A job of another project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProjectNeed {
    /// The project.
    pub project: Arc<str>,
    /// The job.
    pub job: Arc<str>,
    /// The branch or tag.
    #[serde(rename = "ref")]
    pub reference: Arc<str>,
    /// Whether its artifacts are fetched.
    pub artifacts: bool,
}
