//! What a process left that was killed between a change and what follows from it: files without rows, repositories
//! without projects or the other way round, refs of pipelines that are over.
//!
//! All of it is found by looking, so that nothing has to be written down before it is done.

use super::evaluate::beside;
use super::open::{Inner, Kernel};
use super::ports::Known;
use crate::error::KernelError;
use crate::model::{Page, Project, ProjectFilter};
use crate::store::{artifacts, jobs, pipelines, projects};
use pipeline::{JobId, PipelineId};
use rusqlite::Connection;
use std::time::SystemTime;

/// How many projects are read at a time.
const PROJECTS: u32 = 100;

impl Kernel {
    /// Removes what nothing refers to, and makes what is missing. `before` is when this process began: what is newer
    /// may be on its way to its row. Done once by itself when the kernel opens.
    ///
    /// # Errors
    /// Where database or disk fail; what was not done is done at the next start.
    pub async fn sweep(&self, before: SystemTime) -> Result<(), KernelError> {
        let inner = self.inner.clone();
        let last = inner.last_pipeline();
        beside(move || {
            inner.sweep_repositories(last)?;
            let removed = inner.files.sweep(before, &|job| inner.known(job));
            if removed > 0 {
                tracing::info!(removed, "Files that nothing refers to are removed");
            }
            Ok(())
        })
        .await?
    }
}

impl Inner {
    fn sweep_repositories(&self, last: PipelineId) -> Result<(), KernelError> {
        // Projects have their row first, and lose it first.
        for id in self.repositories.projects() {
            let found = |db: &Connection| Ok::<_, KernelError>(projects::find(db, &id.into())?);
            if self.store.read_now(found)?.is_none() {
                tracing::info!(project = %id, "The repository of a project is removed that is no more");
                self.repositories.remove(id)?;
            }
        }
        for project in &self.every_project()? {
            self.repositories.create(project)?;
            for pipeline in self.repositories.kept(project)? {
                self.sweep_ref(project, pipeline, last)?;
            }
        }
        Ok(())
    }

    /// A ref goes whose pipeline is over, or was never written down. Those of numbers that were not given when this
    /// process began may be of a pipeline that is being made.
    fn sweep_ref(&self, project: &Project, id: PipelineId, last: PipelineId) -> Result<(), KernelError> {
        let row = self.store.read_now(|db| Ok::<_, KernelError>(pipelines::row(db, id)?))?;
        let alive = row.is_some_and(|row| row.project == project.id && !row.status.is_complete());
        if alive || id > last { Ok(()) } else { Ok(self.repositories.release(project, id)?) }
    }

    fn every_project(&self) -> Result<Vec<Project>, KernelError> {
        let mut all = Vec::new();
        for number in 1.. {
            let page = Page::new(number, PROJECTS);
            let filter = ProjectFilter::default();
            let found =
                self.store.read_now(|db| Ok::<_, KernelError>(projects::page(db, &filter, page)?))?.items;
            let last = found.is_empty();
            all.extend(found);
            if last {
                break;
            }
        }
        Ok(all)
    }

    /// What there is to be of a job.
    fn known(&self, job: JobId) -> Known {
        let read = self.store.read_now(|db| {
            let Some(row) = jobs::row(db, job)? else { return Ok(Known::Nothing) };
            if !row.status.is_complete() {
                return Ok(Known::Everything);
            }
            let artifacts = artifacts::of_job(db, job)?.into_iter().map(|row| row.path).collect();
            Ok::<_, KernelError>(Known::These { trace: row.erased_at.is_none(), artifacts })
        });
        read.unwrap_or(Known::Everything)
    }
}
