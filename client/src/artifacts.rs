//! Calls about artifacts.

mod body;
mod download;
mod upload;

pub use download::{Download, DownloadOutcome, Saved};
pub use upload::{Upload, UploadOutcome};
