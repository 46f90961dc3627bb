//! Which commit changed a path last.

use super::{GitError, Repository};

/// The most that the id of a commit takes.
const ID: u64 = 1024;

/// A commit found by its effects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LastCommit {
    /// Its id.
    Found(String),
    /// No commit has such a path.
    None,
    /// The history of a shallow clone ends before it.
    Shallow,
}

impl Repository {
    /// The last commit up to another one that changed a path: a file or a folder, by its exact name.
    pub fn last_commit(&self, up_to: &str, path: &str) -> Result<LastCommit, GitError> {
        let path = path.trim_end_matches('/');
        if path.is_empty()
            || path.contains('\0')
            || path.split('/').any(|part| matches!(part, "" | "." | ".."))
        {
            return Ok(LastCommit::None);
        }
        let Some(up_to) = self.objects.commit(up_to)? else { return Ok(LastCommit::None) };
        let what = "which commit changed a file";
        let arguments = ["--literal-pathspecs", "rev-list", "--max-count=1", &up_to, "--", path];
        let out = self.call(what, arguments).output(ID)?;
        let id = String::from_utf8_lossy(&out).trim().to_owned();
        Ok(match id {
            id if id.is_empty() => LastCommit::None,
            // All that is in the first commit of a shallow clone seems to be new there.
            id if self.folder.is_shallow_at(&id) => LastCommit::Shallow,
            id => LastCommit::Found(id),
        })
    }
}
