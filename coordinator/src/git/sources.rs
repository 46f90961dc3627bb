//! Files for the evaluator, from the repositories of this coordinator.

use super::Git;
use super::web::unavailable;
use crate::kernel::FindProject;
use crate::model::{Project, ProjectId};
use ci_yaml::{Component, ComponentAddress, ComponentFacts, FileIssue, Found, SourceError, Sources, Tree};
use gitread::{LastCommit, Repository};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// The most bytes of one file that are read; GitLab reads no larger YAML either.
const FILE: u64 = 2 << 20;

/// A project that was asked for.
struct Place {
    project: Project,
    repository: Repository,
}

/// Files of a project, and of others beside it. One process for each repository answers all questions.
pub(super) struct BareSources {
    git: Git,
    own: Project,
    find: FindProject,
    places: RefCell<HashMap<ProjectId, Rc<Place>>>,
    /// By path in lower case.
    known: RefCell<HashMap<String, Option<Project>>>,
    paths: RefCell<HashMap<Tree, Arc<[String]>>>,
}

impl BareSources {
    pub(super) fn new(git: Git, own: Project, find: FindProject) -> Self {
        let (places, known, paths) = <_>::default();
        Self { git, own, find, places, known, paths }
    }

    /// A project of this coordinator by its path.
    fn place(&self, path: &str) -> Result<Option<Rc<Place>>, SourceError> {
        let project = if path.eq_ignore_ascii_case(&self.own.path) {
            Some(self.own.clone())
        } else {
            let key = path.to_lowercase();
            let known = self.known.borrow().get(&key).cloned();
            match known {
                Some(known) => known,
                None => {
                    let found = (self.find)(path);
                    self.known.borrow_mut().insert(key, found.clone());
                    found
                }
            }
        };
        let Some(project) = project else { return Ok(None) };
        if let Some(place) = self.places.borrow().get(&project.id) {
            return Ok(Some(place.clone()));
        }
        let Some(repository) = self.git.repository(project.id) else {
            return Err(SourceError::Failed(format!("the repository of {} is not there", project.path)));
        };
        let place = Rc::new(Place { project, repository });
        self.places.borrow_mut().insert(place.project.id, place.clone());
        Ok(Some(place))
    }

    fn there(&self, tree: &Tree) -> Result<Rc<Place>, SourceError> {
        let gone = || SourceError::Failed(format!("project {} is gone", tree.project));
        self.place(&tree.project)?.ok_or_else(gone)
    }
}

impl Place {
    fn tree(&self, revision: &str) -> Tree {
        Tree { project: self.project.path.as_str().into(), revision: revision.into() }
    }
}

impl Sources for BareSources {
    fn file(&self, tree: &Tree, path: &str) -> Result<Arc<str>, SourceError> {
        self.there(tree)?.repository.text(&tree.revision, path, FILE)
    }

    fn paths(&self, tree: &Tree) -> Result<Arc<[String]>, SourceError> {
        if let Some(paths) = self.paths.borrow().get(tree) {
            return Ok(paths.clone());
        }
        let paths: Arc<[String]> = self.there(tree)?.repository.paths_of(&tree.revision)?.into();
        self.paths.borrow_mut().insert(tree.clone(), paths.clone());
        Ok(paths)
    }

    fn project(&self, path: &str, revision: Option<&str>) -> Result<Found, SourceError> {
        let Some(place) = self.place(path)? else { return Ok(Found::NoProject) };
        let found = match revision {
            Some(revision) => place.repository.resolve(revision)?,
            None => place.repository.resolve(&place.project.default_branch)?,
        };
        Ok(found.map_or(Found::NoRevision, |sha| Found::Tree(place.tree(&sha))))
    }

    fn remote(&self, url: &str) -> Result<Arc<[u8]>, SourceError> {
        self.git.inner.web.remote(url)
    }

    fn template(&self, name: &str) -> Result<Arc<str>, SourceError> {
        self.git.inner.web.template(name)
    }

    fn component(&self, address: &ComponentAddress) -> Result<Option<Component>, SourceError> {
        if !self.git.inner.web.is_here(&address.host) {
            let what = format!("a component of {} is included, which is not this coordinator", address.host);
            return Err(unavailable(what, "components are found in projects of this coordinator alone"));
        }
        let Some(place) = self.place(&address.project)? else {
            let what = format!("there is no project {} for component {}", address.project, address.name);
            return Err(SourceError::Unavailable { what, help: None });
        };
        let Some(release) = place.repository.release(&address.version)? else { return Ok(None) };
        let name = &address.name;
        for path in [format!("templates/{name}.yml"), format!("templates/{name}/template.yml")] {
            let text = match place.repository.text(&release.sha, &path, FILE) {
                Err(SourceError::File(FileIssue::Missing)) => continue,
                other => other?,
            };
            let facts = ComponentFacts {
                name: name.clone(),
                sha: release.sha.clone(),
                version: release.tag,
                reference: address.version.clone(),
            };
            return Ok(Some(Component { tree: place.tree(&release.sha), path, text, facts }));
        }
        Ok(None)
    }

    fn changed_since(&self, tree: &Tree, compare_to: &str) -> Result<Option<Arc<[String]>>, SourceError> {
        let place = self.there(tree)?;
        let Some(base) = place.repository.resolve(compare_to)? else { return Ok(None) };
        Ok(Some(place.repository.changed_in(&tree.revision, &base)?.unwrap_or_default().into()))
    }

    fn blob_id(&self, tree: &Tree, path: &str) -> Result<Option<String>, SourceError> {
        Ok(self.there(tree)?.repository.objects().blob_id(&tree.revision, path)?)
    }

    fn last_commit(&self, tree: &Tree, path: &str) -> Result<Option<String>, SourceError> {
        match self.there(tree)?.repository.last_commit(&tree.revision, path)? {
            LastCommit::Found(id) => Ok(Some(id)),
            LastCommit::None => Ok(None),
            LastCommit::Shallow => {
                let what = format!("the last commit of `{path}` is not known: the history was cut off");
                Err(SourceError::Unavailable { what, help: None })
            }
        }
    }
}
