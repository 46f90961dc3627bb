//! Configurations that somebody looks at: no pipeline comes of it.

use super::evaluate::{self, beside};
use super::{FindProject, Kernel, NewPipeline};
use crate::error::KernelError;
use crate::model::{GitRef, Project, ProjectId, UserId};
use ci_yaml::{Context, MemorySources, Sources};
use std::sync::Arc;

impl Kernel {
    /// Has something done in the context that a push to a branch or tag would have now, with the files of its commit.
    /// Without a ref there are no files: the project is empty, and a text is checked all the same. It runs where
    /// waiting is allowed. Files of other projects are there as far as whoever asks `may` see them; to others there are
    /// no such projects.
    ///
    /// # Errors
    /// Where project or commit are not there, or the database fails.
    pub async fn in_configuration<T: Send + 'static>(
        &self,
        project: ProjectId,
        at: Option<(GitRef, String)>,
        may: impl Fn(&Project) -> bool + Send + Sync + 'static,
        work: impl FnOnce(&Context, &dyn Sources) -> T + Send + 'static,
    ) -> Result<T, KernelError> {
        let project = self.project(project.into()).await?;
        let user = self.user(UserId::ROOT).await?;
        let settings = self.settings_of(project.id).await?;
        let all = self.finder();
        let find: FindProject = Arc::new(move |path| all(path).filter(|project| may(project)));
        let inner = self.inner.clone();
        let done = beside(move || {
            let Some((reference, sha)) = at else {
                let mut context = Context::push(&project.default_branch);
                evaluate::settle(&mut context, &project, &inner.url, settings);
                return Ok::<_, KernelError>(work(&context, &MemorySources::default()));
            };
            let new = NewPipeline::push(project.id, reference, sha, user.id);
            let mut scene = evaluate::scene(&*inner.repositories, &project, &user, &new, find)?;
            evaluate::settle(&mut scene.context, &project, &inner.url, settings);
            Ok(work(&scene.context, &*scene.sources))
        });
        done.await?
    }
}
