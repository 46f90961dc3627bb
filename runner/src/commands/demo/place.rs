//! The temporary folder of a demo: gone when the demo is.

use crate::error::CliError;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The folder.
pub(super) struct Place {
    folder: TempDir,
}

impl Place {
    /// Makes it, for this user alone.
    pub(super) fn new() -> Result<Self, CliError> {
        let failed = |error: std::io::Error| {
            CliError::operation("there is no room for temporary files").caused_by(&error)
        };
        let folder = tempfile::Builder::new().prefix("runner-demo-").tempdir().map_err(failed)?;
        Ok(Self { folder })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What the coordinator keeps.
    pub(super) fn data(&self) -> PathBuf {
        self.path().join("coordinator")
    }

    /// What is pushed.
    pub(super) fn project(&self) -> PathBuf {
        self.path().join("project")
    }

    /// Removes it with all that is in it.
    pub(super) fn remove(self) -> Result<(), CliError> {
        let path = self.path().to_owned();
        self.folder.close().map_err(|error| {
            CliError::operation(format!("{} cannot be removed", path.display())).caused_by(&error)
        })
    }
}
