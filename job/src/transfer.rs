//! Where artifacts go to and come from.

use client::ApiClient;
use std::path::PathBuf;

/// The other end of artifact uploads and downloads.
#[derive(Clone)]
pub enum Transfer {
    /// The coordinator.
    Coordinator(ApiClient),
    /// A folder on this machine: uploads are left there, and there is nothing to download.
    Folder(PathBuf),
}
