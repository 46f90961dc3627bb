//! What runners say of their jobs, and what jobs leave.

use super::flow::Flow;
use super::keys::hash;
use super::open::Kernel;
use super::{Executing, JobAnswer, JobVerdict, JobWord, Topic};
use crate::error::KernelError;
use crate::model::{ArtifactRow, ReportRow};
use crate::store::{artifacts, jobs, projects};
use pipeline::{End, Event, JobId, PipelineId};
use protocol::Secret;

/// How often a runner is to send what its job wrote, in seconds: while somebody watches, and else. Jobs of runners
/// that say nothing for a minute are given up, so the second must be well below.
const WATCHED: u64 = 3;
const UNWATCHED: u64 = 10;

impl Kernel {
    /// The job that a runner has with this number and token. To be asked for every call about a job.
    pub fn authenticate_job(&self, job: JobId, token: &Secret) -> Option<Executing> {
        self.inner.live.check(job, &hash(token.expose()))
    }

    /// The job of a token that a runner has now: for git, downloads and `GET /job`.
    pub fn job_of_token(&self, token: &Secret) -> Option<Executing> {
        self.inner.live.of_token(&hash(token.expose()))
    }

    /// A job's runner was heard of: it sent a piece of the trace, or of an artifact.
    pub fn job_seen(&self, job: JobId) {
        self.inner.live.seen(job, self.now());
    }

    /// For the header `X-GitLab-Trace-Update-Interval`, in seconds.
    pub fn trace_interval(&self, job: JobId) -> u64 {
        let topics = &self.inner.topics;
        let watched = topics.is_watched(Topic::Trace(job)) || topics.is_watched(Topic::Job(job));
        if watched { WATCHED } else { UNWATCHED }
    }

    /// What a runner says of its job (`PUT /jobs/:id`).
    ///
    /// # Errors
    /// Where the database fails. A job that no runner has is no error: the answer says so.
    pub async fn job_update(
        &self,
        job: JobId,
        token: &Secret,
        word: JobWord,
    ) -> Result<JobAnswer, KernelError> {
        let Some(executing) = self.authenticate_job(job, token) else {
            return self.not_executing(job, token).await;
        };
        self.job_seen(job);
        let interval = self.trace_interval(job);
        let end = match word {
            JobWord::Alive => {
                let status = Some(executing.status);
                return Ok(JobAnswer { verdict: JobVerdict::Accepted, status, interval });
            }
            JobWord::Success => End::Success,
            JobWord::Failed { reason, exit_code } => End::Failed {
                reason: reason.map_or("unknown_failure", protocol::FailureReason::as_str).to_owned(),
                exit_code,
            },
        };
        let (now, pipeline) = (self.now(), executing.pipeline);
        let write = self.inner.store.write(move |db, memory| {
            let mut flow = Flow::new(db, memory, now);
            let done = flow.try_run(pipeline, Event::Ended { job, end })?;
            Ok::<_, KernelError>((done, jobs::status(db, job)?))
        });
        let (done, status) = write.await?;
        let verdict = if done { JobVerdict::Accepted } else { JobVerdict::Forbidden };
        Ok(JobAnswer { verdict, status, interval })
    }

