//! Sources in memory, for tests, for fuzzing, and for programs that embed the evaluator.

use crate::{Component, ComponentAddress, FileIssue, Found, SourceError, Sources, Tree};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

/// Projects with their trees, templates, remote files, components and changes, all told beforehand.
///
/// What was not told is not there: a file of an unknown tree is missing, a template or a remote file is
/// [`SourceError::Unavailable`], a project is not found.
#[derive(Clone, Debug, Default)]
pub struct MemorySources {
    projects: HashMap<String, Named>,
    trees: HashMap<Tree, Files>,
    remotes: HashMap<String, Arc<[u8]>>,
    templates: HashMap<String, Arc<str>>,
    components: HashMap<ComponentAddress, Component>,
    changes: HashMap<(Tree, String), Arc<[String]>>,
    artifacts: HashMap<(String, String), Arc<str>>,
}

/// A project, by its path in lower case.
#[derive(Clone, Debug)]
struct Named {
    path: Arc<str>,
    default: Arc<str>,
    revisions: HashMap<String, Arc<str>>,
}

/// The files of a tree, and their paths once somebody asked for them.
#[derive(Clone, Debug, Default)]
struct Files {
    texts: BTreeMap<String, Arc<str>>,
    paths: OnceLock<Arc<[String]>>,
}

impl MemorySources {
    /// Nothing at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// A tree, which may stay without files. The first tree of a project is the head of its default branch.
    pub fn add_tree(&mut self, tree: &Tree) -> &mut Self {
        let named = self.projects.entry(tree.project.to_lowercase()).or_insert_with(|| Named {
            path: tree.project.clone(),
            default: tree.revision.clone(),
            revisions: HashMap::new(),
        });
        named.revisions.insert(tree.revision.to_string(), tree.revision.clone());
        self.trees.entry(tree.clone()).or_default();
        self
    }

    /// A branch or tag that stands for the revision of a tree.
    pub fn add_name(&mut self, tree: &Tree, name: &str) -> &mut Self {
        self.add_tree(tree);
        if let Some(named) = self.projects.get_mut(&tree.project.to_lowercase()) {
            named.revisions.insert(name.to_owned(), tree.revision.clone());
        }
        self
    }

    /// A file of a tree. A leading slash is dropped.
    pub fn add_file(&mut self, tree: &Tree, path: &str, text: &str) -> &mut Self {
        self.add_tree(tree);
        let files = self.trees.entry(tree.clone()).or_default();
        files.texts.insert(path.trim_start_matches('/').to_owned(), text.into());
        files.paths = OnceLock::new();
        self
    }

    /// A file on the web.
    pub fn add_remote(&mut self, url: &str, content: &[u8]) -> &mut Self {
        self.remotes.insert(url.to_owned(), content.into());
        self
    }

    /// One of GitLab's templates.
    pub fn add_template(&mut self, name: &str, text: &str) -> &mut Self {
        self.templates.insert(name.to_owned(), text.into());
        self
    }

    /// A component. Its tree is added; the files beside it are to be added to that tree.
    pub fn add_component(&mut self, address: ComponentAddress, component: Component) -> &mut Self {
        self.add_tree(&component.tree);
        self.components.insert(address, component);
        self
    }

    /// A file that a job of the parent pipeline left.
    pub fn add_artifact(&mut self, job: &str, path: &str, text: &str) -> &mut Self {
        self.artifacts.insert((job.to_owned(), path.to_owned()), text.into());
        self
    }

    /// What changed between a tree and where it left `compare_to`.
    pub fn add_changes<I>(&mut self, tree: &Tree, compare_to: &str, paths: I) -> &mut Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let paths = paths.into_iter().map(Into::into).collect();
        self.changes.insert((tree.clone(), compare_to.to_owned()), paths);
        self
    }
}

impl Sources for MemorySources {
    fn file(&self, tree: &Tree, path: &str) -> Result<Arc<str>, SourceError> {
        let text = self.trees.get(tree).and_then(|files| files.texts.get(path));
        text.cloned().ok_or(SourceError::File(FileIssue::Missing))
    }

    fn paths(&self, tree: &Tree) -> Result<Arc<[String]>, SourceError> {
        let Some(files) = self.trees.get(tree) else { return Ok([].into()) };
        Ok(files.paths.get_or_init(|| files.texts.keys().cloned().collect()).clone())
    }

    fn project(&self, path: &str, revision: Option<&str>) -> Result<Found, SourceError> {
        let Some(named) = self.projects.get(&path.to_lowercase()) else { return Ok(Found::NoProject) };
        let revision = match revision {
            None | Some("HEAD") => Some(&named.default),
            Some(name) => named.revisions.get(name),
        };
        Ok(revision.map_or(Found::NoRevision, |revision| {
            Found::Tree(Tree { project: named.path.clone(), revision: revision.clone() })
        }))
    }

    fn remote(&self, url: &str) -> Result<Arc<[u8]>, SourceError> {
        self.remotes.get(url).cloned().ok_or_else(|| absent(url))
    }

    fn template(&self, name: &str) -> Result<Arc<str>, SourceError> {
        self.templates.get(name).cloned().ok_or_else(|| absent(name))
    }

    fn component(&self, address: &ComponentAddress) -> Result<Option<Component>, SourceError> {
        Ok(self.components.get(address).cloned())
    }

    fn artifact(&self, job: &str, path: &str) -> Result<Arc<str>, SourceError> {
        let text = self.artifacts.get(&(job.to_owned(), path.to_owned()));
        text.cloned().ok_or(SourceError::File(FileIssue::Missing))
    }

    fn changed_since(&self, tree: &Tree, compare_to: &str) -> Result<Option<Arc<[String]>>, SourceError> {
        Ok(self.changes.get(&(tree.clone(), compare_to.to_owned())).cloned())
    }
}

fn absent(what: &str) -> SourceError {
    SourceError::Unavailable { what: format!("`{what}` is not among the sources."), help: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(project: &str, revision: &str) -> Tree {
        Tree { project: project.into(), revision: revision.into() }
    }

    #[test]
    fn files_belong_to_a_tree() {
        let (old, new) = (tree("g/p", "1"), tree("g/p", "2"));
        let mut sources = MemorySources::new();
        sources.add_file(&old, "/b.yml", "b").add_file(&old, "a.yml", "a").add_file(&new, "a.yml", "new");
        assert_eq!(*sources.file(&old, "a.yml").unwrap(), *"a");
        assert_eq!(*sources.file(&new, "a.yml").unwrap(), *"new");
        assert_eq!(sources.file(&new, "b.yml"), Err(FileIssue::Missing.into()));
        assert_eq!(*sources.paths(&old).unwrap(), ["a.yml".to_owned(), "b.yml".to_owned()]);
        sources.add_file(&old, "c.yml", "c");
        assert_eq!(sources.paths(&old).unwrap().len(), 3);
    }

    #[test]
    fn projects_are_found_without_regard_to_case() {
        let head = tree("Group/Project", "1");
        let mut sources = MemorySources::new();
        sources.add_tree(&head).add_name(&tree("Group/Project", "2"), "v1");
        assert_eq!(sources.project("group/project", None), Ok(Found::Tree(head)));
        let tagged = tree("Group/Project", "2");
        assert_eq!(sources.project("GROUP/PROJECT", Some("v1")), Ok(Found::Tree(tagged)));
        assert_eq!(sources.project("group/project", Some("v2")), Ok(Found::NoRevision));
        assert_eq!(sources.project("group/other", None), Ok(Found::NoProject));
    }
}
