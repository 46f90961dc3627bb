//! Where artifacts go to and come from.

use crate::Store;
use crate::stage::Back;
use client::ApiClient;
use std::path::PathBuf;
use std::sync::Arc;

/// The other end of artifact uploads and downloads.
#[derive(Clone)]
pub enum Transfer {
    /// The coordinator.
    Coordinator(Arc<ApiClient>),
    /// A folder on this machine: uploads are left there, and there is nothing to download.
    Folder(PathBuf),
    /// The jobs of one run share a store on this machine: uploads are kept there, and downloads come from there.
    Store(Store),
    /// A folder on the engine's machine, for the worker of a stage.
    Back(Back),
}
