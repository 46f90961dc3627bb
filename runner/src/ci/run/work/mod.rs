//! What the loop decides, done: jobs by the engine of the service, pipelines of bridges by the evaluator.

mod child;
mod line;
mod orders;
mod registry;
mod reports;
mod write_back;

pub(super) use child::Evaluator;
pub(super) use line::Line;

use super::drive::{Doing, Ended, Hands, Left, Plan, Refusal, Tell, Ticket};
use super::local::{ArtifactRecord, Executors, JobRecord, LocalEnd, LocalJob, LocalRun, RunFolder};
use super::news::{JobReport, KeptArtifact, News};
use job::Control;
use pipeline::{End, JobId, Template, Work};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// The hands of a run.
pub(super) struct Workshop {
    shared: Rc<Shared>,
}

/// What tasks share.
struct Shared {
    run: Rc<LocalRun>,
    executors: Executors,
    folder: Rc<RunFolder>,
    evaluator: Arc<Evaluator>,
    /// Where artifacts are copied to, if they are.
    write_back: Option<PathBuf>,
    lines: RefCell<Vec<Rc<Line>>>,
    /// Variables of dotenv reports of jobs that are over.
    variables: RefCell<HashMap<JobId, Vec<(String, String)>>>,
    /// Archives of jobs that are over.
    archives: RefCell<HashMap<JobId, PathBuf>>,
    /// What was said already and is not said again.
    said: RefCell<HashSet<String>>,
}

/// What a workshop is made of.
pub(super) struct Parts {
    pub(super) run: Rc<LocalRun>,
    pub(super) executors: Executors,
    pub(super) folder: Rc<RunFolder>,
    pub(super) evaluator: Arc<Evaluator>,
    pub(super) write_back: Option<PathBuf>,
}

impl Workshop {
    pub(super) fn new(parts: Parts) -> Self {
        let Parts { run, executors, folder, evaluator, write_back } = parts;
        let shared = Shared {
            run,
            executors,
            folder,
            evaluator,
            write_back,
            lines: RefCell::default(),
            variables: RefCell::default(),
            archives: RefCell::default(),
            said: RefCell::default(),
        };
        Self { shared: Rc::new(shared) }
    }

    /// Takes a pipeline in; gives what the loop has to know of it.
    pub(super) fn take(&self, line: Line) -> Plan {
        self.shared.take(line)
    }
}

impl Hands for Workshop {
    fn run(&self, ticket: Ticket, control: Control, tell: Tell) -> Doing<Ended> {
        let shared = self.shared.clone();
        Box::pin(async move { shared.run(ticket, &control, &*tell).await })
    }

    fn child(&self, ticket: Ticket, tell: Tell) -> Doing<Result<Plan, Refusal>> {
        let shared = self.shared.clone();
        Box::pin(async move { shared.child(ticket, &*tell).await })
    }

    fn adopt(&self, job: JobId, record: &JobRecord) -> Result<Ended, String> {
        let cannot =
            |error: crate::error::CliError| format!("`{}` runs again: {}", record.name, error.one_line());
        let artifacts = self.shared.folder.adopt(job, record).map_err(cannot)?;
        let kept = |artifact: ArtifactRecord| KeptArtifact { kind: artifact.kind, path: artifact.path };
        let artifacts: Vec<KeptArtifact> = artifacts.into_iter().map(kept).collect();
        self.shared.keep(job, &artifacts, record.variables.clone());
        let duration =
            record.duration.and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok());
        let left = Left {
            log: record.log.clone(),
            artifacts,
            caches: Vec::new(),
            coverage: record.coverage,
            duration,
        };
        Ok(Ended { end: End::Success, left })
    }

    fn note(&self, report: &JobReport, stage: &str) {
        let artifact =
            |kept: &KeptArtifact| ArtifactRecord { kind: kept.kind.clone(), path: kept.path.clone() };
        self.shared.folder.note(JobRecord {
            id: report.job.id,
            name: report.job.name.clone(),
            pipeline: report.job.pipeline.clone(),
            stage: stage.to_owned(),
            status: report.status,
            exit_code: report.exit_code,
            allow_failure: report.allow_failure,
            failure_reason: report.failure_reason.clone(),
            duration: report.duration.map(|duration| duration.as_secs_f64()),
            log: report.log.clone(),
            artifacts: report.artifacts.iter().map(artifact).collect(),
            variables: self.shared.variables.borrow().get(&report.job.id).cloned().unwrap_or_default(),
            coverage: report.coverage,
            retried: report.retried,
        });
    }
}

