//! Where a job's work tree comes from.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What the stage `get_sources` starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sources {
    /// The payload's repository, by git.
    #[default]
    Repository,
    /// Files that are ready, with a `.git` of their own: git fetches nothing, and what there is stays as it is.
    /// `GIT_STRATEGY` `none` and `empty` mean what they always do.
    ///
    /// An executor of this machine finds them in the project directory, where the caller has put them before the
    /// job was run (see [`crate::git::plan_workspace`]), and removes them afterwards.
    Copy {
        /// What they are, for the log: `Using a copy of …`, without end of line.
        summary: String,
        /// An uncompressed tar archive of them, for executors whose files are elsewhere. Its files are root's
        /// (user 0), and it holds `.git`.
        archive: Option<PathBuf>,
    },
}

impl Sources {
    /// Whether git has nothing to fetch.
    pub fn are_ready(&self) -> bool {
        matches!(self, Self::Copy { .. })
    }
}
