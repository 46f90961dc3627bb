//! Environments, and what was deployed to them.

use super::Desk;
use crate::model::{Deployment, DeploymentFilter, Environment, EnvironmentFilter, Page, Paged, Project};
use crate::pages::views::{Answer, DeploymentItem, EnvironmentItem, EnvironmentPage, Oops, Viewer};
use pipeline::Status;

impl Desk {
    pub(super) async fn environment_items(
        &self,
        project: &Project,
        filter: EnvironmentFilter,
        page: Page,
    ) -> Answer<Paged<EnvironmentItem>> {
        let found = self.app.kernel.environments(project.id, filter, page).await?;
        let mut items = Vec::new();
        for environment in found.items {
            items.push(self.environment_item(project, environment).await?);
        }
        Ok(Paged { items, total: found.total })
    }

    async fn environment_item(&self, project: &Project, environment: Environment) -> Answer<EnvironmentItem> {
        let current = match environment.last.clone() {
            Some(last) if last.status == Status::Success => Some(last),
            _ => {
                let filter = DeploymentFilter {
                    environment: Some(environment.name.clone()),
                    statuses: vec![Status::Success],
                    ..DeploymentFilter::default()
                };
                let found = self.app.kernel.deployments(project.id, filter, Page::new(1, 1)).await?;
                found.items.into_iter().next().map(|(_, deployment)| deployment)
            }
        };
        let newer = environment.last.clone().filter(|last| current.as_ref() != Some(last));
        Ok(EnvironmentItem {
            current: self.deployment_item(current).await?,
            newer: self.deployment_item(newer).await?,
            environment,
        })
    }

    /// Jobs go with their pipelines, and deployments with their jobs: one may be gone in this moment.
    async fn deployment_item(&self, row: Option<Deployment>) -> Answer<Option<DeploymentItem>> {
        let Some(row) = row else { return Ok(None) };
        let view = match self.app.kernel.job(row.job).await {
            Ok(view) => view,
            Err(crate::error::KernelError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok(Some(DeploymentItem {
            user: self.name_of(row.user).await,
            title: view.pipeline.commit.title().to_owned(),
            again: view.row.is_retryable(),
            job: view.row.name,
            row,
        }))
    }

    /// An environment of this project.
    async fn environment_of(&self, project: &Project, id: i64) -> Answer<Environment> {
        let found = self.app.kernel.environment(id).await?;
        if found.project == project.id { Ok(found) } else { Err(Oops::NotFound) }
    }

    pub(super) async fn environment_page(
        &self,
        project: &Project,
        id: i64,
        page: Page,
    ) -> Answer<EnvironmentPage> {
        let environment = self.environment_of(project, id).await?;
        let filter =
            DeploymentFilter { environment: Some(environment.name.clone()), ..DeploymentFilter::default() };
        let found = self.app.kernel.deployments(project.id, filter, page).await?;
        let mut items = Vec::new();
        for (_, row) in found.items {
            items.extend(self.deployment_item(Some(row)).await?);
        }
        let item = self.environment_item(project, environment).await?;
        Ok(EnvironmentPage { item, deployments: Paged { items, total: found.total } })
    }

    pub(super) async fn stop(&self, by: &Viewer, project: &Project, id: i64) -> Answer<()> {
        let environment = self.environment_of(project, id).await?;
        self.app.kernel.stop_environment(by.user, id).await?;
        self.note(by, "environment_stopped", &environment.name, Some(project.id)).await;
        Ok(())
    }

    pub(super) async fn remove_environment(&self, by: &Viewer, project: &Project, id: i64) -> Answer<()> {
        let environment = self.environment_of(project, id).await?;
        self.app.kernel.delete_environment(id).await?;
        self.note(by, "environment_removed", &environment.name, Some(project.id)).await;
        Ok(())
    }
}
