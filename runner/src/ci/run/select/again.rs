//! What is to be done once more.

use super::{Candidate, Selection, picked};
use crate::ci::run::local::{JobRecord, RunRecord};
use pipeline::{Kind, Status, When};
use std::collections::HashMap;

/// Whether the last run had this pipeline.
pub(super) fn is_known(last: &RunRecord, path: &[String]) -> bool {
    last.jobs.iter().any(|job| job.pipeline == path)
}

/// These jobs and all behind them run; what succeeded of the rest is taken as it is.
pub(super) fn from(jobs: &[Candidate], start: &[usize], last: &RunRecord, path: &[String]) -> Selection {
    let runs = behind(jobs, start);
    let mut selection = Selection::default();
    let mut missing = Vec::new();
    for (planned, job) in jobs.iter().enumerate() {
        let mut picked = picked(planned, job);
        picked.behind = runs[planned];
        if !runs[planned] {
            match success(last, path, job) {
                // Its pipeline is made again, of jobs that are taken as they were.
                Some(_) if is_bridge(job) => {}
                Some(record) => picked.reuse = Some(Box::new(record.clone())),
                None => {
                    selection.left_out.push(planned);
                    if !matches!(job.spec.when, When::Manual | When::OnFailure) {
                        missing.push(job.spec.name.as_str());
                    }
                    continue;
                }
            }
        }
        selection.picked.push(picked);
    }
    if !missing.is_empty() {
        let names = missing.join(", ");
        selection.notes.push(format!("left out, for the last run has no success of them: {names}"));
    }
    selection
}

/// What failed and what was not reached runs; what succeeded is taken as it is.
pub(super) fn failed(jobs: &[Candidate], last: &RunRecord, path: &[String]) -> Selection {
    let mut selection = Selection::default();
    for (planned, job) in jobs.iter().enumerate() {
        let mut picked = picked(planned, job);
        match last.job(path, &job.spec.name) {
            None => {
                selection.left_out.push(planned);
                continue;
            }
            // Its pipeline may have failed all the same, and has records of its own.
            Some(_) if is_bridge(job) => {}
            Some(record) if record.status == Status::Success => picked.reuse = Some(Box::new(record.clone())),
            // It was played then.
            Some(record) => picked.named = matches!(record.status, Status::Failed | Status::Canceled),
        }
        selection.picked.push(picked);
    }
    selection
}

fn is_bridge(job: &Candidate) -> bool {
    matches!(job.spec.kind, Kind::Bridge { .. })
}

fn success<'a>(last: &'a RunRecord, path: &[String], job: &Candidate) -> Option<&'a JobRecord> {
    last.job(path, &job.spec.name).filter(|record| record.status == Status::Success)
}

/// The jobs and those that wait for one of them, directly or not.
pub(super) fn behind(jobs: &[Candidate], start: &[usize]) -> Vec<bool> {
    let mut within = vec![false; jobs.len()];
    for index in start {
        within[*index] = true;
    }
    let places: HashMap<&str, usize> =
        jobs.iter().enumerate().map(|(index, job)| (job.spec.name.as_str(), index)).collect();
    // Jobs are in stage order, but needs may go against it within a stage: until nothing is added any more.
    loop {
        let earliest =
            (0..jobs.len()).filter(|index| within[*index]).map(|index| jobs[index].spec.stage_index).min();
        let Some(earliest) = earliest else { return within };
        let mut grown = false;
        for index in 0..jobs.len() {
            let spec = &jobs[index].spec;
            let waits = match &spec.needs {
                None => spec.stage_index > earliest,
                Some(needs) => {
                    let is_within = |name: &str| places.get(name).is_some_and(|place| within[*place]);
                    needs.iter().any(|need| is_within(&need.job))
                }
            };
            if waits && !within[index] {
                within[index] = true;
                grown = true;
            }
        }
        if !grown {
            return within;
        }
    }
}
