//! What pages and the API show of pipelines and jobs.

use super::LatestJob;
use super::open::Kernel;
use crate::error::KernelError;
use crate::model::{
    JobFilter, JobRow, JobView, Page, Paged, PipelineFilter, PipelineRow, PipelineVariable, PipelineView,
    ProjectId, StageRow,
};
use crate::store::{artifacts, jobs, pipelines};
use pipeline::{JobId, PipelineId, Status};
use rusqlite::Connection;

fn view(db: &Connection, id: PipelineId) -> Result<PipelineView, KernelError> {
    let row = pipelines::row(db, id)?.ok_or(KernelError::NotFound("pipeline"))?;
    let state = pipelines::state(db, id)?.ok_or(KernelError::NotFound("pipeline"))?;
    let warned = |index: usize| {
        let here = state.latest().filter(|job| job.spec.stage_index == index);
        here.map(|job| (job.status, job.allow_failure)).collect::<pipeline::Statuses>().has_warnings()
    };
    let stages = state.stages.iter().map(|stage| StageRow {
        name: stage.name.clone(),
        index: stage.index,
        status: stage.status,
        has_warnings: warned(stage.index),
    });
    let parent = match row.parent {
        Some(parent) => pipelines::row(db, parent.pipeline)?,
        None => None,
    };
    Ok(PipelineView {
        stages: stages.collect(),
        jobs: jobs::of_pipeline(db, id)?,
        children: pipelines::children(db, id)?,
        parent,
        row,
    })
}

impl Kernel {
    /// A pipeline with its jobs.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn pipeline(&self, id: PipelineId) -> Result<PipelineView, KernelError> {
        self.inner.store.read(move |db| view(db, id)).await
    }

    /// Pipelines with their jobs, of a page of a list.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn pipeline_views(
        &self,
        project: Option<ProjectId>,
        filter: PipelineFilter,
        page: Page,
    ) -> Result<Paged<PipelineView>, KernelError> {
        let read = self.inner.store.read(move |db| {
            let found = pipelines::page(db, project, &filter, page)?;
            let items = found.items.iter().map(|row| view(db, row.id)).collect::<Result<_, _>>()?;
            Ok(Paged { items, total: found.total })
        });
        read.await
    }

    /// Pipelines, of one project or of all, the newest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn pipelines(
        &self,
        project: Option<ProjectId>,
        filter: PipelineFilter,
        page: Page,
    ) -> Result<Paged<PipelineRow>, KernelError> {
        self.inner.store.read(move |db| Ok(pipelines::page(db, project, &filter, page)?)).await
    }

    /// A job with what it left.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn job(&self, id: JobId) -> Result<JobView, KernelError> {
        let vault = self.inner.vault.clone();
        let read = self.inner.store.read(move |db| {
            let row = jobs::row(db, id)?.ok_or(KernelError::NotFound("job"))?;
            let pipeline = pipelines::row(db, row.pipeline)?.ok_or(KernelError::NotFound("job"))?;
            let variables: Vec<PipelineVariable> = match jobs::variables(db, id)? {
                Some(sealed) => vault.open_sealed("variables", &sealed)?,
                None => Vec::new(),
            };
            let variables = variables.into_iter().map(|variable| variable.key).collect();
            Ok(JobView { artifacts: artifacts::of_job(db, id)?, row, pipeline, variables })
        });
        read.await
    }

    /// Jobs, of one project or of all.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn jobs(
        &self,
        project: Option<ProjectId>,
        filter: JobFilter,
        page: Page,
    ) -> Result<Paged<JobRow>, KernelError> {
        self.inner.store.read(move |db| Ok(jobs::page(db, project, &filter, page)?)).await
    }

    /// The job of a name in the newest successful pipeline of a branch or tag, its children looked at after itself.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn latest_job(&self, project: ProjectId, wanted: LatestJob) -> Result<JobView, KernelError> {
        let read = self.inner.store.read(move |db| {
            let newest = pipelines::successful(db, project, &wanted.reference, None, 1)?;
            let mut next: Vec<PipelineRow> = newest;
            let mut at = 0;
            while let Some(row) = next.get(at).cloned() {
                let all = jobs::of_pipeline(db, row.id)?;
                let fits = |job: &&JobRow| {
                    job.name == wanted.job && !job.retried && job.status == Status::Success && !job.bridge
                };
                if let Some(job) = all.iter().find(fits) {
                    return Ok(Some(job.id));
                }
                next.extend(
                    pipelines::children(db, row.id)?
                        .into_iter()
                        .filter(|child| child.source == "parent_pipeline"),
                );
                at += 1;
            }
            Ok::<_, KernelError>(None)
        });
        let found = read.await?;
        self.job(found.ok_or(KernelError::NotFound("job"))?).await
    }

    /// The newest pipeline of a branch or tag that is no child: for badges.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn latest_pipeline(
        &self,
        project: ProjectId,
        reference: &str,
    ) -> Result<Option<PipelineRow>, KernelError> {
        let filter = PipelineFilter { reference: Some(reference.to_owned()), ..PipelineFilter::default() };
        Ok(self.pipelines(Some(project), filter, Page::new(1, 1)).await?.items.into_iter().next())
    }
}
