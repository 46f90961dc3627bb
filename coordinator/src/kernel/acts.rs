//! What people want done.

use super::evaluate::beside;
use super::flow::Flow;
use super::memory::{Effect, Memory};
use super::open::Kernel;
use super::{Act, Acted, Topic};
use crate::error::KernelError;
use crate::model::{PipelineRow, UserId};
use crate::store::{artifacts, jobs, pipelines};
use pipeline::{Action, Event, JobId, Moment, PipelineId, Status};
use rusqlite::Connection;

/// Most variables that are given to a played job.
const MOST_VARIABLES: usize = 100;

impl Kernel {
    /// Does what a person wants.
    ///
    /// # Errors
    /// Where the job or pipeline is not there, or does not allow it as it stands.
    pub async fn act(&self, by: UserId, act: Act) -> Result<Acted, KernelError> {
        if let Act::Play { variables, .. } = &act {
            let fits = |key: &str| {
                !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            };
            if variables.len() > MOST_VARIABLES || !variables.iter().all(|variable| fits(&variable.key)) {
                return Err(KernelError::invalid(
                    "job_variables_attributes",
                    "are too many, or have wrong names",
                ));
            }
        }
        self.keep_for(&act).await?;
        let now = self.now();
        self.inner.store.write(move |db, memory| run(db, memory, now, by, act)).await
    }

    /// The commit of a pipeline that comes back to life is kept again.
    async fn keep_for(&self, act: &Act) -> Result<(), KernelError> {
        let act = act.clone();
        let found = self.inner.store.read(move |db| {
            let id = match &act {
                Act::RetryPipeline(id) | Act::PlayStage { pipeline: id, .. } => Some(*id),
                Act::Play { job, .. } | Act::Retry(job) => jobs::place(db, *job)?.map(|place| place.pipeline),
                _ => None,
            };
            let Some(id) = id else { return Ok::<_, KernelError>(None) };
            let row: Option<PipelineRow> = pipelines::row(db, id)?;
            let Some(row) = row.filter(|row| row.status.is_complete()) else { return Ok(None) };
            let project = crate::store::projects::find(db, &row.project.into())?;
            Ok(project.map(|project| (project, row)))
        });
        let Some((project, row)) = found.await? else { return Ok(()) };
        let inner = self.inner.clone();
        beside(move || inner.repositories.keep(&project, row.id, &row.sha)).await??;
        Ok(())
    }
}

fn run(
    db: &Connection,
    memory: &mut Memory,
    now: Moment,
    by: UserId,
    act: Act,
) -> Result<Acted, KernelError> {
    let of = |job: JobId| {
        let place = jobs::place(db, job)?.ok_or(KernelError::NotFound("job"))?;
        Ok::<_, KernelError>(place.pipeline)
    };
    let job_act = |memory: &mut Memory, job: JobId, event: Event, sealed: Option<Vec<u8>>| {
        let pipeline = of(job)?;
        let mut flow = Flow::new(db, memory, now).by(by);
        flow.variables = sealed;
        let actions = flow.run(pipeline, event)?;
        let new = actions.iter().find_map(|action| match action {
            Action::Retried { old, new } if *old == job => Some(*new),
            _ => None,
        });
        Ok(Acted { pipeline: Some(pipeline), job: Some(new.unwrap_or(job)) })
    };
    match act {
        Act::Play { job, variables } => {
            let sealed = match variables.is_empty() {
                true => None,
                false => Some(memory.vault.seal("variables", &variables)?),
            };
            job_act(memory, job, Event::Play(job), sealed)
        }
        Act::Retry(job) => job_act(memory, job, Event::Retry(job), None),
        Act::CancelJob { job, force: false } => job_act(memory, job, Event::Cancel(job), None),
        Act::CancelJob { job, force: true } => job_act(memory, job, Event::ForceCancel(job), None),
        Act::Unschedule(job) => job_act(memory, job, Event::Unschedule(job), None),
        Act::RetryPipeline(id) => pipeline_act(db, memory, now, by, id, Event::RetryAll),
        Act::CancelPipeline(id) => pipeline_act(db, memory, now, by, id, Event::CancelAll),
        Act::PlayStage { pipeline, stage } => play_stage(db, memory, now, by, pipeline, &stage),
        Act::Erase(job) => erase(db, memory, now, by, job),
        Act::KeepArtifacts(job) => keep_artifacts(db, memory, job),
        Act::DeleteArtifacts(job) => delete_artifacts(db, memory, job),
        Act::DeletePipeline(id) => delete_pipeline(db, memory, now, id),
    }
}

fn pipeline_act(
    db: &Connection,
    memory: &mut Memory,
    now: Moment,
    by: UserId,
    id: PipelineId,
    event: Event,
) -> Result<Acted, KernelError> {
    Flow::new(db, memory, now).by(by).run(id, event)?;
    Ok(Acted { pipeline: Some(id), job: None })
}

