//! Bodies that a reader may leave before their end. A form ends with its last boundary, the request that carries it
//! later: only when that end was seen did everything arrive that was sent.

use super::answer::Refusal;
use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt as _, poll_fn};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that may follow a form within its request.
const MOST_AFTER: usize = 64 * 1024;

/// A body that stays within reach of whoever gave its twin to a reader.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<BodyDataStream>>);

impl Shared {
    pub(super) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(body.into_data_stream())))
    }

    /// The twin.
    pub(super) fn body(&self) -> Body {
        Body::from_stream(self.pieces())
    }

    fn pieces(&self) -> impl Stream<Item = Result<Bytes, axum::Error>> + Send + Unpin + use<> {
        let pieces = Arc::clone(&self.0);
        poll_fn(move |context| pieces.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(context))
    }

    /// Reads what the reader left. Fails if the request breaks off, or goes on and on.
    pub(super) async fn ended(self) -> Result<(), Refusal> {
        let mut pieces = self.pieces();
        let mut after = 0;
        while let Some(piece) = pieces.next().await {
            after += piece.map_err(|_| Refusal::bad("the body broke off"))?.len();
            if after > MOST_AFTER {
                return Err(Refusal::bad("the body goes on after its form"));
            }
        }
        Ok(())
    }
}
