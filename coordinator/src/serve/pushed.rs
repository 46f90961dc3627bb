//! What a push leads to.

use crate::access::Access;
use crate::git::{NO_SHA, Outcome, Pushed, Update};
use crate::kernel::{Kernel, NewPipeline};
use crate::model::{GitRef, NewAudit, Page, PipelineFilter, Project, ProjectChange};
use futures_util::future::BoxFuture;
use pipeline::PipelineId;

/// Tells the kernel of pushes.
pub(super) struct Pushes {
    kernel: Kernel,
    access: Access,
}

impl Pushes {
    pub(super) fn new(kernel: Kernel, access: Access) -> Self {
        Self { kernel, access }
    }

    async fn take(&self, update: Update) -> Outcome {
        self.note(&update).await;
        if update.after.is_none() {
            if let Some(reference) = GitRef::parse(&update.reference)
                && let Err(error) = self.kernel.ref_deleted(update.project.id, reference).await
            {
                tracing::error!(error = %error, "It cannot be told that a ref was deleted");
            }
            return Outcome::Nothing;
        }
        let Some(new) = update.pipeline else { return Outcome::Nothing };
        if update.again && self.is_made(&new).await {
            return Outcome::Nothing;
        }
        match self.kernel.create_pipeline(new).await {
            Ok(created) => Outcome::Created(created),
            Err(error) => {
                tracing::error!(error = %error, project = %update.project.path, "No pipeline can be made for a push");
                Outcome::Failed(error.to_string())
            }
        }
    }

    /// Whether a push that is told again has its pipeline already.
    async fn is_made(&self, new: &NewPipeline) -> bool {
        let filter = PipelineFilter {
            reference: Some(new.reference.name().to_owned()),
            sha: Some(new.sha.clone()),
            source: Some("push".to_owned()),
            ..PipelineFilter::default()
        };
        match self.kernel.pipelines(Some(new.project), filter, Page::new(1, 100)).await {
            // One that was made for an earlier push of the same commit has another value before it.
            Ok(found) => found.items.iter().any(|row| {
                let before = new.before_sha.as_deref().unwrap_or(NO_SHA);
                row.reference == new.reference && row.before_sha == before
            }),
            Err(error) => {
                tracing::error!(error = %error, "It cannot be told whether a push has its pipeline");
                true
            }
        }
    }

    async fn note(&self, update: &Update) {
        let what = match (&update.before, &update.after) {
            (_, None) => "ref_deleted",
            (None, Some(_)) => "ref_created",
            (Some(_), Some(_)) => "ref_changed",
        };
        let audit = NewAudit {
            user: Some(update.user),
            action: what.to_owned(),
            target: super::veiled(&update.reference).into_owned(),
            project: Some(update.project.id),
            ip_address: None,
        };
        if let Err(error) = self.kernel.audit(audit).await {
            tracing::error!(error = %error, "It cannot be noted what was pushed");
        }
    }
}

impl Pushed for Pushes {
    fn updated(&self, update: Update) -> BoxFuture<'_, Outcome> {
        Box::pin(self.take(update))
    }

    fn default_branch(&self, project: Project, branch: String) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let change = ProjectChange { default_branch: Some(branch), ..ProjectChange::default() };
            if let Err(error) = self.kernel.update_project(project.id, change).await {
                tracing::error!(error = %error, "The default branch cannot be set");
            }
        })
    }

    fn pipeline_url(&self, project: &Project, pipeline: PipelineId) -> String {
        format!("{}/{}/-/pipelines/{pipeline}", self.access.url(), project.path)
    }
}
