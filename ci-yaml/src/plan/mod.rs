//! A plan as `runner ci plan --json` prints it: the jobs of a pipeline with every attribute, or why there are none.
//!
//! Attributes that a job does not have are left out. `image`, `services`, `environment` and `retry` are always in their
//! short form (a name, names, a name, a number); what else was configured stands beside them, in `image_config`,
//! `services_config`, `environment_config`, `retry_when` and `retry_exit_codes`.

mod finding;
mod job;
#[cfg(test)]
mod tests;

pub use finding::{Finding, Label, Place};
pub use job::PlannedJob;

use crate::config::{AutoCancel, Config};
use crate::evaluate::Evaluation;
use crate::pipeline::Outcome;
use crate::variables::TopLevel;
use crate::{Diagnostic, SourceMap};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What became of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// There is a pipeline; by `--lint`: the configuration is valid.
    Created,
    /// There is a pipeline without jobs.
    Skipped,
    /// There is none, since nothing is to be done.
    Empty,
    /// The configuration or the pipeline was refused.
    Invalid,
}

/// The whole answer.
#[derive(Clone, Debug, Serialize)]
pub struct Plan<'a> {
    /// What became of it.
    pub status: Status,
    /// Why there is no pipeline, for one that would be empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
    /// The pipeline's name, expanded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    /// What cancels the pipeline, where something is configured.
    #[serde(skip_serializing_if = "is_default")]
    pub auto_cancel: AutoCancel,
    /// All stages of the configuration, `.pre` and `.post` among them.
    pub stages: Vec<&'a str>,
    /// The jobs in stage order, then in the order of their definition.
    pub jobs: Vec<PlannedJob<'a>>,
    /// Why it was refused, in GitLab's order.
    pub errors: Vec<Finding<'a>>,
    /// What GitLab, or we, would have differently.
    pub warnings: Vec<Finding<'a>>,
}

fn is_default(auto_cancel: &AutoCancel) -> bool {
    *auto_cancel == AutoCancel::default()
}

impl<'a> Plan<'a> {
    /// The plan of a pipeline. `found` is what the phases before it told, and any further warnings.
    pub fn of_evaluation(evaluation: &'a Evaluation, found: &'a [Diagnostic], files: &'a SourceMap) -> Self {
        let diagnostics = found.iter().chain(&evaluation.diagnostics);
        match &evaluation.outcome {
            Outcome::Created(pipeline) => Self {
                name: pipeline.name.as_deref(),
                auto_cancel: pipeline.auto_cancel,
                stages: pipeline.stages.iter().map(|stage| &**stage).collect(),
                jobs: pipeline.jobs.iter().map(|job| PlannedJob::of_pipeline(job, files)).collect(),
                ..Self::without_jobs(Status::Created, diagnostics, files)
            },
            Outcome::Skipped => Self::without_jobs(Status::Skipped, diagnostics, files),
            Outcome::Empty(why) => {
                Self { reason: Some(&why.message), ..Self::without_jobs(Status::Empty, diagnostics, files) }
            }
            Outcome::Invalid => Self::without_jobs(Status::Invalid, diagnostics, files),
        }
    }

    /// All visible jobs of a configuration that was only checked, with the attributes that the jobs themselves have.
    /// Where there are errors, or no configuration, it is refused.
    pub fn of_lint(config: Option<&'a Config>, found: &'a [Diagnostic], files: &'a SourceMap) -> Self {
        let refused = found.iter().any(Diagnostic::is_error);
        match config.filter(|_| !refused) {
            None => Self::without_jobs(Status::Invalid, found.iter(), files),
            Some(config) => {
                let stages = stages(config);
                Self {
                    jobs: in_stage_order(config, &stages, files),
                    stages,
                    ..Self::without_jobs(Status::Created, found.iter(), files)
                }
            }
        }
    }

    fn without_jobs(
        status: Status,
        diagnostics: impl Iterator<Item = &'a Diagnostic>,
        files: &'a SourceMap,
    ) -> Self {
        let (errors, warnings): (Vec<_>, Vec<_>) = diagnostics.partition(|found| found.is_error());
        let findings =
            |found: Vec<&'a Diagnostic>| found.into_iter().map(|found| Finding::new(found, files)).collect();
        Self {
            status,
            reason: None,
            name: None,
            auto_cancel: AutoCancel::default(),
            stages: Vec::new(),
            jobs: Vec::new(),
            errors: findings(errors),
            warnings: findings(warnings),
        }
    }
}

/// Stages once each, in order.
fn stages(config: &Config) -> Vec<&str> {
    let mut seen = HashSet::new();
    config.stages.iter().map(|stage| &*stage.value).filter(|stage| seen.insert(*stage)).collect()
}

fn in_stage_order<'a>(config: &'a Config, stages: &[&str], files: &'a SourceMap) -> Vec<PlannedJob<'a>> {
    let index: HashMap<&str, usize> =
        stages.iter().enumerate().map(|(index, stage)| (*stage, index)).collect();
    let mut jobs: Vec<_> = config.jobs.values().collect();
    jobs.sort_by_key(|job| index.get(&*job.stage.value).copied().unwrap_or(usize::MAX));
    let top = Arc::new(TopLevel::new(&config.variables));
    jobs.into_iter().map(|job| PlannedJob::of_config(job, &top, files)).collect()
}
