//! The row of a pipeline, as its state machine has it now.

use super::Flow;
use crate::error::KernelError;
use crate::kernel::memory::Alive;
use crate::store::{jobs, pipelines};
use pipeline::{Job, Moment, PipelineId, Span, Status, covered};

/// How deep children are looked at for the duration of their family.
const MOST_DEPTH: usize = 4;

impl Flow<'_> {
    /// Writes the row anew.
    pub(super) fn refresh(&mut self, alive: &mut Alive) -> Result<(), KernelError> {
        let (pipeline, row) = (&alive.pipeline, &mut alive.row);
        row.status = pipeline.status;
        row.updated_at = self.now;
        row.started_at = pipeline.started_at;
        row.finished_at = pipeline.finished_at;
        row.queued = pipeline.queued_duration().map(milliseconds);
        row.has_warnings = pipeline.has_warnings();
        row.cancelable = pipeline.latest().any(Job::is_cancelable);
        row.retryable = pipeline
            .latest()
            .any(|job| matches!(job.status, Status::Failed | Status::Canceled | Status::Canceling));
        let id = pipeline.id;
        if pipeline.status.is_complete() || pipeline.status == Status::Manual {
            row.coverage = jobs::coverage(self.db, id)?;
            let spans = self.spans(&alive.pipeline, MOST_DEPTH)?;
            alive.row.duration = Some(milliseconds(covered(spans)));
        } else {
            row.duration = None;
        }
        Ok(pipelines::update(self.db, &alive.row, &alive.pipeline)?)
    }

    /// When jobs of a pipeline and of those that it started ran.
    fn spans(&mut self, of: &pipeline::Pipeline, depth: usize) -> Result<Vec<Span>, KernelError> {
        let mut spans: Vec<(Moment, Moment)> = of.spans(self.now).collect();
        let below: Vec<PipelineId> = of.latest().filter_map(|job| job.downstream).collect();
        for id in below.into_iter().filter(|_| depth > 0) {
            let Some(child) = self.memory.take(self.db, id)? else { continue };
            let found = self.spans(&child.pipeline, depth - 1);
            self.memory.put(child);
            spans.extend(found?);
        }
        Ok(spans)
    }
}

fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
