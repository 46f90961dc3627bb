//! A pipeline as it was evaluated, and what is needed to run its jobs.

use crate::ci::context::{Changes, Scene};
use crate::ci::run::drive::Plan;
use crate::ci::run::select::Candidate;
use ci_yaml::Context;
use ci_yaml::pipeline::Pipeline;
use pipeline::{Blueprint, BlueprintError, Work};

/// A pipeline as it was evaluated.
pub(in crate::ci::run) struct Line {
    /// What it is made for.
    pub(in crate::ci::run) context: Context,
    /// Where its changed paths come from.
    pub(in crate::ci::run) changes: Changes,
    /// Its jobs.
    pub(in crate::ci::run) blueprint: Blueprint,
    /// For each job, the parallel job that it is an instance of.
    bases: Vec<Option<String>>,
}

impl Line {
    /// Makes it of what was evaluated.
    ///
    /// # Errors
    /// Where a name in it cannot be expanded.
    pub(in crate::ci::run) fn of(pipeline: &Pipeline, scene: Scene) -> Result<Self, BlueprintError> {
        let blueprint = Blueprint::of(pipeline, &scene.context)?;
        let base = |job: &ci_yaml::pipeline::Job| job.config.instance.as_ref().map(|of| of.base.to_string());
        let bases = pipeline.jobs.iter().map(base).collect();
        Ok(Self { context: scene.context, changes: scene.changes, blueprint, bases })
    }

    /// What the loop has to know of it.
    pub(in crate::ci::run) fn plan(&self, key: usize) -> Plan {
        Plan {
            key,
            stages: self.blueprint.stages.clone(),
            jobs: self.candidates(),
            auto_cancel: self.blueprint.auto_cancel,
        }
    }

    /// Its jobs, to choose from.
    pub(in crate::ci::run) fn candidates(&self) -> Vec<Candidate> {
        let jobs = self.blueprint.jobs.iter().zip(&self.bases);
        jobs.map(|(job, base)| Candidate { spec: job.spec.clone(), base: base.clone() }).collect()
    }

    /// What a job does.
    pub(in crate::ci::run) fn work(&self, planned: usize) -> Option<&Work> {
        self.blueprint.jobs.get(planned).map(|job| &job.work)
    }
}
