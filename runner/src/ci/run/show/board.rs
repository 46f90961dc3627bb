//! What is known of a run: its pipelines, its jobs, and what became of them.

use super::super::news::{JobName, JobPlan, JobReport, News};
use indexmap::IndexMap;
use pipeline::{JobId, Status};
use std::time::Duration;

/// All that was told of a run.
#[derive(Debug, Default)]
pub(super) struct Board {
    pipelines: Vec<PipelineEntry>,
    jobs: IndexMap<JobId, JobEntry>,
    /// Its status and how long it took, once it is over.
    pub(super) done: Option<(Status, Duration)>,
    /// When the first pipeline was made.
    pub(super) began: Duration,
}

/// A pipeline of the run.
#[derive(Debug)]
pub(super) struct PipelineEntry {
    /// The bridges that lead to it.
    pub(super) path: Vec<String>,
    /// Its stages.
    pub(super) stages: Vec<String>,
}

/// A job, or an attempt of it.
#[derive(Debug)]
pub(super) struct JobEntry {
    pub(super) plan: JobPlan,
    pub(super) status: Status,
    pub(super) started: Option<Duration>,
    /// When its first attempt started.
    pub(super) first_started: Option<Duration>,
    pub(super) finished: Option<Duration>,
    /// How many attempts went before it.
    pub(super) retries: usize,
    /// Whether another attempt takes its place.
    pub(super) superseded: bool,
    pub(super) report: Option<JobReport>,
}

impl JobEntry {
    fn new(plan: JobPlan) -> Self {
        Self {
            plan,
            status: Status::Created,
            started: None,
            first_started: None,
            finished: None,
            retries: 0,
            superseded: false,
            report: None,
        }
    }

    /// Which.
    pub(super) fn job(&self) -> &JobName {
        &self.plan.job
    }

    /// Whether its failure is forgiven, as is known by now.
    pub(super) fn allow_failure(&self) -> bool {
        self.report.as_ref().map_or(self.plan.allow_failure, |report| report.allow_failure)
    }

    /// Whether it failed, and that matters.
    pub(super) fn failed(&self) -> bool {
        self.status == Status::Failed && !self.allow_failure()
    }

    /// How long it ran: as reported, else as seen.
    pub(super) fn duration(&self) -> Option<Duration> {
        let reported = self.report.as_ref().and_then(|report| report.duration);
        reported.or_else(|| Some(self.finished?.saturating_sub(self.started?)))
    }
}

impl Board {
    /// Notes what happened at a time.
    pub(super) fn note(&mut self, news: &News, now: Duration) {
        match news {
            News::Created { pipeline, stages, jobs } => {
                if pipeline.is_empty() && self.done.is_some() {
                    // Another run.
                    *self = Self::default();
                }
                if self.pipelines.is_empty() {
                    self.began = now;
                }
                self.pipelines.push(PipelineEntry { path: pipeline.clone(), stages: stages.clone() });
                for plan in jobs {
                    self.jobs.insert(plan.job.id, JobEntry::new(plan.clone()));
                }
            }
            News::Status { job, status } => self.entry(job).status = *status,
            News::Started { job } => {
                let entry = self.entry(job);
                entry.status = Status::Running;
                entry.started = Some(now);
                entry.first_started.get_or_insert(now);
            }
            News::Retried { old, new } => self.retried(old, new),
            News::Finished(report) => {
                let entry = self.entry(&report.job);
                entry.status = report.status;
                entry.finished = Some(now);
                entry.superseded |= report.retried;
                entry.report = Some((**report).clone());
            }
            News::Done { status, elapsed } => self.done = Some((*status, *elapsed)),
            News::Log { .. } | News::Note(_) | News::Warning(_) => {}
        }
    }

    fn retried(&mut self, old: &JobName, new: &JobName) {
        let entry = self.entry(old);
        entry.superseded = true;
        let plan = JobPlan { job: new.clone(), ..entry.plan.clone() };
        let (retries, first) = (entry.retries + 1, entry.first_started);
        if !self.jobs.contains_key(&new.id) {
            // It stands where the old one stood.
            let at = self.jobs.get_index_of(&old.id).map_or(self.jobs.len(), |at| at + 1);
            self.jobs.shift_insert(at, new.id, JobEntry::new(plan));
        }
        let made = self.entry(new);
        (made.retries, made.first_started) = (retries, first.or(made.first_started));
    }

    /// A job that was told of, or one that was not planned.
    fn entry(&mut self, job: &JobName) -> &mut JobEntry {
        self.jobs.entry(job.id).or_insert_with(|| {
            JobEntry::new(JobPlan {
                job: job.clone(),
                stage: String::new(),
                needs: None,
                allow_failure: false,
                left_out: false,
            })
        })
    }

    pub(super) fn job(&self, id: JobId) -> Option<&JobEntry> {
        self.jobs.get(&id)
    }

    pub(super) fn pipelines(&self) -> &[PipelineEntry] {
        &self.pipelines
    }

    /// Jobs that count and were asked for: the latest attempt of each.
    pub(super) fn latest(&self) -> impl Iterator<Item = &JobEntry> {
        self.jobs
            .values()
            .filter(|entry| !entry.superseded && (!entry.plan.left_out || entry.started.is_some()))
    }

    /// Those of one pipeline.
    pub(super) fn latest_of(&self, path: &[String]) -> impl Iterator<Item = &JobEntry> {
        self.latest().filter(move |entry| entry.job().pipeline == path)
    }

    /// Jobs that run now, the longest running first.
    pub(super) fn running(&self) -> Vec<&JobEntry> {
        let mut running: Vec<&JobEntry> = self.latest().filter(|entry| entry.status.is_executing()).collect();
        running.sort_by_key(|entry| entry.started);
        running
    }

    /// Pipelines with their stages in order, and the jobs of each.
    pub(super) fn stages(&self) -> Vec<(&PipelineEntry, &str, Vec<&JobEntry>)> {
        let mut stages = Vec::new();
        for pipeline in &self.pipelines {
            for stage in &pipeline.stages {
                let jobs: Vec<&JobEntry> =
                    self.latest_of(&pipeline.path).filter(|entry| entry.plan.stage == *stage).collect();
                if !jobs.is_empty() {
                    stages.push((pipeline, stage.as_str(), jobs));
                }
            }
        }
        stages
    }
}
