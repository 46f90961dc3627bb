//! Somebody who waits for an answer.

use super::Client;
use super::link::Answer;
use super::over::Over;
use crate::agent::protocol::Request;
use executor::Output;
use std::sync::Arc;
use tokio::sync::oneshot;

/// A question whose answer is outstanding. Dropped before it came, what was asked for is stopped.
pub(super) struct Pending<'a> {
    client: &'a Client,
    id: u32,
    receiver: oneshot::Receiver<Answer>,
}

impl<'a> Pending<'a> {
    pub(super) fn new(client: &'a Client, output: Option<Arc<dyn Output>>) -> Result<Self, Over> {
        let (id, receiver) = client.link.expect(output)?;
        Ok(Self { client, id, receiver })
    }

    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// Waits for the answer. May be given up and called again until it came.
    pub(super) async fn answer(&mut self) -> Result<Answer, Over> {
        (&mut self.receiver).await.map_err(|_| self.client.link.over())
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if self.client.link.withdraw(self.id) {
            self.client.send(&Request::Stop { id: self.id });
        }
    }
}
