//! The rules once more, as slowly and plainly as they can be put: words instead of statuses, and one change at a time,
//! looked for from the back, until there is none.

use super::bench::Bench;
use crate::composite::tests::naive;
use crate::*;

/// The latest attempt of a job.
#[derive(Clone, Debug)]
struct Entry {
    spec: Spec,
    status: &'static str,
    forgiven: bool,
    at_once: bool,
    graceful: bool,
    retries: usize,
    due: u64,
}

/// A pipeline of builds.
#[derive(Clone, Debug)]
pub(super) struct Model {
    jobs: Vec<Entry>,
    status: &'static str,
    strict: bool,
}

const OVER: [&str; 4] = ["success", "failed", "canceled", "skipped"];

impl Model {
    pub(super) fn new(specs: &[Spec], strict: bool) -> Self {
        let entry = |spec: &Spec| Entry {
            spec: spec.clone(),
            status: "created",
            forgiven: spec.allow_failure,
            at_once: false,
            graceful: false,
            retries: 0,
            due: 0,
        };
        Self { jobs: specs.iter().map(entry).collect(), status: "created", strict }
    }

    /// Takes an event of the job of a place. False: it is refused.
    pub(super) fn apply(&mut self, event: &Event, at: usize, now: u64) -> bool {
        let job = &mut self.jobs[at];
        let status = job.status;
        let manual = matches!(job.spec.when, When::Manual | When::Delayed);
        match event {
            Event::Begin => {}
            Event::Taken { graceful, .. } if status == "pending" => {
                (job.status, job.graceful) = ("running", *graceful);
            }
            Event::Ended { .. } if status == "canceling" => job.status = "canceled",
            Event::Ended { end: End::Success, .. } if !OVER.contains(&status) => {
                if ["manual", "scheduled"].contains(&status) {
                    return false;
                }
                job.status = "success";
            }
            Event::Ended { end: End::Failed { exit_code, .. }, .. } if !OVER.contains(&status) => {
                self.failed(at, *exit_code);
            }
            Event::Due(_) if status == "scheduled" && now >= job.due => {
                if now > job.due + 3_600_000 {
                    self.failed(at, None);
                } else {
                    self.set_off(at);
                }
            }
            Event::Granted(_) if status == "waiting_for_resource" => job.status = "pending",
            Event::Play(_) if manual && ["manual", "scheduled"].contains(&status) => self.set_off(at),
            Event::Unschedule(_) if status == "scheduled" => job.status = "manual",
            Event::Play(_) | Event::Retry(_)
                if ["success", "failed", "canceled", "canceling"].contains(&status)
                    && (manual || matches!(event, Event::Retry(_))) =>
            {
                self.renew(at, manual);
                self.bring_back(at);
            }
            Event::RetryAll => {
                let ended = |job: &Entry| ["failed", "canceled", "canceling"].contains(&job.status);
                let again: Vec<_> = (0..self.jobs.len()).filter(|&at| ended(&self.jobs[at])).collect();
                if again.is_empty() {
                    return false;
                }
                again.into_iter().for_each(|at| self.renew(at, false));
                self.jobs
                    .iter_mut()
                    .filter(|job| job.status == "skipped")
                    .for_each(|job| job.status = "created");
            }
            Event::Cancel(_) if cancelable(job) => cancel(job),
            Event::CancelAll => {
                if !self.jobs.iter().any(cancelable) {
                    return false;
                }
                self.jobs.iter_mut().filter(|job| cancelable(job)).for_each(cancel);
            }
            Event::ForceCancel(_) if status == "canceling" => job.status = "canceled",
            _ => return false,
        }
        while self.one_change(now) {}
        self.settle();
        true
    }

    fn failed(&mut self, at: usize, exit_code: Option<i64>) {
        let job = &mut self.jobs[at];
        job.status = "failed";
        job.forgiven |= exit_code.is_some_and(|code| job.spec.allow_exit_codes.contains(&code));
        if usize::from(job.spec.retry.max.unwrap_or(0)) > job.retries {
            let manual = matches!(job.spec.when, When::Manual | When::Delayed);
            self.renew(at, manual);
        } else if self.strict && !job.forgiven {
            self.jobs.iter_mut().filter(|job| cancelable(job)).for_each(cancel);
        }
    }

