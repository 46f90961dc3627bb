//! A test's view of one job.

use super::job::{Cancel, JobRecord, Phase, Verdict};
use super::state::Shared;
use crate::trace_text::TraceText;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A job that was queued.
#[derive(Clone, Debug)]
pub struct JobHandle {
    /// Its number.
    pub id: u64,
    shared: Arc<Shared>,
}

impl JobHandle {
    pub(super) fn new(id: u64, shared: Arc<Shared>) -> Self {
        Self { id, shared }
    }

    /// Looks at all that is known of the job.
    ///
    /// # Panics
    /// Never: a queued job is kept.
    pub fn inspect<T>(&self, look: impl FnOnce(&JobRecord) -> T) -> T {
        self.shared.look(|state| look(&state.jobs[&self.id]))
    }

    /// What is stored of the trace.
    pub fn trace(&self) -> Vec<u8> {
        self.inspect(|job| job.trace.clone())
    }

    /// The trace in lines of sections.
    pub fn text(&self) -> TraceText {
        TraceText::parse(&self.trace())
    }

    /// Waits for anything that can be seen in the job.
    ///
    /// # Panics
    /// When it does not come within that time.
    #[track_caller]
    pub fn wait_for<T>(
        &self,
        what: &str,
        within: Duration,
        mut found: impl FnMut(&JobRecord) -> Option<T>,
    ) -> T {
        let what = format!("job {}: {what}", self.id);
        self.shared.wait_for(&what, within, |state| found(&state.jobs[&self.id]))
    }

    /// Waits for the end of the job.
    ///
    /// # Panics
    /// When it does not come within that time.
    #[track_caller]
    pub fn wait_finished(&self, within: Duration) -> Verdict {
        self.wait_for("finished", within, JobRecord::verdict)
    }

    /// Waits until the job is acknowledged.
    ///
    /// # Panics
    /// When it is not within that time.
    #[track_caller]
    pub fn wait_running(&self, within: Duration) {
        self.wait_for("running", within, |job| {
            matches!(job.phase, Phase::Running | Phase::Ended(_)).then_some(())
        });
    }

    /// Waits until a line of exactly this text is in the trace.
    ///
    /// # Panics
    /// When it is not within that time.
    #[track_caller]
    pub fn wait_line(&self, line: &str, within: Duration) {
        self.wait_for(&format!("the line {line:?}"), within, |job| {
            TraceText::parse(&job.trace).has_line(line).then_some(())
        });
    }

    /// Cancels the job now.
    pub fn cancel(&self, how: Cancel) {
        self.change(|job| job.cancel_at(Instant::now(), how));
    }

    /// From now on every call with the job's token gets 403.
    pub fn revoke_token(&self) {
        self.change(|job| job.token_revoked = true);
    }

    /// Loses what is stored of the trace.
    pub fn forget_trace(&self) {
        self.change(|job| {
            job.trace.clear();
            job.forgotten += 1;
        });
    }

    fn change(&self, change: impl FnOnce(&mut JobRecord)) {
        self.shared.change(|state| {
            if let Some(job) = state.jobs.get_mut(&self.id) {
                change(job);
            }
        });
    }
}
