//! Runners with what they do.

use super::Desk;
use crate::model::{JobFilter, JobRow, Page, Project, RunnerId, RunnerView};
use crate::pages::views::{Answer, RunnerItem, RunningJob};
use pipeline::JobId;

/// So many jobs of the past are shown of a runner.
const PAST: u32 = 20;
/// So many jobs of the present are shown of a runner in a list.
const PRESENT: usize = 10;

impl Desk {
    pub(super) async fn runner_items(&self, project: Option<&Project>) -> Answer<Vec<RunnerItem>> {
        let mut items = Vec::new();
        for view in self.app.kernel.runners(project.map(|project| project.id)).await? {
            items.push(self.item(view, false).await?);
        }
        Ok(items)
    }

    pub(super) async fn runner_item(&self, id: RunnerId) -> Answer<RunnerItem> {
        let view = self.app.kernel.runner(id).await?;
        self.item(view, true).await
    }

    async fn item(&self, view: RunnerView, whole: bool) -> Answer<RunnerItem> {
        let mut jobs = Vec::new();
        for id in view.running.iter().take(PRESENT) {
            jobs.extend(self.running(*id).await?);
        }
        let mut projects = Vec::new();
        for id in &view.runner.projects {
            projects.push(self.app.kernel.project((*id).into()).await?.path);
        }
        let mut past = Vec::new();
        if whole {
            let filter = JobFilter { runner: Some(view.runner.id), retried: true, ..JobFilter::default() };
            for row in self.app.kernel.jobs(None, filter, Page::new(1, PAST)).await?.items {
                if row.status.is_complete() {
                    past.push(self.told(row).await?);
                }
            }
        }
        Ok(RunnerItem { view, jobs, past, projects })
    }

    /// A job that may have gone in the meantime.
    async fn running(&self, id: JobId) -> Answer<Option<RunningJob>> {
        match self.app.kernel.job(id).await {
            Ok(view) => Ok(Some(self.told(view.row).await?)),
            Err(crate::error::KernelError::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn told(&self, row: JobRow) -> Answer<RunningJob> {
        let view = self.app.kernel.job(row.id).await?;
        let now = self.app.kernel.now();
        Ok(RunningJob {
            id: row.id,
            project: self.app.kernel.project(row.project.into()).await?.path,
            reference: view.pipeline.reference,
            status: row.status,
            started_at: row.started_at,
            duration: row.finished_at.and_then(|_| row.duration(now)),
            name: row.name,
        })
    }
}
