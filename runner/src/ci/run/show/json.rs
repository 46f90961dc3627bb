//! `--json`: one object a line.

use super::super::news::{JobName, JobReport, News, Show};
use super::output::Output;
use crate::error::harmless;
use pipeline::Status;
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// Writes events; what is for people goes to stderr.
pub(super) struct Json {
    events: Output,
    people: Output,
}

/// A line. Keys have the order that is written here.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event<'a> {
    PipelineCreated {
        pipeline: &'a [String],
        stages: &'a [String],
        jobs: Vec<&'a str>,
    },
    JobStatus {
        #[serde(flatten)]
        job: Job<'a>,
        status: Status,
    },
    JobStarted(Job<'a>),
    JobRetried {
        #[serde(flatten)]
        job: Job<'a>,
        old_id: i64,
    },
    JobFinished(Box<Finished<'a>>),
    PipelineFinished {
        status: Status,
        duration: f64,
    },
}

#[derive(Serialize)]
struct Job<'a> {
    job: &'a str,
    pipeline: &'a [String],
    id: i64,
}

#[derive(Serialize)]
struct Finished<'a> {
    #[serde(flatten)]
    job: Job<'a>,
    status: Status,
    exit_code: Option<i32>,
    allow_failure: bool,
    failure_reason: Option<&'a str>,
    log: Option<String>,
    coverage: Option<f64>,
    artifacts: Vec<Artifact<'a>>,
    caches: Vec<Cache<'a>>,
    duration: Option<f64>,
    queued_duration: Option<f64>,
    retried: bool,
}

#[derive(Serialize)]
struct Artifact<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    path: String,
}

#[derive(Serialize)]
struct Cache<'a> {
    key: &'a str,
    path: String,
}

impl Json {
    pub(super) fn new(events: Output, people: Output) -> Self {
        Self { events, people }
    }
}

impl Show for Json {
    fn tell(&mut self, news: &News) {
        match news {
            News::Note(text) => return self.people.write(&format!("{}\n", harmless(text))),
            News::Warning(text) => return self.people.write(&format!("warning: {}\n", harmless(text))),
            _ => {}
        }
        let Some(event) = event(news) else { return };
        match serde_json::to_string(&event) {
            Ok(line) => self.events.write(&format!("{line}\n")),
            Err(error) => self.people.write(&format!("warning: an event cannot be written: {error}\n")),
        }
    }
}

fn event(news: &News) -> Option<Event<'_>> {
    Some(match news {
        News::Created { pipeline, stages, jobs } => {
            let jobs = jobs.iter().map(|plan| plan.job.name.as_str()).collect();
            Event::PipelineCreated { pipeline, stages, jobs }
        }
        News::Status { job, status } => Event::JobStatus { job: of(job), status: *status },
        News::Started { job } => Event::JobStarted(of(job)),
        News::Retried { old, new } => Event::JobRetried { job: of(new), old_id: old.id.0 },
        News::Finished(report) => Event::JobFinished(Box::new(finished(report))),
        News::Done { status, elapsed } => {
            Event::PipelineFinished { status: *status, duration: seconds(*elapsed) }
        }
        News::Log { .. } | News::Note(_) | News::Warning(_) => return None,
    })
}

fn of(job: &JobName) -> Job<'_> {
    Job { job: &job.name, pipeline: &job.pipeline, id: job.id.0 }
}

fn finished(report: &JobReport) -> Finished<'_> {
    Finished {
        job: of(&report.job),
        status: report.status,
        exit_code: report.exit_code,
        allow_failure: report.allow_failure,
        failure_reason: report.failure_reason.as_deref(),
        log: report.log.as_deref().map(text),
        coverage: report.coverage,
        artifacts: report
            .artifacts
            .iter()
            .map(|kept| Artifact { kind: &kept.kind, path: text(&kept.path) })
            .collect(),
        caches: report.caches.iter().map(|kept| Cache { key: &kept.key, path: text(&kept.path) }).collect(),
        duration: report.duration.map(seconds),
        queued_duration: report.queued.map(seconds),
        retried: report.retried,
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Seconds, to the millisecond.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}
