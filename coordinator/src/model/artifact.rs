//! Files that jobs leave.

use super::ProjectId;
use pipeline::{JobId, Moment};
use serde::{Deserialize, Serialize};

/// What a file is, in GitLab's words: `archive`, `metadata`, `junit`, `dotenv`, …
pub type ArtifactKind = String;

/// A file that a job left. Where it is, is told by `path` below the data folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactRow {
    /// The job.
    pub job: JobId,
    /// Its project.
    pub project: ProjectId,
    /// What it is.
    pub kind: ArtifactKind,
    /// `zip`, `gzip` or `raw`.
    pub format: String,
    /// What it is called when it is downloaded.
    pub filename: String,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Below the data folder.
    pub path: String,
    /// When it may be removed; nothing where never.
    pub expire_at: Option<Moment>,
    /// Whether it stays although it expired.
    pub locked: bool,
    /// When it was stored.
    pub created_at: Moment,
}

impl ArtifactRow {
    /// Whether it is to be had.
    pub fn is_available(&self, now: Moment) -> bool {
        self.locked || self.expire_at.is_none_or(|at| at > now)
    }
}

/// What was read out of a report, kept for pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRow {
    /// The job.
    pub job: JobId,
    /// What it is: `junit`, …
    pub kind: ArtifactKind,
    /// What was read, as the reader keeps it.
    pub data: serde_json::Value,
}
