//! What the loop leaves to others: running a job, and making the pipeline of a bridge.

use crate::ci::run::local::JobRecord;
use crate::ci::run::news::{JobName, JobReport, KeptArtifact, KeptCache, News};
use crate::ci::run::select::Candidate;
use job::Control;
use pipeline::{AutoCancel, End, JobId, Moment, PipelineId};
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

/// What is being done, on the thread of the loop.
pub(in crate::ci::run) type Doing<T> = Pin<Box<dyn Future<Output = T>>>;

/// Who takes news.
pub(in crate::ci::run) type Tell = std::rc::Rc<dyn Fn(News)>;

/// Does what the loop decides.
pub(in crate::ci::run) trait Hands {
    /// Runs a job. The future is over when others may go on with what the job left.
    fn run(&self, ticket: Ticket, control: Control, tell: Tell) -> Doing<Ended>;

    /// Makes the pipeline that a bridge starts.
    fn child(&self, ticket: Ticket, tell: Tell) -> Doing<Result<Plan, Refusal>>;

    /// Gives a job what an earlier run left of it.
    ///
    /// # Errors
    /// In words, what is not there any more.
    fn adopt(&self, job: JobId, record: &JobRecord) -> Result<Ended, String>;

    /// Notes what became of a job.
    fn note(&self, report: &JobReport, stage: &str);
}

/// A job that is to begin.
#[derive(Clone, Debug)]
pub(in crate::ci::run) struct Ticket {
    /// Which.
    pub(in crate::ci::run) job: JobName,
    /// The number of its pipeline.
    pub(in crate::ci::run) pipeline: PipelineId,
    /// When that was made.
    pub(in crate::ci::run) created_at: Moment,
    /// The pipeline it is of: [`Plan::key`].
    pub(in crate::ci::run) key: usize,
    /// Its place among the jobs of the blueprint.
    pub(in crate::ci::run) planned: usize,
    /// The jobs whose artifacts and variables it gets.
    pub(in crate::ci::run) dependencies: Vec<JobId>,
    /// The jobs of its pipeline and of those above it, from below.
    pub(in crate::ci::run) family: Vec<Relatives>,
    /// How many pipelines are above its own.
    pub(in crate::ci::run) depth: usize,
    /// When it begins.
    pub(in crate::ci::run) now: Moment,
    /// How long it waited for a runner.
    pub(in crate::ci::run) queued: Duration,
}

/// The jobs of a pipeline that count.
#[derive(Clone, Debug)]
pub(in crate::ci::run) struct Relatives {
    /// The number of the pipeline.
    pub(in crate::ci::run) pipeline: PipelineId,
    /// Its jobs, with their names.
    pub(in crate::ci::run) jobs: Vec<(String, JobId)>,
}

/// A pipeline that can be started.
#[derive(Clone, Debug)]
pub(in crate::ci::run) struct Plan {
    /// What hands know it by.
    pub(in crate::ci::run) key: usize,
    /// Its stages, in order.
    pub(in crate::ci::run) stages: Vec<String>,
    /// Its jobs.
    pub(in crate::ci::run) jobs: Vec<Candidate>,
    /// What cancels it.
    pub(in crate::ci::run) auto_cancel: AutoCancel,
}

/// Why a bridge started nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ci::run) struct Refusal {
    /// GitLab's word.
    pub(in crate::ci::run) reason: &'static str,
    /// In words, for people.
    pub(in crate::ci::run) message: String,
}

/// What a job ended with.
#[derive(Clone, Debug)]
pub(in crate::ci::run) struct Ended {
    /// Well or not.
    pub(in crate::ci::run) end: End,
    /// What stays of it.
    pub(in crate::ci::run) left: Left,
}

/// What stays of a job.
#[derive(Clone, Debug, Default)]
pub(in crate::ci::run) struct Left {
    /// The raw trace.
    pub(in crate::ci::run) log: Option<PathBuf>,
    /// What it left.
    pub(in crate::ci::run) artifacts: Vec<KeptArtifact>,
    /// Its caches.
    pub(in crate::ci::run) caches: Vec<KeptCache>,
    /// What `coverage` found.
    pub(in crate::ci::run) coverage: Option<f64>,
    /// How long it ran.
    pub(in crate::ci::run) duration: Option<Duration>,
}
