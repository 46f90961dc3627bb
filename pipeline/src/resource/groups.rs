//! Who holds and who wants the resource groups of a project.

use super::{Candidate, Mode, next};
use crate::job::Hold;
use crate::{JobId, Pipeline, PipelineId, Status};
use std::collections::HashMap;

/// The resource groups of one project. Each has one resource, is made when it is first wanted and is forgotten when
/// nobody has to do with it any more.
///
/// A job that is granted its group is told so with [`Event::Granted`](crate::Event::Granted); if its pipeline refuses
/// that, the group is to be released.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    groups: HashMap<String, Group>,
    modes: HashMap<String, Mode>,
}

#[derive(Clone, Debug, Default)]
struct Group {
    holder: Option<Candidate>,
    candidates: Vec<Candidate>,
}

impl Groups {
    /// No groups yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another order for a group, from the next choice on. The strict orders want [`Groups::observe`] as well.
    pub fn set_mode(&mut self, group: &str, mode: Mode) {
        self.modes.insert(group.to_owned(), mode);
    }

    /// A job wants a group. Gives the job that has it now, if that changed.
    pub fn want(&mut self, group: &str, pipeline: PipelineId, job: JobId) -> Option<Candidate> {
        let entry = self.groups.entry(group.to_owned()).or_default();
        if entry.holder.is_some_and(|holder| holder.job == job) {
            return None;
        }
        entry.candidates.retain(|candidate| candidate.job != job);
        entry.candidates.push(Candidate { pipeline, job, waiting: true });
        self.choose(group)
    }

    /// A job holds a group no more, or does not want it any more. Gives the job that has it now, if that changed.
    pub fn release(&mut self, group: &str, job: JobId) -> Option<Candidate> {
        let entry = self.groups.get_mut(group)?;
        entry.holder.take_if(|holder| holder.job == job);
        entry.candidates.retain(|candidate| candidate.job != job);
        self.choose(group)
    }

    /// Looks at the jobs of a pipeline that want a group or will want it, for the strict orders. Gives the jobs that
    /// have their group now and had not. To be called after every event of a pipeline whose groups have such an
    /// order, and with all pipelines before the first job wants anything.
    pub fn observe(&mut self, pipeline: &Pipeline) -> Vec<Candidate> {
        for group in self.groups.values_mut() {
            group.candidates.retain(|candidate| candidate.pipeline != pipeline.id);
        }
        for job in pipeline.latest() {
            let Some(group) = job.spec.resource_group.as_deref() else { continue };
            let upcoming = matches!(job.status, Status::Created | Status::Scheduled)
                && job.resource == Hold::Nothing
                && job.downstream.is_none();
            let waiting = job.resource == Hold::Wanted;
            if (upcoming || waiting) && self.holder(group) != Some(job.id) {
                let candidate = Candidate { pipeline: pipeline.id, job: job.id, waiting };
                self.groups.entry(group.to_owned()).or_default().candidates.push(candidate);
            }
        }
        let mut names: Vec<String> = self.groups.keys().cloned().collect();
        names.sort_unstable();
        names.iter().filter_map(|group| self.choose(group)).collect()
    }

    /// Who holds a group.
    pub fn holder(&self, group: &str) -> Option<JobId> {
        Some(self.groups.get(group)?.holder?.job)
    }

    fn choose(&mut self, name: &str) -> Option<Candidate> {
        let mode = self.modes.get(name).copied().unwrap_or_default();
        let group = self.groups.get_mut(name)?;
        if group.holder.is_some() {
            return None;
        }
        let chosen = next(mode, 1, &group.candidates).into_iter().next();
        group.holder = chosen;
        if let Some(chosen) = chosen {
            group.candidates.retain(|candidate| candidate.job != chosen.job);
        } else if group.candidates.is_empty() {
            self.groups.remove(name);
        }
        chosen
    }
}
