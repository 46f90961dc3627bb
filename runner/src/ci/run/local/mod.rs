//! Runs single jobs of a local pipeline: the same engine as the service's, with copies of the work tree for sources,
//! and folders for a coordinator.

use super::news::{KeptArtifact, KeptCache};
use job::Verdict;
use std::path::PathBuf;
use std::time::Duration;

/// A job that is to be run.
pub(super) struct LocalJob {
    /// Its payload, complete.
    pub(super) payload: protocol::Job,
    /// What its log's file is named after.
    pub(super) name: String,
    /// Whether it runs in containers.
    pub(super) in_docker: bool,
}

/// What became of it.
pub(super) struct LocalEnd {
    /// Its verdict.
    pub(super) verdict: Verdict,
    /// Its raw trace.
    pub(super) log: PathBuf,
    /// What it left.
    pub(super) artifacts: Vec<KeptArtifact>,
    /// Its caches.
    pub(super) caches: Vec<KeptCache>,
    /// How long it ran.
    pub(super) duration: Duration,
}
