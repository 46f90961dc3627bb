//! What is in the write-ahead log goes into the database beside the writing thread: that waits for the disk, and
//! whoever waits for an answer need not.

use crate::error::StoreError;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Transactions between two looks at the log.
const EVERY: u32 = 128;

/// Pages of a log that is too long. It begins anew only when all of it is in the database at a moment when nobody
/// writes, which may not come by itself.
const LONG: i64 = 8192;

/// The thread that does it.
pub(super) struct Checkpoints {
    /// Taken when it is to end.
    ask: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    long: Arc<AtomicBool>,
    commits: u32,
}

impl Checkpoints {
    pub(super) fn start(path: &Path) -> Result<Self, StoreError> {
        let db = super::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let (ask, asked) = sync_channel(1);
        let long = Arc::new(AtomicBool::new(false));
        let tell = Arc::clone(&long);
        let thread = std::thread::Builder::new().name("checkpoints".into());
        let thread = thread.spawn(move || serve(&db, &asked, &tell));
        let thread = thread.map_err(|error| StoreError::Other(error.to_string()))?;
        Ok(Self { ask: Some(ask), thread: Some(thread), long, commits: 0 })
    }

    /// The writing thread committed a transaction, and has none now.
    pub(super) fn committed(&mut self, db: &Connection) {
        self.commits += 1;
        if self.long.swap(false, Ordering::Relaxed) {
            // Most of it was done by the thread.
            write_back(db);
        } else if self.commits >= EVERY
            && let Some(ask) = &self.ask
        {
            self.commits = 0;
            // Where it is asked already, it has yet to begin.
            let _ = ask.try_send(());
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.ask = None;
        if let Some(thread) = self.thread.take() {
            // It holds nothing that a panic could break.
            let _ = thread.join();
        }
    }
}

fn serve(db: &Connection, asked: &Receiver<()>, long: &AtomicBool) {
    while asked.recv().is_ok() {
        if write_back(db).is_some_and(|pages| pages > LONG) {
            long.store(true, Ordering::Relaxed);
        }
    }
}

/// Writes as much as can be without waiting for others; gives the pages of the log.
fn write_back(db: &Connection) -> Option<i64> {
    match db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1)) {
        Ok(pages) => Some(pages),
        Err(error) => {
            tracing::warn!(%error, "The write-ahead log cannot be written back");
            None
        }
    }
}
