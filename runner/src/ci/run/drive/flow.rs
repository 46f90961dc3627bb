//! One pipeline of a run.

use super::hands::{Plan, Relatives, Ticket};
use crate::ci::run::local::JobRecord;
use crate::ci::run::news::{JobName, JobPlan};
use crate::ci::run::select::{Picked, Selection};
use pipeline::{AutoCancel, Job, JobId, Moment, Pipeline, PipelineId, Status, When};

/// A pipeline and where it belongs.
pub(super) struct Flow {
    /// The bridges that lead to it.
    pub(super) path: Vec<String>,
    /// Its state.
    pub(super) pipeline: Pipeline,
    /// The flow and the bridge that started it.
    pub(super) parent: Option<(usize, JobId)>,
    /// Whether all of it is behind the job that a run starts from.
    pub(super) behind: bool,
    key: usize,
    stages: Vec<String>,
    picked: Vec<Picked>,
    left_out: Vec<(JobName, String, Status)>,
}

/// A job as the loop sees it.
pub(super) struct Role<'a> {
    pub(super) named: bool,
    pub(super) reuse: Option<&'a JobRecord>,
}

impl Flow {
    pub(super) fn new(
        id: PipelineId,
        path: Vec<String>,
        plan: Plan,
        selection: Selection,
        auto_cancel: AutoCancel,
        ids: &mut dyn FnMut() -> JobId,
        now: Moment,
    ) -> Self {
        let specs = selection.picked.iter().map(|picked| picked.spec.clone()).collect();
        let pipeline = Pipeline::new(id, specs, auto_cancel, ids, now);
        let left_out = selection.left_out.iter().filter_map(|index| {
            let spec = &plan.jobs.get(*index)?.spec;
            let job = JobName { id: ids(), name: spec.name.clone(), pipeline: path.clone() };
            let status = if spec.when == When::Manual { Status::Manual } else { Status::Created };
            Some((job, spec.stage.clone(), status))
        });
        let left_out = left_out.collect();
        let picked = selection.picked;
        Self {
            path,
            pipeline,
            parent: None,
            behind: false,
            key: plan.key,
            stages: plan.stages,
            picked,
            left_out,
        }
    }

    /// How many pipelines are above it.
    pub(super) fn depth(&self) -> usize {
        self.path.len()
    }

    /// Its stages that have jobs.
    pub(super) fn stages(&self) -> Vec<String> {
        let used = |stage: &&String| {
            self.picked.iter().any(|picked| picked.spec.stage == **stage)
                || self.left_out.iter().any(|(_, of, _)| of == *stage)
        };
        self.stages.iter().filter(used).cloned().collect()
    }

    /// Its jobs, for displays.
    pub(super) fn plans(&self) -> Vec<JobPlan> {
        let plan = |job: &Job| JobPlan {
            job: self.name_of(job),
            stage: job.spec.stage.clone(),
            needs: job.spec.needs.as_ref().map(|needs| needs.iter().map(|need| need.job.clone()).collect()),
            allow_failure: job.spec.allow_failure,
            left_out: false,
        };
        let left_out = |(job, stage, _): &(JobName, String, Status)| JobPlan {
            job: job.clone(),
            stage: stage.clone(),
            needs: None,
            allow_failure: false,
            left_out: true,
        };
        self.pipeline.jobs().map(plan).chain(self.left_out.iter().map(left_out)).collect()
    }

    /// Jobs that are not part of the run, with their stages and the statuses they stay in.
    pub(super) fn left_out(&self) -> &[(JobName, String, Status)] {
        &self.left_out
    }

    /// What a job is called.
    pub(super) fn name(&self, job: JobId) -> Option<JobName> {
        self.pipeline.job(job).map(|job| self.name_of(job))
    }

    pub(super) fn name_of(&self, job: &Job) -> JobName {
        JobName { id: job.id, name: job.spec.name.clone(), pipeline: self.path.clone() }
    }

    /// What is special about a job. A later attempt is neither taken from an earlier run nor named: it is on its way.
    pub(super) fn role(&self, job: JobId) -> Role<'_> {
        let nothing = Role { named: false, reuse: None };
        let Some(job) = self.pipeline.job(job) else { return nothing };
        let Some(picked) = self.picked.get(job.planned) else { return nothing };
        Role { named: picked.named, reuse: picked.reuse.as_deref() }
    }

    /// Its jobs, for those that want to have what they left.
    pub(super) fn relatives(&self) -> Relatives {
        let jobs = self.pipeline.latest().map(|job| (job.spec.name.clone(), job.id)).collect();
        Relatives { pipeline: self.pipeline.id, jobs }
    }

    /// What is needed to begin a job, but for its family.
    pub(super) fn ticket(&self, job: JobId, now: Moment) -> Option<Ticket> {
        let job = self.pipeline.job(job)?;
        let picked = self.picked.get(job.planned)?;
        Some(Ticket {
            job: self.name_of(job),
            key: self.key,
            planned: picked.planned,
            dependencies: self.pipeline.dependencies_of(job.id),
            pipeline: self.pipeline.id,
            created_at: self.pipeline.created_at,
            family: Vec::new(),
            depth: self.depth(),
            now,
            queued: job.queued_at.map(|at| super::clock::between(at, now)).unwrap_or_default(),
        })
    }

    /// Whether a job is the one that the run starts from, or behind it, or in a pipeline behind it.
    pub(super) fn is_behind(&self, job: JobId) -> bool {
        let picked = self.pipeline.job(job).and_then(|job| self.picked.get(job.planned));
        self.behind || picked.is_some_and(|picked| picked.behind)
    }

    /// Jobs that failed, unforgiven.
    pub(super) fn has_failed(&self) -> bool {
        self.pipeline.latest().any(|job| job.status == Status::Failed && !job.allow_failure)
    }
}