    /// The answer to a call about a job that no runner has, or not this one. Only its own runner is told its status.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn not_executing(&self, job: JobId, token: &Secret) -> Result<JobAnswer, KernelError> {
        let hash = hash(token.expose());
        let read = self.inner.store.read(move |db| {
            if jobs::token(db, job)?.as_deref() != Some(&hash[..]) {
                return Ok::<_, KernelError>(None);
            }
            Ok(jobs::status(db, job)?)
        });
        let status = read.await?;
        let interval = self.trace_interval(job);
        Ok(JobAnswer { verdict: JobVerdict::Forbidden, status, interval })
    }

    /// Fails a job from this side: its trace is too long, say.
    ///
    /// # Errors
    /// Where it is over already.
    pub async fn fail_job(&self, job: JobId, reason: &str) -> Result<(), KernelError> {
        let (now, reason) = (self.now(), reason.to_owned());
        let write = self.inner.store.write(move |db, memory| {
            let place = jobs::place(db, job)?.ok_or(KernelError::NotFound("job"))?;
            Flow::new(db, memory, now).run(place.pipeline, Event::Drop { job, reason })?;
            Ok::<_, KernelError>(())
        });
        write.await
    }

    /// A file of a job is stored. `locked` is decided here: new files stay while they are the latest of their ref.
    ///
    /// # Errors
    /// Where there is another one of its kind, with other content.
    pub async fn artifact_stored(&self, mut row: ArtifactRow) -> Result<ArtifactRow, KernelError> {
        let write = self.inner.store.write(move |db, memory| {
            if let Some(known) = artifacts::one(db, row.job, &row.kind)? {
                return if known.sha256 == row.sha256 {
                    Ok(known)
                } else {
                    Err(KernelError::invalid(
                        "artifact_type",
                        "another file of this type was uploaded before",
                    ))
                };
            }
            let place = jobs::place(db, row.job)?.ok_or(KernelError::NotFound("job"))?;
            let project = projects::find(db, &place.project.into())?;
            let project = project.ok_or(KernelError::NotFound("project"))?;
            row.project = place.project;
            row.locked = project.keep_latest_artifacts;
            artifacts::put(db, &row)?;
            if row.kind == "archive" {
                let mut extra = jobs::extra(db, row.job)?;
                extra.artifacts_expire_at = row.expire_at;
                jobs::set_extra(db, row.job, &extra)?;
            }
            memory.tell(Topic::Job(row.job));
            memory.tell(Topic::Pipeline(place.pipeline));
            Ok(row)
        });
        write.await
    }

    /// What was read out of a report is kept for pages.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn report_stored(&self, report: ReportRow) -> Result<(), KernelError> {
        let write = self.inner.store.write(move |db, memory| {
            let place = jobs::place(db, report.job)?.ok_or(KernelError::NotFound("job"))?;
            artifacts::put_report(db, &report)?;
            memory.tell(Topic::Pipeline(place.pipeline));
            Ok::<_, KernelError>(())
        });
        write.await
    }

    /// The variables of a job's dotenv report. Jobs that depend on it get them.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn dotenv_stored(&self, job: JobId, found: Vec<(String, String)>) -> Result<(), KernelError> {
        let write = self.inner.store.write(move |db, memory| {
            let sealed = memory.vault.seal("dotenv", &found)?;
            Ok::<_, KernelError>(artifacts::put_dotenv(db, job, &sealed)?)
        });
        write.await
    }

    /// The coverage that was found in a job's trace, in per cent. To be told before the job ends, or after.
    ///
    /// # Errors
    /// Where there is no such job.
    pub async fn coverage(&self, job: JobId, coverage: f64) -> Result<(), KernelError> {
        if !coverage.is_finite() {
            return Err(KernelError::invalid("coverage", "is no number"));
        }
        let write = self.inner.store.write(move |db, memory| {
            let place = jobs::place(db, job)?.ok_or(KernelError::NotFound("job"))?;
            jobs::set_coverage(db, job, coverage)?;
            if let Some(mut alive) = memory.take(db, place.pipeline)? {
                memory.touch();
                alive.row.coverage = jobs::coverage(db, place.pipeline)?;
                crate::store::pipelines::update(db, &alive.row, &alive.pipeline)?;
                memory.put(alive);
            }
            memory.tell(Topic::Job(job));
            memory.tell(Topic::Pipeline(place.pipeline));
            Ok::<_, KernelError>(())
        });
        write.await
    }

    /// A job's trace may hold secrets from now on (`debug_trace`).
    ///
    /// # Errors
    /// Where there is no such job.
    pub async fn debug_trace(&self, job: JobId) -> Result<(), KernelError> {
        let write = self.inner.store.write(move |db, _| {
            let mut extra = jobs::extra(db, job)?;
            extra.debug_trace = true;
            Ok::<_, KernelError>(jobs::set_extra(db, job, &extra)?)
        });
        write.await
    }

    /// The reports of a kind of a pipeline's latest jobs.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn reports(&self, pipeline: PipelineId, kind: &str) -> Result<Vec<ReportRow>, KernelError> {
        let kind = kind.to_owned();
        self.inner.store.read(move |db| Ok(artifacts::reports(db, pipeline, &kind)?)).await
    }

    /// What a job left.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn artifacts(&self, job: JobId) -> Result<Vec<ArtifactRow>, KernelError> {
        self.inner.store.read(move |db| Ok(artifacts::of_job(db, job)?)).await
    }

    /// Whether there is a job of this number: what is on disk of others is of no use.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn job_exists(&self, job: JobId) -> Result<bool, KernelError> {
        self.inner.store.read(move |db| Ok(jobs::place(db, job)?.is_some())).await
    }
}
