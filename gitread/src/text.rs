//! Files of commits as text, for the evaluator.

use super::{Blob, GitError, Repository};
use ci_yaml::{FileIssue, SourceError};
use std::sync::Arc;

impl From<GitError> for SourceError {
    fn from(error: GitError) -> Self {
        match error.hint() {
            Some(help) => Self::Unavailable { what: error.to_string(), help: Some(help) },
            None => Self::Failed(error.to_string()),
        }
    }
}

impl Repository {
    /// The text of a file of a commit.
    ///
    /// # Errors
    /// [`FileIssue`] where there is none, it has more than `limit` bytes or is not UTF-8; else what failed.
    pub fn text(&self, commit: &str, path: &str, limit: u64) -> Result<Arc<str>, SourceError> {
        match self.objects.blob(commit, path, limit)? {
            Blob::Missing => Err(FileIssue::Missing.into()),
            Blob::TooBig => Err(FileIssue::TooBig(limit).into()),
            Blob::Content(bytes) => {
                String::from_utf8(bytes).map(Into::into).map_err(|_| FileIssue::NotText.into())
            }
        }
    }
}