    fn renew(&mut self, at: usize, at_once: bool) {
        let job = &mut self.jobs[at];
        (job.status, job.forgiven, job.at_once) = ("created", job.spec.allow_failure, at_once);
        job.graceful = false;
        job.retries += 1;
    }

    fn set_off(&mut self, at: usize) {
        enqueue(&mut self.jobs[at]);
        self.bring_back(at);
    }

    fn bring_back(&mut self, at: usize) {
        let mut behind = vec![self.jobs[at].spec.name.clone()];
        while let Some(next) = self.jobs.iter().find(|job| {
            let needs = job.spec.needs.iter().flatten();
            !behind.contains(&job.spec.name) && needs.into_iter().any(|need| behind.contains(&need.job))
        }) {
            behind.push(next.spec.name.clone());
        }
        let stage = self.jobs[at].spec.stage_index;
        for job in self.jobs.iter_mut().filter(|job| job.status == "skipped") {
            if job.spec.stage_index > stage || behind.contains(&job.spec.name) {
                job.status = "created";
            }
        }
    }

    /// What comes before a job.
    fn previous(&self, job: &Entry) -> &'static str {
        let before = self.jobs.iter().filter(|other| match &job.spec.needs {
            Some(needs) => needs.iter().any(|need| need.job == other.spec.name),
            None => other.spec.stage_index < job.spec.stage_index,
        });
        let before: Vec<_> = before.map(|job| (Status::parse(job.status).unwrap(), job.forgiven)).collect();
        naive(&before, job.spec.needs.is_some()).unwrap_or("success")
    }

    fn one_change(&mut self, now: u64) -> bool {
        for at in (0..self.jobs.len()).rev() {
            let previous = self.previous(&self.jobs[at]);
            let job = &mut self.jobs[at];
            if job.status != "created" || !OVER.contains(&previous) {
                continue;
            }
            let accepted: &[&str] = match (job.spec.when, &job.spec.needs) {
                (When::OnFailure, _) => &["failed"],
                (When::Always, _) => &["success", "failed", "skipped"],
                (_, None) => &["success", "skipped"],
                (_, Some(_)) => &["success"],
            };
            match job.spec.when {
                _ if !accepted.contains(&previous) => job.status = "skipped",
                _ if job.at_once => enqueue(job),
                When::Delayed => {
                    (job.status, job.due) = ("scheduled", now + job.spec.start_in.unwrap() * 1000);
                }
                When::Manual => job.status = "manual",
                _ => enqueue(job),
            }
            return true;
        }
        false
    }

    fn settle(&mut self) {
        let all: Vec<_> =
            self.jobs.iter().map(|job| (Status::parse(job.status).unwrap(), job.forgiven)).collect();
        let ran = ["running", "success", "failed", "canceling", "canceled"].contains(&self.status);
        match naive(&all, false) {
            None | Some("created") => {}
            Some("pending") if ran => self.status = "running",
            Some(status) => self.status = status,
        }
    }

    /// Says where a pipeline differs.
    pub(super) fn compare(&self, bench: &Bench) -> Result<(), String> {
        let mine: Vec<_> = self.jobs.iter().map(|job| (job.status, job.forgiven, job.retries)).collect();
        let attempts = |job: &Job| bench.pipeline.jobs().filter(|other| other.planned == job.planned).count();
        let theirs: Vec<_> = bench
            .pipeline
            .latest()
            .map(|job| (job.status.as_str(), job.allow_failure, attempts(job) - 1))
            .collect();
        if mine == theirs && self.status == bench.status() {
            return Ok(());
        }
        Err(format!("model: {} {mine:?}\npipeline: {} {theirs:?}", self.status, bench.status()))
    }
}

fn enqueue(job: &mut Entry) {
    job.status = if job.spec.resource_group.is_some() { "waiting_for_resource" } else { "pending" };
}

fn cancelable(job: &Entry) -> bool {
    !OVER.contains(&job.status) && job.status != "canceling"
}

fn cancel(job: &mut Entry) {
    job.status = if job.status == "running" && job.graceful { "canceling" } else { "canceled" };
}
