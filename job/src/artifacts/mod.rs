//! Artifacts: uploads after the script, downloads before it.

mod download;
mod folder;
mod meter;
mod name;
mod pack;
mod provenance;
mod retry;
mod stage;
mod upload;

pub(crate) use stage::{any_to_download, any_to_upload, download_all, upload_all, with_artifacts};

use upload::UploadPlan;

#[cfg(test)]
mod tests;
