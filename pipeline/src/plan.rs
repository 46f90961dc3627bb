//! How the jobs of a pipeline hang together. All of it follows from their [`Spec`]s.

use crate::Spec;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Who waits for whom. Jobs are given by their place among the planned ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// The stages that have jobs, in order.
    pub(crate) stages: Vec<PlannedStage>,
    /// For each job, the place of its stage in `stages`.
    pub(crate) stage_of: Vec<usize>,
    /// For each job that waits for jobs, those of them that exist, and whether it wants their artifacts.
    pub(crate) needs: Vec<Option<Vec<(usize, bool)>>>,
    /// For each job, who needs it.
    pub(crate) needed_by: Vec<Vec<usize>>,
}

/// A stage that has jobs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlannedStage {
    /// Its place among all stages of the configuration.
    pub(crate) index: usize,
    /// Its name.
    pub(crate) name: String,
    /// Its jobs, those that others of the stage need before these.
    pub(crate) jobs: Vec<usize>,
}

impl Plan {
    /// The plan of some jobs.
    pub(crate) fn of(specs: &[&Spec]) -> Self {
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (at, spec) in specs.iter().enumerate() {
            places.entry(&spec.name).or_insert(at);
        }
        let needs: Vec<_> = specs.iter().map(|spec| existing_needs(spec, &places)).collect();
        let mut needed_by = vec![Vec::new(); specs.len()];
        for (at, list) in needs.iter().enumerate() {
            for &(need, _) in list.iter().flatten() {
                needed_by[need].push(at);
            }
        }
        let mut by_stage: BTreeMap<usize, PlannedStage> = BTreeMap::new();
        for (at, spec) in specs.iter().enumerate() {
            let stage = by_stage.entry(spec.stage_index).or_insert_with(|| PlannedStage {
                index: spec.stage_index,
                name: spec.stage.clone(),
                jobs: Vec::new(),
            });
            stage.jobs.push(at);
        }
        let mut stages: Vec<_> = by_stage.into_values().collect();
        let mut stage_of = vec![0; specs.len()];
        for (place, stage) in stages.iter().enumerate() {
            stage.jobs.iter().for_each(|&job| stage_of[job] = place);
        }
        for (place, stage) in stages.iter_mut().enumerate() {
            stage.jobs = sorted(&stage.jobs, place, &stage_of, &needs, &needed_by);
        }
        Self { stages, stage_of, needs, needed_by }
    }

    /// Whoever needs one of these jobs, or one that needs it, and so on; without the jobs themselves, unless they
    /// need each other.
    pub(crate) fn dependents(&self, of: &[usize]) -> Vec<usize> {
        let mut seen = vec![false; self.needs.len()];
        let mut found = Vec::new();
        let mut open = of.to_vec();
        while let Some(job) = open.pop() {
            for &dependent in &self.needed_by[job] {
                if !std::mem::replace(&mut seen[dependent], true) {
                    found.push(dependent);
                    open.push(dependent);
                }
            }
        }
        found
    }
}

/// Optional needs may name jobs that are not there: they do not count.
fn existing_needs(spec: &Spec, places: &HashMap<&str, usize>) -> Option<Vec<(usize, bool)>> {
    let needs = spec.needs.as_ref()?;
    Some(needs.iter().filter_map(|need| Some((*places.get(need.job.as_str())?, need.artifacts))).collect())
}

/// The jobs of a stage, needed ones first, else in the order given. Jobs in a circle come last: they never start.
fn sorted(
    jobs: &[usize],
    place: usize,
    stage_of: &[usize],
    needs: &[Option<Vec<(usize, bool)>>],
    needed_by: &[Vec<usize>],
) -> Vec<usize> {
    let here = |job: &usize| stage_of[*job] == place;
    let mut missing: HashMap<usize, usize> = jobs
        .iter()
        .map(|&job| (job, needs[job].iter().flatten().filter(|(need, _)| here(need)).count()))
        .collect();
    let mut ready: VecDeque<usize> = jobs.iter().copied().filter(|job| missing[job] == 0).collect();
    let mut order = Vec::with_capacity(jobs.len());
    while let Some(job) = ready.pop_front() {
        order.push(job);
        for dependent in needed_by[job].iter().filter(|job| here(job)) {
            if let Some(left) = missing.get_mut(dependent) {
                *left -= 1;
                if *left == 0 {
                    ready.push_back(*dependent);
                }
            }
        }
    }
    if order.len() < jobs.len() {
        order.extend(jobs.iter().copied().filter(|job| missing[job] > 0));
    }
    order
}
