//! Changing the file: one edit at a time, under a lock, atomically, keeping everything else as it is.

mod edit;
mod file;

use super::Draft;
use crate::environment::Environment;
use protocol::RunnerToken;
use std::io;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

/// The file as something to change.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    path: PathBuf,
    environment: Environment,
}

/// Names a section across a re-read of the file: by what identifies it to the coordinator and to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SectionId {
    pub(crate) name: String,
    /// Variables replaced.
    pub(crate) token: RunnerToken,
}

/// What a token reset gave.
#[derive(Clone, Debug)]
pub(crate) struct NewToken {
    pub(crate) token: RunnerToken,
    pub(crate) obtained_at: OffsetDateTime,
    /// `None` is never.
    pub(crate) expires_at: Option<OffsetDateTime>,
}

/// Why the file could not be changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("cannot create the folder {}", path.display())]
    Folder {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot lock {}", path.display())]
    Lock {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot write {}", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} is no longer valid TOML: {message}", path.display())]
    Syntax { path: PathBuf, message: String },
    #[error("{} has `runners` as an inline array; write its sections as `[[runners]]`", path.display())]
    InlineSections { path: PathBuf },
    #[error("the section `{name}` is no longer in {}", path.display())]
    Gone { path: PathBuf, name: String },
}

impl Store {
    /// The file at `path`; the environment is for variables in tokens.
    pub(crate) fn new(path: &Path, environment: &Environment) -> Self {
        Self { path: path.to_owned(), environment: environment.clone() }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a section at the end; makes the file if there is none.
    pub(crate) fn append(&self, section: &Draft) -> Result<(), StoreError> {
        self.change(|text| edit::append(text, section))
    }

    /// Removes sections; gives back how many were still there. No change, no write.
    pub(crate) fn remove(&self, sections: &[SectionId]) -> Result<usize, StoreError> {
        let mut removed = 0;
        self.change(|text| {
            let (text, count) = edit::remove(text, sections, &self.environment)?;
            removed = count;
            Ok(text)
        })?;
        Ok(removed)
    }

    /// Replaces a section's token and its times.
    pub(crate) fn set_token(&self, section: &SectionId, new: &NewToken) -> Result<(), StoreError> {
        self.change(|text| edit::set_token(text, section, new, &self.environment))
    }

    fn change(&self, edit: impl FnOnce(&str) -> Result<String, edit::EditError>) -> Result<(), StoreError> {
        let target = file::Locked::open(&self.path)?;
        let before = target.read()?;
        let path = || self.path.clone();
        let after = edit(before.as_deref().unwrap_or("")).map_err(|error| match error {
            edit::EditError::Syntax(message) => StoreError::Syntax { path: path(), message },
            edit::EditError::InlineSections => StoreError::InlineSections { path: path() },
            edit::EditError::Gone(name) => StoreError::Gone { path: path(), name },
        })?;
        if before.as_deref() == Some(after.as_str()) { Ok(()) } else { target.write(&after) }
    }
}

#[cfg(test)]
mod tests;
