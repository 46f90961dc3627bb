//! Made-up data: one project with a pipeline of every kind of job.

mod account_data;
mod environment_data;
mod job_data;
mod logs;
mod project_data;
mod report_data;
mod runner_data;
mod views;

use coordinator::model::{JobRow, PipelineRow, Project};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// What is shown. The moment never changes, so that snapshots stay.
#[derive(Clone)]
pub(crate) struct MadeUp {
    pub(crate) folder: PathBuf,
    pub(crate) url: String,
    pub(crate) project: Project,
    pub(crate) pipelines: Arc<Vec<PipelineRow>>,
    pub(crate) jobs: Arc<Mutex<Vec<JobRow>>>,
    pub(crate) changed: watch::Sender<u64>,
    /// Whether everybody is signed in.
    pub(crate) open: bool,
    /// What was done, as words: for tests.
    pub(crate) done: Arc<Mutex<Vec<String>>>,
}

/// The moment that is now.
pub(crate) const NOW: u64 = 1_795_305_600_000;

impl MadeUp {
    /// Writes logs below the folder; the long one has so many lines.
    pub(crate) fn new(folder: &Path, url: &str, lines: usize) -> io::Result<Self> {
        logs::write(folder, lines)?;
        Ok(Self {
            folder: folder.to_owned(),
            url: url.to_owned(),
            project: project_data::project(),
            pipelines: Arc::new(project_data::pipelines()),
            jobs: Arc::new(Mutex::new(job_data::jobs())),
            changed: watch::Sender::new(0),
            open: false,
            done: Arc::default(),
        })
    }

    /// Lets the running job write, and others change.
    pub(crate) async fn live(self) {
        for round in 0_u64.. {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            if logs::grow(&self.folder, round).is_err() {
                return;
            }
            if round % 5 == 0 {
                job_data::turn(
                    &mut self.jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
                    round / 5,
                );
            }
            self.changed.send_modify(|count| *count += 1);
        }
    }

    pub(crate) fn jobs(&self) -> Vec<JobRow> {
        self.jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    pub(crate) fn note(&self, what: String) {
        self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(what);
    }
}
