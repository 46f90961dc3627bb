//! The critical path: the chain of jobs, each waiting for the one before, that the run could not be shorter than.

use super::super::board::{Board, JobEntry};
use std::collections::HashSet;
use std::time::Duration;

/// How deep the jobs of child pipelines are looked at.
const DEEPEST: usize = 8;

/// A job of the chain.
#[derive(Debug)]
pub(super) struct Link<'a> {
    pub(super) entry: &'a JobEntry,
    /// Whether its time counts: that of a bridge is the time of the jobs it waits for, which follow.
    pub(super) counts: bool,
}

/// How long a job took with all its attempts.
pub(super) fn took(entry: &JobEntry) -> Duration {
    match (entry.first_started, entry.finished) {
        (Some(start), Some(end)) if entry.retries > 0 => end.saturating_sub(start),
        _ => entry.duration().unwrap_or_default(),
    }
}

/// The chain, from its first job to the one that ended last.
pub(super) fn critical(board: &Board) -> Vec<Link<'_>> {
    chain(board, &[], DEEPEST)
}

fn chain<'a>(board: &'a Board, pipeline: &[String], deepest: usize) -> Vec<Link<'a>> {
    let jobs: Vec<&JobEntry> = board
        .latest_of(pipeline)
        .filter(|entry| entry.first_started.is_some() && entry.finished.is_some())
        .collect();
    let empty = Vec::new();
    let stages =
        board.pipelines().iter().find(|entry| entry.path == pipeline).map_or(&empty, |entry| &entry.stages);
    let place = |entry: &JobEntry| stages.iter().position(|stage| *stage == entry.plan.stage);
    let waits = |later: &JobEntry, earlier: &JobEntry| match &later.plan.needs {
        Some(needs) => needs.contains(&earlier.job().name),
        None => place(earlier) < place(later),
    };
    let mut seen = HashSet::new();
    let mut reversed: Vec<&JobEntry> = Vec::new();
    let mut next = jobs.iter().max_by_key(|entry| entry.finished).copied();
    while let Some(entry) = next.filter(|entry| seen.insert(entry.job().id)) {
        reversed.push(entry);
        let before = jobs.iter().filter(|other| waits(entry, other));
        next = before.max_by_key(|entry| entry.finished).copied();
    }
    let mut links = Vec::new();
    for entry in reversed.into_iter().rev() {
        let mut path = pipeline.to_vec();
        path.push(entry.job().name.clone());
        let inner = if deepest > 0 && board.pipelines().iter().any(|entry| entry.path == path) {
            chain(board, &path, deepest - 1)
        } else {
            Vec::new()
        };
        // A bridge that does not wait for its pipeline was over before it.
        let inner: Vec<Link<'_>> =
            inner.into_iter().filter(|link| link.entry.finished <= entry.finished).collect();
        links.push(Link { entry, counts: inner.is_empty() });
        links.extend(inner);
    }
    links
}