fn play_stage(
    db: &Connection,
    memory: &mut Memory,
    now: Moment,
    by: UserId,
    id: PipelineId,
    stage: &str,
) -> Result<Acted, KernelError> {
    let all = jobs::of_pipeline(db, id)?;
    let manual =
        |row: &&crate::model::JobRow| row.stage == stage && row.status == Status::Manual && row.is_playable();
    let wanted: Vec<JobId> = all.iter().filter(manual).map(|row| row.id).collect();
    if wanted.is_empty() {
        return Err(KernelError::NotFound("manual job"));
    }
    for job in wanted {
        Flow::new(db, memory, now).by(by).try_run(id, Event::Play(job))?;
    }
    Ok(Acted { pipeline: Some(id), job: None })
}

fn complete(db: &Connection, job: JobId) -> Result<crate::model::JobRow, KernelError> {
    let row = jobs::row(db, job)?.ok_or(KernelError::NotFound("job"))?;
    if row.status.is_complete() { Ok(row) } else { Err(KernelError::Forbidden("the job is not over")) }
}

fn erase(
    db: &Connection,
    memory: &mut Memory,
    now: Moment,
    by: UserId,
    job: JobId,
) -> Result<Acted, KernelError> {
    let row = complete(db, job)?;
    if !row.is_erasable() {
        return Err(KernelError::Forbidden("the job has nothing that could be erased"));
    }
    artifacts::erase(db, job)?;
    let mut extra = jobs::extra(db, job)?;
    extra.erased_at = Some(now);
    extra.erased_by = Some(by);
    jobs::set_extra(db, job, &extra)?;
    memory.effect(Effect::RemoveJobs(vec![job]));
    memory.tell(Topic::Job(job));
    Ok(Acted { pipeline: Some(row.pipeline), job: Some(job) })
}

fn keep_artifacts(db: &Connection, memory: &mut Memory, job: JobId) -> Result<Acted, KernelError> {
    let found = artifacts::of_job(db, job)?;
    if found.is_empty() {
        return Err(KernelError::NotFound("artifacts"));
    }
    for mut row in found {
        row.expire_at = None;
        artifacts::put(db, &row)?;
    }
    let mut extra = jobs::extra(db, job)?;
    extra.artifacts_expire_at = None;
    jobs::set_extra(db, job, &extra)?;
    memory.tell(Topic::Job(job));
    Ok(Acted { pipeline: jobs::place(db, job)?.map(|place| place.pipeline), job: Some(job) })
}

fn delete_artifacts(db: &Connection, memory: &mut Memory, job: JobId) -> Result<Acted, KernelError> {
    let row = complete(db, job)?;
    let found = artifacts::of_job(db, job)?;
    for artifact in &found {
        artifacts::delete(db, job, &artifact.kind)?;
    }
    let mut extra = jobs::extra(db, job)?;
    extra.artifacts_expire_at = None;
    jobs::set_extra(db, job, &extra)?;
    memory.effect(Effect::RemovePaths(found.into_iter().map(|artifact| artifact.path).collect()));
    memory.tell(Topic::Job(job));
    Ok(Acted { pipeline: Some(row.pipeline), job: Some(job) })
}

/// With its children: nobody could tell what started them.
fn delete_pipeline(
    db: &Connection,
    memory: &mut Memory,
    now: Moment,
    id: PipelineId,
) -> Result<Acted, KernelError> {
    let row = pipelines::row(db, id)?.ok_or(KernelError::NotFound("pipeline"))?;
    let mut all = vec![row];
    let mut at = 0;
    while let Some(row) = all.get(at) {
        let children = pipelines::children(db, row.id)?;
        all.extend(children.into_iter().filter(|child| child.source == "parent_pipeline"));
        at += 1;
    }
    for row in all.into_iter().rev() {
        // Whoever works on its jobs is stopped, and resource groups are free again.
        Flow::new(db, memory, now).try_run(row.id, Event::CancelAll)?;
        let left = jobs::of_pipeline(db, row.id)?.into_iter().filter(|job| job.status == Status::Canceling);
        for job in left {
            Flow::new(db, memory, now).try_run(row.id, Event::ForceCancel(job.id))?;
        }
        let gone = jobs::ids(db, "pipeline_id", row.id.0)?;
        memory.touch();
        memory.forget(row.id);
        pipelines::delete(db, row.id)?;
        memory.effect(Effect::RemoveJobs(gone));
        memory.effect(Effect::Over(row.project, row.id));
        memory.tell(Topic::Pipeline(row.id));
        memory.tell(Topic::Project(row.project));
    }
    Ok(Acted { pipeline: Some(id), job: None })
}
