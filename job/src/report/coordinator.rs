//! The two calls that a report consists of.

use client::{Answer, ApiClient, CallError, Patience, TraceChunk};
use protocol::UpdateRequest;

/// Who is reported to.
#[expect(async_fn_in_trait, reason = "a report runs on the thread of its job")]
pub trait Coordinator {
    /// Tells the state of a job.
    async fn update_job(
        &self,
        id: i64,
        update: &UpdateRequest,
        patience: &Patience,
    ) -> Result<Answer, CallError>;

    /// Sends a piece of a trace.
    async fn patch_trace(&self, chunk: &TraceChunk<'_>, patience: &Patience) -> Result<Answer, CallError>;
}

impl Coordinator for ApiClient {
    async fn update_job(
        &self,
        id: i64,
        update: &UpdateRequest,
        patience: &Patience,
    ) -> Result<Answer, CallError> {
        self.update_job(id, update, patience).await
    }

    async fn patch_trace(&self, chunk: &TraceChunk<'_>, patience: &Patience) -> Result<Answer, CallError> {
        self.patch_trace(chunk, patience).await
    }
}

impl<C: Coordinator> Coordinator for &C {
    async fn update_job(
        &self,
        id: i64,
        update: &UpdateRequest,
        patience: &Patience,
    ) -> Result<Answer, CallError> {
        (*self).update_job(id, update, patience).await
    }

    async fn patch_trace(&self, chunk: &TraceChunk<'_>, patience: &Patience) -> Result<Answer, CallError> {
        (*self).patch_trace(chunk, patience).await
    }
}

impl<C: Coordinator> Coordinator for std::sync::Arc<C> {
    async fn update_job(
        &self,
        id: i64,
        update: &UpdateRequest,
        patience: &Patience,
    ) -> Result<Answer, CallError> {
        (**self).update_job(id, update, patience).await
    }

    async fn patch_trace(&self, chunk: &TraceChunk<'_>, patience: &Patience) -> Result<Answer, CallError> {
        (**self).patch_trace(chunk, patience).await
    }
}
