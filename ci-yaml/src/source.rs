//! Where files, trees and changes come from: the one way in for what is not in the main text.

use serde::Serialize;
use sha1::{Digest, Sha1};
use std::sync::Arc;

/// The tree of a project at a revision.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tree {
    /// The project's full path (`group/name`), spelled as the source of trees spells it.
    pub project: Arc<str>,
    /// A commit, or whatever else names the tree to the source: the evaluator only hands it back.
    pub revision: Arc<str>,
}

/// What [`Sources::project`] knows of a project and a revision of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Both are there.
    Tree(Tree),
    /// There is no such project here.
    NoProject,
    /// The project has no such branch, tag or commit.
    NoRevision,
}

/// Why a file's text cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileIssue {
    /// It is not there.
    #[error("does not exist")]
    Missing,
    /// It is larger than this many bytes, the most that is read.
    #[error("is larger than {0} bytes")]
    TooBig(u64),
    /// It is not UTF-8.
    #[error("is not UTF-8")]
    NotText,
}

/// Why a source could not answer at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The file was looked for and cannot be used.
    #[error(transparent)]
    File(#[from] FileIssue),
    /// What is needed is not on this machine, and getting it was not allowed or not possible.
    #[error("{what}")]
    Unavailable {
        /// What and why, in full sentences for a person.
        what: String,
        /// How to make it available.
        help: Option<String>,
    },
    /// The source failed: git, the disk, the network.
    #[error("{0}")]
    Failed(String),
}

/// The address of a component: `<host>/<project>/<name>@<version>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ComponentAddress {
    /// The host, with its port if that is not the usual one.
    pub host: String,
    /// The project's full path.
    pub project: String,
    /// The component's name.
    pub name: String,
    /// What was asked for: `~latest`, `1`, `1.2`, a tag, a branch, a commit.
    pub version: String,
}

/// A component that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its project at the commit that the version stands for.
    pub tree: Tree,
    /// Its file in that tree: `templates/<name>.yml` or `templates/<name>/template.yml`.
    pub path: String,
    /// Its text.
    pub text: Arc<str>,
    /// What `$[[ component.* ]]` says.
    pub facts: ComponentFacts,
}

/// What a component may learn of itself, through `$[[ component.name ]]` and its like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ComponentFacts {
    /// The component's name.
    pub name: String,
    /// The commit.
    pub sha: String,
    /// The version it was found as, where it is a released one.
    pub version: Option<String>,
    /// What was asked for behind the `@`.
    pub reference: String,
}

/// Files, trees and changes. All answers should be the same within one evaluation.
pub trait Sources {
    /// A file of a tree. The path has no leading slash.
    ///
    /// # Errors
    /// [`FileIssue::Missing`] where there is none.
    fn file(&self, tree: &Tree, path: &str) -> Result<Arc<str>, SourceError>;

    /// All tracked paths of a tree, sorted, without a leading slash.
    ///
    /// # Errors
    /// Where the tree cannot be read.
    fn paths(&self, tree: &Tree) -> Result<Arc<[String]>, SourceError>;

    /// A project by its path, compared without regard to case, at a revision: a branch, a tag, a commit; the head of
    /// its default branch where none is given.
    ///
    /// # Errors
    /// Where it cannot be told.
    fn project(&self, path: &str, revision: Option<&str>) -> Result<Found, SourceError>;

    /// A file on the web, as bytes: its integrity is checked by the evaluator.
    ///
    /// # Errors
    /// Where it is neither kept here nor to be had.
    fn remote(&self, url: &str) -> Result<Arc<[u8]>, SourceError>;

    /// One of GitLab's templates, by its name (`Jobs/Build.gitlab-ci.yml`).
    ///
    /// # Errors
    /// Where it is neither kept here nor to be had.
    fn template(&self, name: &str) -> Result<Arc<str>, SourceError>;

    /// A component. Nothing where the project is there and has no such component or version; the message is GitLab's
    /// then.
    ///
    /// # Errors
    /// Where it cannot be told.
    fn component(&self, address: &ComponentAddress) -> Result<Option<Component>, SourceError>;

    /// The paths that changed between a tree and where it left another branch, tag or commit of its project. Nothing
    /// where there is no such branch, tag or commit.
    ///
    /// # Errors
    /// Where it cannot be told.
    fn changed_since(&self, tree: &Tree, compare_to: &str) -> Result<Option<Arc<[String]>>, SourceError>;

    /// A file that a job of the parent pipeline left as an artifact; asked for in child pipelines only.
    ///
    /// # Errors
    /// [`FileIssue::Missing`] where the job's archive has no such file; another one where there is no archive.
    fn artifact(&self, job: &str, path: &str) -> Result<Arc<str>, SourceError> {
        let what = format!("`{path}` is made by job `{job}` of the parent pipeline, which has not run here");
        Err(SourceError::Unavailable { what, help: None })
    }

    /// The id of a file's blob, which names caches. Nothing where there is no such file.
    ///
    /// Computed from the file's text where a source has no better way: right for text in a repository of SHA-1.
    ///
    /// # Errors
    /// Where it cannot be told.
    fn blob_id(&self, tree: &Tree, path: &str) -> Result<Option<String>, SourceError> {
        match self.file(tree, path) {
            Ok(text) => Ok(Some(blob_id(text.as_bytes()))),
            Err(SourceError::File(FileIssue::Missing)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The id of the last commit up to a tree that changed a path, which names caches. Nothing where there is none.
    ///
    /// # Errors
    /// Where it cannot be told, as sources without a history cannot.
    fn last_commit(&self, tree: &Tree, path: &str) -> Result<Option<String>, SourceError> {
        let what = format!("the last commit of {path} in {} is not known here", tree.project);
        Err(SourceError::Unavailable { what, help: None })
    }
}

/// The id of a blob, as git computes it.
fn blob_id(bytes: &[u8]) -> String {
    let mut digest = Sha1::new();
    digest.update(format!("blob {}\0", bytes.len()));
    digest.update(bytes);
    hex(&digest.finalize())
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::blob_id;

    #[test]
    fn blobs_have_the_ids_that_git_gives_them() {
        assert_eq!(blob_id(b""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(blob_id(b"hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
    }
}
