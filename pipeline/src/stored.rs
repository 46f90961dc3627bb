//! A pipeline as it is read again.

use crate::pipeline::{Index, StageState};
use crate::plan::Plan;
use crate::{AutoCancel, Job, Moment, Pipeline, PipelineId, Spec, Status};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;
use thiserror::Error;

/// What is kept of a pipeline.
#[derive(Deserialize)]
pub(crate) struct Stored {
    id: PipelineId,
    status: Status,
    stages: Vec<StageState>,
    auto_cancel: AutoCancel,
    created_at: Moment,
    started_at: Option<Moment>,
    finished_at: Option<Moment>,
    begun: bool,
    jobs: Vec<Job>,
}

/// What was kept cannot be a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Damaged {
    #[error("two jobs have the number {0}")]
    SameId(crate::JobId),
    #[error("job number {0} of the plan has not exactly one latest attempt")]
    Attempts(usize),
    #[error("the stages are not those of the jobs")]
    Stages,
}

impl TryFrom<Stored> for Pipeline {
    type Error = Damaged;

    fn try_from(stored: Stored) -> Result<Self, Damaged> {
        let Stored { mut jobs, stages, .. } = stored;
        let by_id = by_id(&jobs)?;
        let latest = latest(&jobs)?;
        share_specs(&mut jobs, &latest);
        let specs: Vec<&Spec> = latest.iter().map(|&at| &*jobs[at].spec).collect();
        let plan = Plan::of(&specs);
        if !plan.stages.iter().map(|stage| stage.index).eq(stages.iter().map(|stage| stage.index)) {
            return Err(Damaged::Stages);
        }
        Ok(Self {
            id: stored.id,
            status: stored.status,
            stages,
            auto_cancel: stored.auto_cancel,
            created_at: stored.created_at,
            started_at: stored.started_at,
            finished_at: stored.finished_at,
            begun: stored.begun,
            jobs,
            index: Index { plan: Arc::new(plan), latest, by_id },
        })
    }
}

fn by_id(jobs: &[Job]) -> Result<HashMap<crate::JobId, usize>, Damaged> {
    let mut by_id = HashMap::with_capacity(jobs.len());
    for (at, job) in jobs.iter().enumerate() {
        if by_id.insert(job.id, at).is_some() {
            return Err(Damaged::SameId(job.id));
        }
    }
    Ok(by_id)
}

fn latest(jobs: &[Job]) -> Result<Vec<usize>, Damaged> {
    let count = jobs.iter().filter(|job| !job.retried).count();
    let mut latest = vec![None; count];
    for (at, job) in jobs.iter().enumerate() {
        let place = latest.get_mut(job.planned).ok_or(Damaged::Attempts(job.planned))?;
        if !job.retried && place.replace(at).is_some() {
            return Err(Damaged::Attempts(job.planned));
        }
    }
    latest.into_iter().enumerate().map(|(planned, at)| at.ok_or(Damaged::Attempts(planned))).collect()
}

/// Attempts of the same job share what does not change.
fn share_specs(jobs: &mut [Job], latest: &[usize]) {
    for at in 0..jobs.len() {
        let newest = latest[jobs[at].planned];
        jobs[at].spec = Arc::clone(&jobs[newest].spec);
    }
}
