//! Runs single jobs of a local pipeline: the same engine as the service's, with copies of the work tree for sources,
//! and folders for a coordinator.

mod alive;
mod choice;
mod folder;
mod homes;
mod record;
mod runs;
mod settings;

pub(crate) use choice::{Choice, Executors};
pub(crate) use folder::RunFolder;
pub(crate) use homes::Homes;
pub(crate) use record::{ArtifactRecord, JobRecord, RunRecord};
pub(crate) use runs::{PastRun, Purpose, Runs};
pub(crate) use settings::LocalSettings;

use super::news::{JobName, KeptArtifact, KeptCache};
use job::Outcome;
use std::path::PathBuf;
use std::time::Duration;

/// A job that is to be run.
pub(super) struct LocalJob {
    /// Its payload, complete.
    pub(super) payload: protocol::Job,
    /// Which it is.
    pub(super) name: JobName,
    /// Whether it runs in containers; see [`Executors::choose`].
    pub(super) in_docker: bool,
}

/// What became of it.
pub(super) struct LocalEnd {
    /// Its verdict, and the command that failed.
    pub(super) outcome: Outcome,
    /// Its raw trace.
    pub(super) log: PathBuf,
    /// What it left.
    pub(super) artifacts: Vec<KeptArtifact>,
    /// Its caches.
    pub(super) caches: Vec<KeptCache>,
    /// How long it ran.
    pub(super) duration: Duration,
}
