//! Which jobs of a pipeline a run takes up, and what becomes of the others.
//!
//! A job that has `needs` is run with those jobs, and with what they need. A job without waits for stages: it is run
//! with all jobs of earlier stages, since their artifacts are its input, but for manual ones that nobody named: a
//! deployment is no input. What is left out does not exist for the run, as if a rule had left it out.

mod again;
mod closure;
mod names;
#[cfg(test)]
mod tests;

use super::local::{JobRecord, RunRecord};
use crate::error::CliError;
use names::Names;
use pipeline::{Spec, When};

/// What was asked for on the command line.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// Named jobs; nothing stands for all.
    pub(super) jobs: Vec<String>,
    /// Manual jobs to play.
    pub(super) manual: Vec<String>,
    /// Named jobs alone.
    pub(super) no_needs: bool,
    /// Only what the last run leaves to do.
    pub(super) again: Again,
}

impl Asked {
    /// Looks at the names alone.
    ///
    /// # Errors
    /// One is none of a job of the pipeline.
    pub(super) fn check(&self, jobs: &[Candidate]) -> Result<(), CliError> {
        let names = Names::of(jobs);
        for name in &self.jobs {
            names.find(name)?;
        }
        for name in &self.manual {
            names.find_manual(name)?;
        }
        match &self.again {
            Again::From(name) => names.find(name).map(drop),
            Again::No | Again::Failed => Ok(()),
        }
    }
}

/// How much of the last run counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Again {
    /// Nothing.
    #[default]
    No,
    /// What succeeded before this job, and is not behind it.
    From(String),
    /// What succeeded.
    Failed,
}

/// A job of the pipeline.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// What processing knows of it.
    pub(super) spec: Spec,
    /// The name of its parallel job, if it is an instance of one.
    pub(super) base: Option<String>,
}

/// A job that is part of the run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Picked {
    /// Its place among all jobs.
    pub(super) planned: usize,
    /// What processing is to know of it.
    pub(super) spec: Spec,
    /// Somebody named it: if it is manual it is played, if it is delayed it does not wait.
    pub(super) named: bool,
    /// It is the job that the run starts from, or waits for it.
    pub(super) behind: bool,
    /// It is not run, for it succeeded before.
    pub(super) reuse: Option<Box<JobRecord>>,
}

/// What was chosen.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    /// Jobs that are part of the run, in the pipeline's order.
    pub(super) picked: Vec<Picked>,
    /// Places of those that are not.
    pub(super) left_out: Vec<usize>,
    /// What people should know.
    pub(super) notes: Vec<String>,
}

impl Selection {
    /// Whether there is anything to run.
    pub(super) fn has_work(&self) -> bool {
        self.picked.iter().any(|job| job.reuse.is_none())
    }
}

/// Chooses from the jobs of the pipeline. `last` is the last run, where that counts.
///
/// # Errors
/// A name is none of a job of the pipeline.
pub(super) fn select(
    asked: &Asked,
    jobs: &[Candidate],
    last: Option<&RunRecord>,
) -> Result<Selection, CliError> {
    let names = Names::of(jobs);
    let mut named = vec![false; jobs.len()];
    let mut start = Vec::new();
    for name in &asked.jobs {
        start.extend(names.find(name)?);
    }
    let mut played = Vec::new();
    for name in &asked.manual {
        played.extend(names.find_manual(name)?);
    }
    for index in start.iter().chain(&played) {
        named[*index] = true;
    }
    let mut selection = match (&asked.again, last) {
        (Again::From(name), Some(last)) => {
            let start = names.find(name)?;
            for index in &start {
                named[*index] = true;
            }
            again::from(jobs, &start, last, &[])
        }
        (Again::Failed, Some(last)) => again::failed(jobs, last, &[]),
        _ if asked.jobs.is_empty() => everything(jobs),
        _ => {
            // Whoever plays a job wants it to be there.
            start.extend(played);
            named_ones(asked, jobs, &start, &named)
        }
    };
    for picked in &mut selection.picked {
        picked.named |= named[picked.planned];
    }
    Ok(selection)
}

/// Chooses from the jobs of a child pipeline, which nobody can name: all, or what the last run left to do.
pub(super) fn select_child(
    again: &Again,
    jobs: &[Candidate],
    last: Option<&RunRecord>,
    path: &[String],
    behind: bool,
) -> Selection {
    let selection = match (again, last) {
        (Again::From(_), Some(last)) if !behind => again::from(jobs, &[], last, path),
        (Again::Failed, Some(last)) if again::is_known(last, path) => again::failed(jobs, last, path),
        _ => return everything(jobs),
    };
    // A pipeline without jobs never ends: its configuration is another one than it was.
    if selection.picked.is_empty() { everything(jobs) } else { selection }
}

fn everything(jobs: &[Candidate]) -> Selection {
    let picked = jobs.iter().enumerate().map(|(planned, job)| picked(planned, job)).collect();
    Selection { picked, ..Selection::default() }
}

fn named_ones(asked: &Asked, jobs: &[Candidate], start: &[usize], named: &[bool]) -> Selection {
    let wanted = match asked.no_needs {
        true => closure::alone(jobs, start),
        false => closure::with_needs(jobs, start, named),
    };
    let mut selection = Selection { notes: wanted.notes, ..Selection::default() };
    for (planned, job) in jobs.iter().enumerate() {
        if !wanted.jobs[planned] {
            selection.left_out.push(planned);
            continue;
        }
        let mut picked = picked(planned, job);
        if asked.no_needs && picked.spec.when == When::OnFailure {
            // Nothing before it can fail, and yet it was asked for.
            picked.spec.when = When::OnSuccess;
        }
        selection.picked.push(picked);
    }
    selection
}

fn picked(planned: usize, job: &Candidate) -> Picked {
    Picked { planned, spec: job.spec.clone(), named: false, behind: false, reuse: None }
}
