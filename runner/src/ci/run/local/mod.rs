//! Runs single jobs of a local pipeline: the same engine as the service's, with copies of the work tree for sources,
//! and folders for a coordinator.

mod alive;
mod budget;
mod choice;
mod folder;
mod follow;
mod held;
mod homes;
mod order;
mod record;
mod remove;
mod run;
mod runs;
mod settings;
mod site;
mod slots;
mod sweep;
mod task;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use choice::Executors;
pub(crate) use folder::RunFolder;
pub(crate) use homes::Homes;
pub(crate) use record::{ArtifactRecord, JobRecord, RunRecord};
pub(crate) use run::LocalRun;
pub(crate) use runs::{PastRun, Purpose, Runs};
pub(crate) use settings::LocalSettings;

use super::news::{JobName, KeptArtifact, KeptCache};
use job::Outcome;
use std::path::PathBuf;
use std::time::Duration;

/// A job that is to be run.
pub(crate) struct LocalJob {
    /// Its payload, complete.
    pub(crate) payload: protocol::Job,
    /// Which it is.
    pub(crate) name: JobName,
    /// Whether it runs in containers; see [`Executors::choose`].
    pub(crate) in_docker: bool,
}

/// What became of it.
pub(crate) struct LocalEnd {
    /// Its verdict, and the command that failed.
    pub(crate) outcome: Outcome,
    /// Its raw trace.
    pub(crate) log: PathBuf,
    /// What it left.
    pub(crate) artifacts: Vec<KeptArtifact>,
    /// Its caches.
    pub(crate) caches: Vec<KeptCache>,
    /// How long it ran.
    pub(crate) duration: Duration,
}
