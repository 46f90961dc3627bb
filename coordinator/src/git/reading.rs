//! What repositories say of refs and commits: the kernel's side.

use super::folders::{is_id, pipeline_ref};
use super::sources::BareSources;
use super::{Git, NO_SHA};
use crate::error::RepositoryError;
use crate::kernel::{CommitFacts, FindProject, Repositories};
use crate::model::{GitRef, Project, ProjectId};
use ci_yaml::{Changed, Commit, Sources, Tree};
use gitread::{GitError, Repository};
use pipeline::PipelineId;

impl From<GitError> for RepositoryError {
    fn from(error: GitError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Git {
    fn of(&self, project: &Project) -> Result<Repository, RepositoryError> {
        self.repository(project.id).ok_or(RepositoryError::NotFound)
    }
}

impl Repositories for Git {
    fn create(&self, project: &Project) -> Result<(), RepositoryError> {
        self.make(project.id, &project.default_branch)
    }

    fn remove(&self, project: ProjectId) -> Result<(), RepositoryError> {
        self.unmake(project)
    }

    fn resolve(&self, project: &Project, name: &str) -> Result<Option<(GitRef, String)>, RepositoryError> {
        let repository = self.of(project)?;
        let candidates = match GitRef::parse(name) {
            Some(full) => vec![full],
            None => vec![GitRef::Branch(name.to_owned()), GitRef::Tag(name.to_owned())],
        };
        for candidate in candidates {
            if let Some(id) = head(&repository, &candidate)? {
                return Ok(Some((candidate, id)));
            }
        }
        Ok(None)
    }

    fn head(&self, project: &Project, reference: &GitRef) -> Result<Option<String>, RepositoryError> {
        head(&self.of(project)?, reference)
    }

    fn facts(
        &self,
        project: &Project,
        reference: &GitRef,
        sha: &str,
        before: Option<&str>,
    ) -> Result<CommitFacts, RepositoryError> {
        let repository = self.of(project)?;
        let id = if is_id(sha) { repository.objects().commit(sha)? } else { None };
        let sha = id.ok_or(RepositoryError::NotFound)?;
        let found = repository.commit(&sha, false)?.ok_or(RepositoryError::NotFound)?;
        let tag_message = match reference {
            GitRef::Tag(name) => repository.tag_message(name)?,
            GitRef::Branch(_) => String::new(),
        };
        let before = before.filter(|id| is_id(id) && *id != NO_SHA);
        let changed = match (before, reference) {
            (Some(before), GitRef::Branch(_)) => repository
                .changed_between(before, &sha)?
                .map_or(Changed::Unknown, |paths| Changed::Paths(paths.into())),
            _ => Changed::Unknown,
        };
        let tree = Tree { project: project.path.as_str().into(), revision: sha.as_str().into() };
        let commit = Commit {
            sha,
            before_sha: before.unwrap_or(NO_SHA).to_owned(),
            message: found.message,
            author: found.author,
            timestamp: found.timestamp,
            tag_message,
        };
        Ok(CommitFacts { commit, tree, changed })
    }

    fn sources(&self, project: &Project, find: FindProject) -> Result<Box<dyn Sources>, RepositoryError> {
        Ok(Box::new(BareSources::new(self.clone(), project.clone(), find)))
    }

    fn keep(&self, project: &Project, pipeline: PipelineId, sha: &str) -> Result<(), RepositoryError> {
        self.set_ref(project.id, &pipeline_ref(pipeline), Some(sha))
    }

    fn release(&self, project: &Project, pipeline: PipelineId) -> Result<(), RepositoryError> {
        self.set_ref(project.id, &pipeline_ref(pipeline), None)
    }

    fn kept(&self, project: &Project) -> Result<Vec<PipelineId>, RepositoryError> {
        self.pipeline_refs(project.id)
    }

    fn projects(&self) -> Vec<ProjectId> {
        self.repositories().into_iter().map(|(id, _)| id).collect()
    }
}

/// The commit of a branch or tag; nothing where it is none.
fn head(repository: &Repository, reference: &GitRef) -> Result<Option<String>, RepositoryError> {
    let full = reference.full();
    if !gitread::is_ref_name(&full) {
        return Ok(None);
    }
    Ok(repository.objects().commit(&full)?)
}
