//! Resource groups: of the jobs of a group, of all pipelines of a project, one at a time runs.

mod groups;

pub use groups::Groups;

use crate::{JobId, PipelineId};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// In which order the jobs of a group get their turn: GitLab's process modes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Whichever waits; here the one that was made first.
    #[default]
    Unordered,
    /// Those of the oldest pipeline, also if they are not ready.
    OldestFirst,
    /// Those of the newest pipeline, also if they are not ready.
    NewestFirst,
    /// Of those that are ready, the ones of the newest pipeline.
    NewestReadyFirst,
}

/// A job of a group that waits for it, or that will.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Candidate {
    /// Its pipeline.
    pub pipeline: PipelineId,
    /// The job.
    pub job: JobId,
    /// Whether it is ready: `waiting_for_resource`. If not, it is `created` or `scheduled`.
    pub waiting: bool,
}

/// Which jobs get a group of which so many are free. Nothing may come of it although some wait: an older pipeline
/// that is not ready holds younger ones up, where the order is strict.
pub fn next(mode: Mode, free: usize, candidates: &[Candidate]) -> Vec<Candidate> {
    let mut order = candidates.to_vec();
    match mode {
        Mode::Unordered => {
            order.retain(|candidate| candidate.waiting);
            order.sort_unstable_by_key(|candidate| candidate.job);
        }
        Mode::NewestReadyFirst => {
            order.retain(|candidate| candidate.waiting);
            order.sort_unstable_by_key(|candidate| (Reverse(candidate.pipeline), candidate.job));
        }
        Mode::OldestFirst => {
            order.sort_unstable_by_key(|candidate| (candidate.pipeline, !candidate.waiting, candidate.job));
        }
        Mode::NewestFirst => order.sort_unstable_by_key(|candidate| {
            (Reverse(candidate.pipeline), !candidate.waiting, candidate.job)
        }),
    }
    order.truncate(free);
    order.retain(|candidate| candidate.waiting);
    order
}

#[cfg(test)]
mod tests;
