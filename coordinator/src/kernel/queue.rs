//! The jobs that wait for runners, by what a runner must be to take them.

use crate::model::{AccessLevel, Project, ProjectId, Runner, RunnerKind};
use pipeline::{JobId, PipelineId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What decides which runners may take a job.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Wish {
    pub(crate) project: ProjectId,
    pub(crate) protected: bool,
    pub(crate) tags: Arc<BTreeSet<String>>,
}

/// Whether a runner may take jobs of a wish (`Ci::Queue::BuildQueueService`).
pub(crate) fn fits(runner: &Runner, wish: &Wish, project: &Project) -> bool {
    let in_scope = match runner.kind {
        RunnerKind::InstanceType => project.instance_runners,
        RunnerKind::ProjectType => runner.projects.contains(&wish.project),
    };
    in_scope
        && project.builds_enabled
        && !runner.paused
        && (wish.protected || runner.access_level == AccessLevel::NotProtected)
        && (runner.run_untagged || !wish.tags.is_empty())
        && wish.tags.iter().all(|tag| runner.tags.contains(tag))
}

/// The jobs that wait.
#[derive(Default)]
pub(crate) struct Queue {
    wishes: BTreeMap<Wish, BTreeMap<JobId, PipelineId>>,
    places: HashMap<JobId, Wish>,
}

impl Queue {
    pub(crate) fn insert(&mut self, job: JobId, pipeline: PipelineId, wish: Wish) {
        self.remove(job);
        self.places.insert(job, wish.clone());
        self.wishes.entry(wish).or_default().insert(job, pipeline);
    }

    pub(crate) fn remove(&mut self, job: JobId) {
        let Some(wish) = self.places.remove(&job) else { return };
        if let Some(jobs) = self.wishes.get_mut(&wish) {
            jobs.remove(&job);
            if jobs.is_empty() {
                self.wishes.remove(&wish);
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        self.wishes.clear();
        self.places.clear();
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// What is wished for now, and by how many jobs.
    pub(crate) fn wishes(&self) -> impl Iterator<Item = (&Wish, usize)> {
        self.wishes.iter().map(|(wish, jobs)| (wish, jobs.len()))
    }

    /// What a job wishes for, if it waits.
    pub(crate) fn wish_of(&self, job: JobId) -> Option<&Wish> {
        self.places.get(&job)
    }

    pub(crate) fn count(&self, wish: &Wish) -> usize {
        self.wishes.get(wish).map_or(0, BTreeMap::len)
    }

    pub(crate) fn jobs(&self) -> impl Iterator<Item = (JobId, PipelineId)> {
        self.wishes.values().flatten().map(|(job, pipeline)| (*job, *pipeline))
    }

    /// The job that is next for somebody who takes some wishes: of the project with the lowest weight, the oldest.
    pub(crate) fn next(
        &self,
        takes: impl Fn(&Wish) -> bool,
        weight: impl Fn(ProjectId) -> usize,
    ) -> Option<(JobId, PipelineId)> {
        let candidates = self.wishes.iter().filter(|(wish, _)| takes(wish));
        let oldest = candidates.filter_map(|(wish, jobs)| {
            let (job, pipeline) = jobs.first_key_value()?;
            Some((weight(wish.project), *job, *pipeline))
        });
        oldest.min().map(|(_, job, pipeline)| (job, pipeline))
    }
}

#[cfg(test)]
mod tests;
