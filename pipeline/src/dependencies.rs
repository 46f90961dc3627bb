//! Whose artifacts and dotenv variables a job gets.

use crate::{Job, JobId, Pipeline};

impl Pipeline {
    /// The jobs whose artifacts and dotenv variables a job gets, in the order of the stages: those that it needs, or
    /// all of earlier stages; of these, the ones that `dependencies` names. Each by its latest attempt, whatever
    /// became of it.
    pub fn dependencies_of(&self, job: JobId) -> Vec<JobId> {
        let Some(job) = self.job(job) else {
            return Vec::new();
        };
        let plan = &self.index.plan;
        let mut planned: Vec<usize> = match &plan.needs[job.planned] {
            Some(needs) => needs.iter().filter(|(_, artifacts)| *artifacts).map(|&(need, _)| need).collect(),
            None => {
                let earlier = &plan.stages[..plan.stage_of[job.planned]];
                earlier.iter().flat_map(|stage| stage.jobs.iter().copied()).collect()
            }
        };
        planned.sort_unstable_by_key(|&planned| (plan.stage_of[planned], planned));
        planned.dedup();
        planned
            .into_iter()
            .filter_map(|planned| self.jobs.get(*self.index.latest.get(planned)?))
            .filter(|candidate| is_named(job, candidate))
            .map(|dependency| dependency.id)
            .collect()
    }
}

fn is_named(job: &Job, candidate: &Job) -> bool {
    job.spec.dependencies.as_ref().is_none_or(|names| names.contains(&candidate.spec.name))
}