impl Shared {
    fn take(&self, line: Line) -> Plan {
        let mut lines = self.lines.borrow_mut();
        let plan = line.plan(lines.len());
        lines.push(Rc::new(line));
        plan
    }

    fn line(&self, key: usize) -> Option<Rc<Line>> {
        self.lines.borrow().get(key).cloned()
    }

    /// Runs a job, and looks at what it left.
    async fn run(&self, ticket: Ticket, control: &Control, tell: &dyn Fn(News)) -> Ended {
        let Some(line) = self.line(ticket.key) else { return failed("data_integrity_failure") };
        let Some(Work::Build(template)) = line.work(ticket.planned) else {
            return failed("data_integrity_failure");
        };
        let name = ticket.job.name.as_str();
        let payload = match self.payload(&line, template, &ticket, tell) {
            Ok(payload) => payload,
            Err(error) => {
                tell(News::Warning(format!("`{name}` cannot start: {}", in_words(&error))));
                return failed(error.failure_reason());
            }
        };
        let choice = match self.executors.choose(name, &payload.image.name).await {
            Ok(choice) => choice,
            Err(error) => {
                tell(News::Warning(error.one_line()));
                return failed("runner_system_failure");
            }
        };
        if let Some(note) = choice.note {
            tell(News::Note(note));
        }
        let job = LocalJob { payload, name: ticket.job.clone(), in_docker: choice.in_docker };
        let end = Box::pin(self.run.run(job, control, tell)).await;
        self.ended(&ticket, template, end, tell).await
    }

    async fn ended(&self, ticket: &Ticket, template: &Template, end: LocalEnd, tell: &dyn Fn(News)) -> Ended {
        let name = ticket.job.name.as_str();
        let found = reports::read(name, template.coverage.as_deref(), &end, tell).await;
        self.keep(ticket.job.id, &end.artifacts, found.variables);
        let verdict = &end.outcome.verdict;
        if let Some(root) = self.write_back.as_ref().filter(|_| verdict.is_success()) {
            write_back::write_back(name, &end.artifacts, root, tell).await;
        }
        let end_of_job = match verdict.failure {
            None => End::Success,
            Some(reason) => End::Failed {
                reason: reason.as_str().to_owned(),
                exit_code: verdict.exit_code.map(i64::from),
            },
        };
        let left = Left {
            log: Some(end.log),
            artifacts: end.artifacts,
            caches: end.caches,
            coverage: found.coverage,
            duration: Some(end.duration),
        };
        Ended { end: end_of_job, left }
    }

    /// Keeps what other jobs may want to have.
    fn keep(&self, job: JobId, artifacts: &[KeptArtifact], variables: Vec<(String, String)>) {
        if let Some(archive) = artifacts.iter().find(|kept| kept.kind == "archive") {
            self.archives.borrow_mut().insert(job, archive.path.clone());
        }
        if !variables.is_empty() {
            self.variables.borrow_mut().insert(job, variables);
        }
    }

    /// Says something once in a run.
    fn say_once(&self, text: String, tell: &dyn Fn(News)) {
        if self.said.borrow_mut().insert(text.clone()) {
            tell(News::Warning(text));
        }
    }

    /// Variables of the dotenv reports of these jobs, in their order.
    fn variables_of(&self, jobs: &[JobId]) -> Vec<(String, String)> {
        let all = self.variables.borrow();
        jobs.iter().filter_map(|job| all.get(job)).flatten().cloned().collect()
    }
}

fn failed(reason: &str) -> Ended {
    Ended { end: End::Failed { reason: reason.to_owned(), exit_code: None }, left: Left::default() }
}

/// An error and what is behind it, on one line.
fn in_words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(": ");
        text.push_str(&error.to_string());
        next = error.source();
    }
    text
}
