//! Projects.

use super::Desk;
use crate::error::RepositoryError;
use crate::model::{Page, Paged, PipelineFilter, Project, ProjectFilter};
use crate::pages::views::{Answer, Overview, ProjectItem, Refs};

/// So many pipelines are shown on the first page of a project.
const LAST: u32 = 5;
/// So many tags are offered in forms.
const TAGS: usize = 200;

impl Desk {
    pub(super) async fn project_items(&self, search: &str, page: Page) -> Answer<Paged<ProjectItem>> {
        let search = Some(search.trim().to_owned()).filter(|text| !text.is_empty());
        let found =
            self.app.kernel.projects(ProjectFilter { search, ..ProjectFilter::default() }, page).await?;
        let mut items = Vec::new();
        for project in found.items {
            let last = self
                .app
                .kernel
                .pipelines(Some(project.id), PipelineFilter::default(), Page::new(1, 1))
                .await?;
            items.push(ProjectItem { last: last.items.into_iter().next(), project });
        }
        Ok(Paged { items, total: found.total })
    }

    pub(super) async fn overview_of(&self, project: &Project) -> Answer<Overview> {
        let refs = self.refs_of(project).await?;
        let pipelines = self.pipeline_items(project, PipelineFilter::default(), Page::new(1, LAST)).await?;
        Ok(Overview {
            clone_url: format!("{}/{}.git", self.app.url, project.path),
            empty: refs.branches.is_empty() && refs.tags.is_empty(),
            pipelines: pipelines.items,
        })
    }

    pub(super) async fn refs_of(&self, project: &Project) -> Answer<Refs> {
        let read = self.ask(project, |git, project| {
            let repository = git.repository(project.id).ok_or(RepositoryError::NotFound)?;
            let branches = repository.branches()?.into_iter().map(|branch| branch.name).collect();
            let tags = repository.newest_tags()?.into_iter().map(|tag| tag.name).take(TAGS).collect();
            Ok(Refs { branches, tags })
        });
        read.await
    }
}
