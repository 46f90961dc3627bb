//! The files of jobs: traces and artifacts, below the data folder. Rows about them are the kernel's.

mod artifacts;
mod browse;
mod gunzip;
mod incoming;
pub mod junit;
mod place;
mod sweep;
mod trace;
mod traces;

pub use artifacts::{Artifacts, OpenArtifact};
pub use browse::{BrowseError, Browsed, Entry};
pub use gunzip::{GunzipError, gunzip};
pub use incoming::{Incoming, IncomingError, Received};
pub use traces::{TraceError, TraceState, Traces};

use crate::kernel::Known;
use pipeline::JobId;
use place::Place;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// What files may take, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLimits {
    /// One trace.
    pub trace: u64,
    /// One artifact.
    pub artifact: u64,
}

impl Default for FileLimits {
    /// 100 MB for a trace, as GitLab; 5 GiB for an artifact.
    fn default() -> Self {
        Self { trace: 100_000_000, artifact: 5 << 30 }
    }
}

/// All files of jobs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct JobFiles {
    traces: Traces,
    artifacts: Artifacts,
}

impl JobFiles {
    /// Below a data folder, whose folders for files are made if they are not there; what a killed process left of
    /// uploads is removed. Blocks.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn open(data: &Path, limits: FileLimits) -> io::Result<Self> {
        let place = Place::new(data);
        let artifacts = Artifacts::open(place.clone(), limits.artifact)?;
        Ok(Self { traces: Traces::new(place, limits.trace), artifacts })
    }

    /// The traces.
    pub fn traces(&self) -> &Traces {
        &self.traces
    }

    /// The artifacts.
    pub fn artifacts(&self) -> &Artifacts {
        &self.artifacts
    }
}

impl crate::kernel::Files for JobFiles {
    fn text(&self, archive: &str, path: &str) -> Result<Option<String>, String> {
        self.artifacts.text(archive, path).map_err(|error| error.to_string())
    }

    fn remove(&self, jobs: &[JobId]) {
        for job in jobs {
            self.traces.remove(*job);
            self.artifacts.remove(*job);
        }
    }

    fn remove_paths(&self, paths: &[String]) {
        for path in paths {
            self.artifacts.remove_path(path);
        }
    }

    fn sweep(&self, before: SystemTime, known: &dyn Fn(JobId) -> Known) -> u64 {
        sweep::sweep(self.artifacts.place(), before, known)
    }
}
