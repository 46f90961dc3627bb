//! A project on this machine: a folder, mostly with a repository in it.

use super::{FILE_LIMIT, folder};
use ci_yaml::{FileIssue, SourceError};
use gitread::{LastCommit, Repository};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names the files as they lie on disk, committed or not. No commit and no ref is called so.
pub(crate) const WORK_TREE: &str = ":work-tree:";

/// A project on this machine.
#[derive(Debug)]
pub(crate) struct Place {
    root: PathBuf,
    repository: Option<Repository>,
}

impl Place {
    /// The project in a folder. The folder must be there.
    pub(crate) fn open(root: &Path) -> std::io::Result<Self> {
        let root = root.canonicalize()?;
        if !root.is_dir() {
            return Err(std::io::ErrorKind::NotADirectory.into());
        }
        let repository = Repository::open(&root);
        Ok(Self { root, repository })
    }

    /// Its root, without links in it.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Its repository, if it has one.
    pub(crate) fn repository(&self) -> Option<&Repository> {
        self.repository.as_ref()
    }

    /// A file at a revision.
    pub(super) fn file(&self, revision: &str, path: &str) -> Result<Arc<str>, SourceError> {
        let repository = match &self.repository {
            Some(repository) if revision != WORK_TREE => repository,
            _ => return folder::read(&self.root, path, FILE_LIMIT),
        };
        repository.text(revision, path, FILE_LIMIT)
    }

    /// The id of a file's blob at a revision; nothing where there is no such file.
    pub(super) fn blob_id(&self, revision: &str, path: &str) -> Result<Option<String>, SourceError> {
        match &self.repository {
            Some(repository) if revision != WORK_TREE => Ok(repository.objects().blob_id(revision, path)?),
            _ => match folder::blob_id(&self.root, path) {
                Ok(id) => Ok(Some(id)),
                Err(SourceError::File(FileIssue::Missing)) => Ok(None),
                Err(error) => Err(error),
            },
        }
    }

    /// The last commit up to a revision that changed a path; nothing where none did. What is not committed yet has no
    /// commit: for the work tree it is the last one that changed the path before.
    pub(super) fn last_commit(&self, revision: &str, path: &str) -> Result<Option<String>, SourceError> {
        let unknown = |what: &str, help: Option<&str>| {
            let what = format!("the last commit that changed `{path}` is not known: {what}");
            Err(SourceError::Unavailable { what, help: help.map(str::to_owned) })
        };
        let Some(repository) = &self.repository else {
            return unknown(&format!("{} is no repository", self.root.display()), None);
        };
        let up_to = if revision == WORK_TREE { "HEAD" } else { revision };
        match repository.last_commit(up_to, path)? {
            LastCommit::Found(id) => Ok(Some(id)),
            LastCommit::None => Ok(None),
            LastCommit::Shallow => {
                unknown("the clone is shallow", Some("fetch its history: git fetch --unshallow"))
            }
        }
    }

    /// All files at a revision, sorted.
    pub(super) fn paths(&self, revision: &str) -> Result<Vec<String>, SourceError> {
        match &self.repository {
            None => folder::paths(&self.root),
            Some(repository) if revision == WORK_TREE => Ok(repository.work_tree_paths()?),
            Some(repository) => Ok(repository.paths_of(revision)?),
        }
    }

    /// What names the files of a branch, a tag or a commit; of the default branch where none is given. A folder
    /// without a repository has only the files that are there.
    pub(super) fn resolve(
        &self,
        revision: Option<&str>,
        default_branch: Option<&str>,
    ) -> Result<Option<Arc<str>>, SourceError> {
        let Some(repository) = &self.repository else {
            return Ok(revision.is_none().then(|| WORK_TREE.into()));
        };
        let found = match revision {
            Some(revision) => repository.resolve(revision)?,
            None => {
                let known = default_branch.map(str::to_owned).or_else(|| repository.default_branch());
                let branch = known.map(|branch| repository.resolve(&branch)).transpose()?.flatten();
                match branch {
                    Some(id) => Some(id),
                    None => repository.resolve_typed("HEAD")?,
                }
            }
        };
        Ok(found.map(Into::into))
    }

    /// Paths that changed since a revision left another; nothing where there is no such other.
    pub(super) fn changed_since(
        &self,
        revision: &str,
        base: &str,
    ) -> Result<Option<Vec<String>>, SourceError> {
        // A folder without git has no branches, tags and commits.
        let Some(repository) = &self.repository else { return Ok(None) };
        let Some(base) = repository.resolve(base)? else { return Ok(None) };
        let changed = match revision {
            WORK_TREE => repository.changed_in_work_tree(&base)?,
            commit => repository.changed_in(commit, &base)?,
        };
        Ok(Some(changed.unwrap_or_default()))
    }
}
