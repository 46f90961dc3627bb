//! What can go wrong in the kernel and below it.

use pipeline::Refused;
use thiserror::Error;

/// Why the database did not do something.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// Somebody else holds it.
    #[error("the database is locked by another process")]
    Busy,
    /// There is no room for what was to be written.
    #[error("the disk of the database is full")]
    Full,
    /// It is no database, or a broken one.
    #[error("the database is damaged")]
    Corrupt,
    /// It was made by a newer program.
    #[error("the database is of version {found}; this program knows versions up to {known}")]
    TooNew {
        /// Its version.
        found: i64,
        /// The newest that is known.
        known: i64,
    },
    /// What it holds cannot be read back.
    #[error("{what} in the database cannot be read")]
    Unreadable {
        /// What.
        what: &'static str,
    },
    /// It was closed.
    #[error("the database is closed")]
    Closed,
    /// Anything else.
    #[error("database: {0}")]
    Other(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt,
            _ => Self::Other(error.to_string()),
        }
    }
}

/// Why a repository did not tell something.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RepositoryError {
    /// There is no such branch, tag or commit.
    #[error("reference not found")]
    NotFound,
    /// Git or the disk failed.
    #[error("the repository cannot be read: {0}")]
    Failed(String),
}

/// Why the kernel did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KernelError {
    /// There is no such thing.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// What was given cannot be.
    #[error("{field} {message}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it: a fragment that follows the name of the field.
        message: String,
    },
    /// It is there already.
    #[error("{0} has already been taken")]
    Taken(&'static str),
    /// It may not be.
    #[error("{0}")]
    Forbidden(&'static str),
    /// A job or a pipeline does not allow it as it stands.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// What is kept encrypted cannot be opened: the key file is not the one it was written with.
    #[error("stored secrets cannot be opened with the key file")]
    Key,
    /// The key file cannot be made or read.
    #[error("the key file: {0}")]
    KeyFile(String),
    /// A part of the program failed that never should.
    #[error("internal error: {0}")]
    Internal(&'static str),
}

impl KernelError {
    /// A value that cannot be.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { field, message: message.into() }
    }
}

impl From<rusqlite::Error> for KernelError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}
