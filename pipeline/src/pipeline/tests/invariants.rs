//! What holds after every event.

use crate::*;
use std::collections::HashMap;

/// Compares a pipeline before and after an event that brought these actions.
pub(super) fn check(before: &Pipeline, after: &Pipeline, actions: &[Action], now: u64) {
    told_of_all(before, after, actions);
    queued_once(after, actions);
    times_fit(after);
    let mut again = after.clone();
    if after.begun {
        let nothing = again.apply(Event::Begin, Moment(now + 1), &mut || panic!("no new jobs"));
        assert_eq!(nothing, Ok(Vec::new()), "a pass after a pass finds nothing");
    }
    assert_eq!(&again, after);
    let text = serde_json::to_string(after).unwrap();
    assert_eq!(&serde_json::from_str::<Pipeline>(&text).unwrap(), after);
}

/// Whoever only follows the actions knows the statuses.
fn told_of_all(before: &Pipeline, after: &Pipeline, actions: &[Action]) {
    let mut known: HashMap<JobId, Status> = before.jobs().map(|job| (job.id, job.status)).collect();
    let mut pipeline = before.status;
    for action in actions {
        match action {
            Action::Retried { old, new } => {
                assert!(after.job(*old).unwrap().retried);
                assert_eq!(known.insert(*new, Status::Created), None, "a number of its own");
            }
            Action::Job { job, from, to } => {
                assert_ne!(from, to);
                assert_eq!(known.insert(*job, *to), Some(*from), "{job}");
            }
            Action::Pipeline { from, to } => {
                assert_eq!(pipeline, *from);
                pipeline = *to;
            }
            _ => {}
        }
    }
    assert_eq!(pipeline, after.status);
    assert_eq!(known, after.jobs().map(|job| (job.id, job.status)).collect());
}

/// A job that became pending is to be run or to start its pipeline: once, and nobody else is.
fn queued_once(after: &Pipeline, actions: &[Action]) {
    let mut made: Vec<JobId> = Vec::new();
    let mut queued: Vec<JobId> = Vec::new();
    for action in actions {
        match action {
            Action::Job { job, to: Status::Pending, .. } if after.job(*job).unwrap().downstream.is_none() => {
                made.push(*job);
            }
            Action::Queue(job) => {
                assert!(!after.job(*job).unwrap().is_bridge());
                queued.push(*job);
            }
            Action::Trigger(job) => {
                assert!(after.job(*job).unwrap().is_bridge());
                queued.push(*job);
            }
            _ => {}
        }
    }
    assert_eq!(made, queued);
    for job in queued {
        assert_eq!(after.job(job).unwrap().status, Status::Pending, "{job} stays pending within its event");
    }
}

fn times_fit(after: &Pipeline) {
    for job in after.jobs() {
        let ended = matches!(job.status, Status::Success | Status::Failed | Status::Canceled);
        assert_eq!(job.finished_at.is_some(), ended, "{job:?}");
        if job.downstream.is_none() {
            assert_eq!(job.scheduled_at.is_some(), job.status == Status::Scheduled, "{job:?}");
            assert_eq!(job.resource == Hold::Wanted, job.status == Status::WaitingForResource, "{job:?}");
        }
        assert!(job.resource != Hold::Held || !job.status.is_complete(), "{job:?}");
    }
}
