//! Where the evaluator gets its files from: this repository, clones of others, and a cache of what is on the web.

mod cache;
mod components;
mod folder;
mod place;
mod projects;
#[cfg(test)]
mod tests;
mod web;

pub(crate) use cache::Cache;
pub(crate) use place::{Place, WORK_TREE};
pub(crate) use projects::Projects;
pub(crate) use web::Web;

use ci_yaml::{Component, ComponentAddress, FileIssue, Found, SourceError, Sources, Tree};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// The most bytes of one file that are read; GitLab reads no larger YAML either.
pub(crate) const FILE_LIMIT: u64 = 2 * 1024 * 1024;

/// Files on this machine.
#[derive(Debug)]
pub(crate) struct DiskSources {
    /// The project itself.
    pub(crate) own: Own,
    /// Clones of others.
    pub(crate) projects: Projects,
    /// A folder of GitLab's templates.
    pub(crate) templates: Option<PathBuf>,
    /// What is on the web.
    pub(crate) web: Web,
    /// Files that jobs of a parent pipeline left, by job and path.
    pub(crate) artifacts: HashMap<(String, String), Arc<str>>,
    paths: RefCell<HashMap<Tree, Arc<[String]>>>,
}

/// The project that is evaluated.
#[derive(Debug)]
pub(crate) struct Own {
    /// Its path.
    pub(crate) project: String,
    /// Where it is.
    pub(crate) place: Rc<Place>,
    /// The tree that is evaluated.
    pub(crate) tree: Tree,
    /// The branch or tag that this tree stands for.
    pub(crate) reference: String,
    /// Its default branch.
    pub(crate) default_branch: String,
}

impl Own {
    /// Its tree at a revision. What the evaluated ref says is in the evaluated tree, committed or not.
    fn find(&self, revision: Option<&str>) -> Result<Found, SourceError> {
        let name = revision.unwrap_or(&self.default_branch);
        if name == self.reference || name == &*self.tree.revision {
            return Ok(Found::Tree(self.tree.clone()));
        }
        match self.place.resolve(revision, Some(&self.default_branch))? {
            Some(revision) => Ok(Found::Tree(Tree { project: self.tree.project.clone(), revision })),
            None => Ok(Found::NoRevision),
        }
    }
}

impl DiskSources {
    pub(crate) fn new(own: Own, projects: Projects, templates: Option<PathBuf>, web: Web) -> Self {
        let artifacts = HashMap::new();
        Self { own, projects, templates, web, artifacts, paths: RefCell::default() }
    }

    fn place(&self, project: &str) -> Result<Rc<Place>, SourceError> {
        if project.eq_ignore_ascii_case(&self.own.project) {
            return Ok(self.own.place.clone());
        }
        match self.projects.find(project)? {
            Some((_, place)) => Ok(place),
            None => Err(projects::no_clone(project)),
        }
    }
}

impl Sources for DiskSources {
    fn file(&self, tree: &Tree, path: &str) -> Result<Arc<str>, SourceError> {
        self.place(&tree.project)?.file(&tree.revision, path)
    }

    fn paths(&self, tree: &Tree) -> Result<Arc<[String]>, SourceError> {
        if let Some(paths) = self.paths.borrow().get(tree) {
            return Ok(paths.clone());
        }
        let paths: Arc<[String]> = self.place(&tree.project)?.paths(&tree.revision)?.into();
        self.paths.borrow_mut().insert(tree.clone(), paths.clone());
        Ok(paths)
    }

    fn project(&self, path: &str, revision: Option<&str>) -> Result<Found, SourceError> {
        if path.eq_ignore_ascii_case(&self.own.project) {
            return self.own.find(revision);
        }
        let Some((name, place)) = self.projects.find(path)? else {
            return Err(projects::no_clone(path));
        };
        Ok(match place.resolve(revision, None)? {
            Some(revision) => Found::Tree(Tree { project: name, revision }),
            None => Found::NoRevision,
        })
    }

    fn remote(&self, url: &str) -> Result<Arc<[u8]>, SourceError> {
        self.web.remote(url)
    }

    fn template(&self, name: &str) -> Result<Arc<str>, SourceError> {
        match &self.templates {
            Some(folder) => Ok(folder::read(folder, name, FILE_LIMIT)?),
            None => self.web.template(name),
        }
    }

    fn artifact(&self, job: &str, path: &str) -> Result<Arc<str>, SourceError> {
        let key = (job.to_owned(), path.trim_start_matches('/').to_owned());
        self.artifacts.get(&key).cloned().ok_or(SourceError::File(FileIssue::Missing))
    }

    fn component(&self, address: &ComponentAddress) -> Result<Option<Component>, SourceError> {
        let (name, place) = if address.project.eq_ignore_ascii_case(&self.own.project) {
            (self.own.tree.project.clone(), self.own.place.clone())
        } else {
            match self.projects.find(&address.project)? {
                Some(found) => found,
                None => return Err(projects::no_clone(&address.project)),
            }
        };
        components::find(name, &place, address, &self.own)
    }

    fn changed_since(&self, tree: &Tree, compare_to: &str) -> Result<Option<Arc<[String]>>, SourceError> {
        let place = self.place(&tree.project)?;
        Ok(place.changed_since(&tree.revision, compare_to)?.map(Into::into))
    }

    fn blob_id(&self, tree: &Tree, path: &str) -> Result<Option<String>, SourceError> {
        // What git ignores is on the disk and in no commit.
        let known = &*tree.revision != WORK_TREE
            || self.paths(tree)?.binary_search_by(|known| known.as_str().cmp(path)).is_ok();
        if known { self.place(&tree.project)?.blob_id(&tree.revision, path) } else { Ok(None) }
    }

    fn last_commit(&self, tree: &Tree, path: &str) -> Result<Option<String>, SourceError> {
        self.place(&tree.project)?.last_commit(&tree.revision, path)
    }
}
