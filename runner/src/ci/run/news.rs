//! What a run tells whoever shows it.

use pipeline::{JobId, Status};
use std::path::PathBuf;
use std::time::Duration;

/// A job of a run: which one, and whose.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct JobName {
    /// Its number, unique in the run; a retry has a number of its own.
    pub(crate) id: JobId,
    /// Its name.
    pub(crate) name: String,
    /// The bridges that lead to its pipeline, from the top; empty in the pipeline itself.
    pub(crate) pipeline: Vec<String>,
}

/// A job when its pipeline is made.
#[derive(Clone, Debug)]
pub(crate) struct JobPlan {
    /// Which.
    pub(crate) job: JobName,
    /// Its stage.
    pub(crate) stage: String,
    /// Names of the jobs it waits for; nothing where it waits for stages.
    pub(crate) needs: Option<Vec<String>>,
    /// Whether its failure is forgiven.
    pub(crate) allow_failure: bool,
    /// Whether this run leaves it out: nobody asked for it.
    pub(crate) left_out: bool,
}

/// What became of a job.
#[derive(Clone, Debug)]
pub(crate) struct JobReport {
    /// Which.
    pub(crate) job: JobName,
    /// How it ended, or where it stayed.
    pub(crate) status: Status,
    /// The script's exit code; nothing where it never ran, or ended otherwise.
    pub(crate) exit_code: Option<i32>,
    /// Whether its failure is forgiven.
    pub(crate) allow_failure: bool,
    /// GitLab's word for why it failed.
    pub(crate) failure_reason: Option<String>,
    /// The raw trace; nothing where it never ran.
    pub(crate) log: Option<PathBuf>,
    /// What `coverage` found, in per cent.
    pub(crate) coverage: Option<f64>,
    /// What it left.
    pub(crate) artifacts: Vec<KeptArtifact>,
    /// Its caches.
    pub(crate) caches: Vec<KeptCache>,
    /// How long it ran; nothing where it never did.
    pub(crate) duration: Option<Duration>,
    /// From being ready to run until it ran.
    pub(crate) queued: Option<Duration>,
    /// Whether another attempt takes its place.
    pub(crate) retried: bool,
}

/// An artifact in the folder of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptArtifact {
    /// `archive`, `junit`, `dotenv`, …
    pub(crate) kind: String,
    /// The file.
    pub(crate) path: PathBuf,
}

/// A cache of a job in the user's cache folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptCache {
    /// Its key, expanded.
    pub(crate) key: String,
    /// The archive, which need not exist.
    pub(crate) path: PathBuf,
}

/// Something that happened in a run.
#[derive(Clone, Debug)]
pub(crate) enum News {
    /// A pipeline was made: the first, or one of a bridge (`pipeline` is its path, empty for the first).
    Created {
        /// The bridges that lead to it.
        pipeline: Vec<String>,
        /// Its stages that have jobs, in order.
        stages: Vec<String>,
        /// Its jobs.
        jobs: Vec<JobPlan>,
    },
    /// A job has another status; not told of its end.
    Status {
        /// Which.
        job: JobName,
        /// Its status.
        status: Status,
    },
    /// A job runs.
    Started {
        /// Which.
        job: JobName,
    },
    /// More of a job's trace, as it is: with sections and colours, masked, in pieces of any size.
    Log {
        /// Which.
        job: JobName,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A job is made once more.
    Retried {
        /// The attempt that counts no more.
        old: JobName,
        /// The one that takes its place.
        new: JobName,
    },
    /// A job is over, or will not run.
    Finished(Box<JobReport>),
    /// Something that people should know, without end of line.
    Note(String),
    /// Something that is wrong and stops nothing, without end of line.
    Warning(String),
    /// All is over. Jobs that never ran were told of before.
    Done {
        /// The pipeline's status.
        status: Status,
        /// How long it took.
        elapsed: Duration,
    },
}

/// Shows a run: on a terminal, as lines, as JSON.
pub(crate) trait Show {
    /// Something happened.
    fn tell(&mut self, news: &News);

    /// Time has passed: asked for about ten times a second while something runs, if [`Show::is_live`].
    fn tick(&mut self) {}

    /// Whether it wants to be asked for that.
    fn is_live(&self) -> bool {
        false
    }

    /// Clears the screen for somebody else (a shell), or takes it back.
    fn pause(&mut self, _paused: bool) {}
}
