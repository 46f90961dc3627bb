//! Pipelines that a newer one makes redundant (`Ci::PipelineCreation::CancelRedundantPipelinesService`).

use super::flow::Flow;
use crate::error::KernelError;
use crate::model::{PipelineRow, Project};
use crate::store::pipelines;
use pipeline::Event;

/// Older pipelines are left alone, in milliseconds: seven days.
const MOST_AGE: u64 = 7 * 24 * 3600 * 1000;

/// Cancels what a new pipeline makes redundant, as far as each of them allows it. `head` is where the ref is now.
pub(super) fn cancel(
    flow: &mut Flow<'_>,
    project: &Project,
    new: &PipelineRow,
    head: Option<&str>,
) -> Result<(), KernelError> {
    if !project.auto_cancel || new.parent.is_some() || new.status.is_complete() {
        return Ok(());
    }
    let (name, tag) = (new.reference.name(), new.reference.is_tag());
    let candidates = pipelines::candidates(flow.db, project.id, name, tag, new.id)?;
    flow.newer = Some(new.id);
    for row in candidates {
        let young = flow.now.0.saturating_sub(row.created_at.0) <= MOST_AGE;
        let other = row.sha != new.sha && Some(row.sha.as_str()) != head;
        if young && other {
            flow.push(row.id, Event::Redundant);
        }
    }
    flow.follow()
}
