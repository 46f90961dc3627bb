//! Where a worker's artifacts go to and come from, in a form that can be sent.

use super::Task;
use super::back::Back;
use super::bring::artifacts_inbox;
use super::frame::Frames;
use crate::{StageError, Store, Transfer};
use client::{ApiClient, PortableEndpoint, Proxies};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// [`Transfer`] on its way to a worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Destination {
    /// The stage transfers nothing.
    Nowhere,
    /// The coordinator.
    Coordinator(PortableEndpoint),
    /// A folder to which the engine has brought artifacts of other jobs.
    Brought(PathBuf),
    /// The engine, which knows what to do with an archive.
    Engine,
}

impl Destination {
    /// What a worker is told that downloads, or uploads.
    pub(super) fn of(transfer: &Transfer, tasks: &[Task]) -> Self {
        match transfer {
            Transfer::Store(_) if tasks.contains(&Task::DownloadArtifacts) => {
                Self::Brought(artifacts_inbox())
            }
            Transfer::Coordinator(client) => Self::Coordinator(client.endpoint().portable()),
            Transfer::Folder(_) | Transfer::Store(_) | Transfer::Back(_) => Self::Engine,
        }
    }

    /// What a worker makes of it.
    pub(super) fn transfer(self, proxies: Proxies, frames: &Arc<Frames>) -> Result<Transfer, StageError> {
        match self {
            Self::Brought(folder) => Ok(Transfer::Store(Store::passing(folder))),
            Self::Nowhere | Self::Engine => Ok(Transfer::Back(Back::through(Arc::clone(frames)))),
            Self::Coordinator(endpoint) => match ApiClient::new(endpoint.endpoint(proxies)) {
                Ok(client) => Ok(Transfer::Coordinator(Arc::new(client))),
                Err(error) => Err(StageError::system(format!("cannot reach the coordinator: {error}"))),
            },
        }
    }
}
