//! Where a worker's artifacts go to and come from, in a form that can be sent.

use super::back::Back;
use super::frame::Frames;
use crate::{StageError, Transfer};
use client::{ApiClient, PortableEndpoint, Proxies};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// [`Transfer`] on its way to a worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Destination {
    /// The stage transfers nothing.
    Nowhere,
    /// The coordinator.
    Coordinator(PortableEndpoint),
    /// The engine, which knows what to do with an archive.
    Engine,
}

impl Destination {
    /// What a worker is told.
    pub(super) fn of(transfer: &Transfer) -> Self {
        match transfer {
            Transfer::Coordinator(client) => Self::Coordinator(client.endpoint().portable()),
            Transfer::Folder(_) | Transfer::Store(_) | Transfer::Back(_) => Self::Engine,
        }
    }

    /// What a worker makes of it.
    pub(super) fn transfer(self, proxies: Proxies, frames: &Arc<Frames>) -> Result<Transfer, StageError> {
        match self {
            Self::Nowhere | Self::Engine => Ok(Transfer::Back(Back::through(Arc::clone(frames)))),
            Self::Coordinator(endpoint) => match ApiClient::new(endpoint.endpoint(proxies)) {
                Ok(client) => Ok(Transfer::Coordinator(Arc::new(client))),
                Err(error) => Err(StageError::system(format!("cannot reach the coordinator: {error}"))),
            },
        }
    }
}
