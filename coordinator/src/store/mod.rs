//! The database: SQLite in WAL mode, written by one thread and read by a few connections.
//!
//! All SQL of the crate is below this module. What was answered is in the write-ahead log: a killed process loses
//! nothing of it. (A power failure may lose the last moments, never the consistency: `synchronous = NORMAL`.)

pub(crate) mod access;
pub(crate) mod artifacts;
mod checkpoints;
pub(crate) mod environments;
pub(crate) mod jobs;
pub(crate) mod json;
pub(crate) mod kept;
pub(crate) mod pipelines;
pub(crate) mod plans;
pub(crate) mod projects;
pub(crate) mod queries;
mod readers;
pub(crate) mod resources;
pub(crate) mod runners;
mod schema;
pub(crate) mod settings;
#[cfg(test)]
mod tests;
pub(crate) mod variables;
mod writer;

pub(crate) use writer::Memory;

use crate::error::StoreError;
use checkpoints::Checkpoints;
use readers::Readers;
use rusqlite::{Connection, OpenFlags};
use std::fs::{OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;
use writer::Writer;

/// The database, and what the writing thread keeps in memory beside it.
pub(crate) struct Store<M: Memory> {
    writer: Writer<M>,
    readers: Readers,
}

impl<M: Memory> Store<M> {
    /// Opens the database, which is made where it is not there. Its memory is read from it.
    pub(crate) fn open(path: &Path, memory: M) -> Result<Self, StoreError> {
        keep_private(path).map_err(|error| StoreError::Other(error.to_string()))?;
        let mut db = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Others write the log back: see `checkpoints`.
        db.pragma_update(None, "wal_autocheckpoint", 0)?;
        schema::migrate(&mut db)?;
        let checkpoints = Checkpoints::start(path)?;
        Ok(Self { writer: Writer::start(db, memory, checkpoints)?, readers: Readers::new(path) })
    }

    /// Runs something in a transaction. The answer comes when it is on disk.
    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&Connection, &mut M) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.writer.run(work).await
    }

    /// Runs something in a transaction whose answer nobody waits for.
    pub(crate) fn send<F>(&self, work: F)
    where
        F: FnOnce(&Connection, &mut M) -> Result<(), crate::error::KernelError> + Send + 'static,
    {
        self.writer.send(work);
    }

    /// Reads. What is read is of one moment only within a transaction of its own.
    pub(crate) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.readers.run(work).await
    }

    /// Reads in a thread that may wait.
    pub(crate) fn read_now<T, E>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        self.readers.run_now(work)
    }

    /// Ends the writing thread once all that was asked of it is done.
    pub(crate) async fn close(&self) {
        self.writer.close().await;
    }
}

/// Makes the file if it is not there, for its owner alone. What SQLite puts beside it gets the rights of this one; what
/// is there already is taken from others.
fn keep_private(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        match std::fs::metadata(&name) {
            Ok(found) if found.permissions().mode() & 0o077 != 0 => {
                std::fs::set_permissions(&name, Permissions::from_mode(0o600))?;
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let db = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(Duration::from_secs(10))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "NORMAL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "journal_size_limit", 64 << 20)?;
    db.set_prepared_statement_cache_capacity(128);
    Ok(db)
}
