//! A pipeline of the coordinator as news for a display.

use crate::ci::news::{JobName, JobPlan, JobReport, KeptArtifact, News};
use crate::error::CliError;
use coordinator::Running;
use coordinator::files::Traces;
use coordinator::kernel::Kernel;
use coordinator::model::{JobRow, PipelineView};
use pipeline::{JobId, PipelineId, Status};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// So much of a trace is read at once.
const PIECE: usize = 64 << 10;

/// Looks at a pipeline again and again, and tells what is new.
pub(super) struct Follower {
    kernel: Kernel,
    traces: Traces,
    data: PathBuf,
    id: PipelineId,
    told: HashMap<JobId, Told>,
    is_made: bool,
    /// Whom traces wake that grow; nothing where they are not wanted.
    wakes: Option<Arc<Notify>>,
}

/// What was told of a job.
struct Told {
    status: Status,
    /// So much of its trace.
    trace: u64,
    /// Waits for more of it.
    waiting: Option<JoinHandle<()>>,
}

impl Drop for Told {
    fn drop(&mut self) {
        if let Some(waiting) = &self.waiting {
            waiting.abort();
        }
    }
}

/// How a pipeline stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stand {
    pub(super) status: Status,
    /// From when it was made until it was over, or was last seen.
    pub(super) lasted: Duration,
}

impl Stand {
    /// Whether nothing goes on unless somebody does something.
    pub(super) fn is_over(self) -> bool {
        self.status.is_complete() || self.status == Status::Manual
    }
}

impl Follower {
    /// Of a pipeline. `data` is the coordinator's folder. Traces that grow wake `wakes`.
    pub(super) fn new(running: &Running, data: PathBuf, id: PipelineId, wakes: Option<Arc<Notify>>) -> Self {
        let (kernel, traces) = (running.kernel.clone(), running.files.traces().clone());
        Self { kernel, traces, data, id, told: HashMap::new(), is_made: false, wakes }
    }

    /// Tells what happened since the last call.
    pub(super) async fn look(&mut self, tell: &mut dyn FnMut(&News)) -> Result<Stand, CliError> {
        let view = self.view().await?;
        if !self.is_made {
            self.is_made = true;
            tell(&created(&view));
            for job in view.jobs.iter().filter(|job| !job.retried) {
                self.told.insert(job.id, Told { status: Status::Created, trace: 0, waiting: None });
            }
        }
        for job in &view.jobs {
            self.job(job, tell).await?;
        }
        let until = view.row.finished_at.unwrap_or_else(|| self.kernel.now());
        let lasted = Duration::from_millis(until.0.saturating_sub(view.row.created_at.0));
        Ok(Stand { status: view.row.status, lasted })
    }

    /// Tells of jobs that nobody started, as of the pipeline's end.
    pub(super) async fn rest(&mut self, tell: &mut dyn FnMut(&News)) -> Result<(), CliError> {
        let view = self.view().await?;
        for job in view.jobs.iter().filter(|job| !job.retried && !job.status.is_complete()) {
            tell(&News::Finished(Box::new(self.report(job).await?)));
        }
        Ok(())
    }

    async fn view(&self) -> Result<PipelineView, CliError> {
        self.kernel.pipeline(self.id).await.map_err(|error| {
            CliError::operation(format!("pipeline {} cannot be looked at", self.id)).caused_by(&error)
        })
    }

    async fn job(&mut self, job: &JobRow, tell: &mut dyn FnMut(&News)) -> Result<(), CliError> {
        if let Entry::Vacant(place) = self.told.entry(job.id) {
            if let Some(old) = job.retry_of {
                tell(&News::Retried { old: JobName { id: old, ..name(job) }, new: name(job) });
            }
            place.insert(Told { status: Status::Created, trace: 0, waiting: None });
        }
        let before = self.told.get(&job.id).map_or(Status::Created, |told| told.status);
        if before == job.status && !job.status.is_executing() {
            return Ok(());
        }
        let has_run = job.started_at.is_some();
        if has_run && !before.is_executing() && !before.is_complete() {
            tell(&News::Started { job: name(job) });
            self.wait_for(job.id).await;
        }
        if has_run {
            self.trace(job, tell).await?;
        }
        if let Some(told) = self.told.get_mut(&job.id) {
            told.status = job.status;
            told.waiting = told.waiting.take().filter(|_| job.status.is_executing());
        }
        if job.status.is_complete() {
            tell(&News::Finished(Box::new(self.report(job).await?)));
        } else if job.status != before && job.status != Status::Running {
            tell(&News::Status { job: name(job), status: job.status });
        }
        Ok(())
    }

    /// Has a trace wake whoever follows. As long as somebody does, the runner sends it in small pieces.
    async fn wait_for(&mut self, job: JobId) {
        let Some(wakes) = self.wakes.clone() else { return };
        let Ok(mut changes) = self.traces.follow(job).await else { return };
        let waiting = tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                wakes.notify_one();
            }
        });
        if let Some(told) = self.told.get_mut(&job) {
            told.waiting = Some(waiting);
        }
    }

    /// Tells what is new of a trace.
    async fn trace(&mut self, job: &JobRow, tell: &mut dyn FnMut(&News)) -> Result<(), CliError> {
        if self.wakes.is_none() {
            return Ok(());
        }
        let Some(told) = self.told.get_mut(&job.id) else { return Ok(()) };
        loop {
            let bytes = self.traces.read(job.id, told.trace, PIECE).await.map_err(|error| {
                CliError::operation(format!("the log of {} cannot be read", job.name)).caused_by(&error)
            })?;
            if bytes.is_empty() {
                return Ok(());
            }
            told.trace += u64::try_from(bytes.len()).unwrap_or_default();
            tell(&News::Log { job: name(job), bytes });
        }
    }

    async fn report(&self, job: &JobRow) -> Result<JobReport, CliError> {
        let view = self.kernel.job(job.id).await.map_err(|error| {
            CliError::operation(format!("{} cannot be looked at", job.name)).caused_by(&error)
        })?;
        let now = self.kernel.now();
        let kept = |artifact: coordinator::model::ArtifactRow| KeptArtifact {
            path: self.data.join(&artifact.path),
            kind: artifact.kind,
        };
        Ok(JobReport {
            job: name(job),
            status: job.status,
            exit_code: job.exit_code.and_then(|code| i32::try_from(code).ok()),
            allow_failure: job.allow_failure,
            failure_reason: job.failure_reason.clone(),
            log: job.started_at.map(|_| self.traces.path(job.id)),
            coverage: job.coverage,
            artifacts: view.artifacts.into_iter().map(kept).collect(),
            caches: Vec::new(),
            duration: job.duration(now).map(Duration::from_millis),
            queued: job.started_at.and_then(|_| job.queued(now)).map(Duration::from_millis),
            retried: job.retried,
        })
    }
}

fn name(job: &JobRow) -> JobName {
    JobName { id: job.id, name: job.name.clone(), pipeline: Vec::new() }
}

fn created(view: &PipelineView) -> News {
    let plan = |job: &JobRow| JobPlan {
        job: name(job),
        stage: job.stage.clone(),
        needs: job.needs.clone(),
        allow_failure: job.allow_failure,
        left_out: false,
    };
    News::Created {
        pipeline: Vec::new(),
        stages: view.stages.iter().map(|stage| stage.name.clone()).collect(),
        jobs: view.jobs.iter().filter(|job| !job.retried).map(plan).collect(),
    }
}
