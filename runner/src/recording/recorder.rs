//! Records jobs beside the service: nothing of it delays or fails a job.

use super::folder::{Folder, LARGEST};
use super::{Key, Recording, key_beside};
use crate::error::CliError;
use crate::jobproc::Assignment;
use bytes::Bytes;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::SystemTime;

/// Jobs that may wait to be written down. More arrive only where the disk stands still.
const WAITING: usize = 16;

/// Where jobs are recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The folder; absolute.
    pub(crate) folder: PathBuf,
    /// The key file, if it is not the one beside the folder; absolute.
    pub(crate) key: Option<PathBuf>,
    /// How many recordings are kept.
    pub(crate) keep: usize,
}

/// Writes recordings in a thread of its own. When it is dropped, what was taken is written first.
#[derive(Debug)]
pub(crate) struct Recorder {
    sender: Option<SyncSender<Taken>>,
    thread: Option<JoinHandle<()>>,
}

struct Taken {
    assignment: Box<Assignment>,
    body: Bytes,
    at: SystemTime,
}

impl Recorder {
    /// Opens folder and key, which are made if they are not there, and starts.
    ///
    /// # Errors
    /// One of them cannot be used.
    pub(crate) fn start(settings: &Settings) -> Result<Self, CliError> {
        let shown = settings.folder.display();
        let folder = Folder::open(&settings.folder, settings.keep, LARGEST).map_err(|error| {
            CliError::usage(format!("--record: cannot use the folder {shown}")).caused_by(&error)
        })?;
        let key = settings.key.clone().unwrap_or_else(|| key_beside(&settings.folder));
        let key = Key::load_or_create(&key)
            .map_err(|error| CliError::usage("--record: there is no key").caused_by(&error))?;
        tracing::info!(key = key.id(), "Jobs are recorded in {shown}");
        let (sender, receiver) = sync_channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("recorder".into())
            .spawn(move || write_all(&receiver, &folder, &key))
            .map_err(|error| CliError::operation("cannot start a thread").caused_by(&error))?;
        Ok(Self { sender: Some(sender), thread: Some(thread) })
    }

    /// Takes a job; it is written down by and by, or the log says that it was not.
    pub(crate) fn take(&self, assignment: Assignment, body: Bytes) {
        let job = assignment.order.payload.id;
        let taken = Taken { assignment: Box::new(assignment), body, at: SystemTime::now() };
        let reason = match self.sender.as_ref().map(|sender| sender.try_send(taken)) {
            Some(Ok(())) => return,
            Some(Err(TrySendError::Full(_))) => "too many wait to be written down",
            Some(Err(TrySendError::Disconnected(_))) | None => "the recorder has ended",
        };
        tracing::warn!(job, reason, "A job is not recorded");
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write_all(taken: &Receiver<Taken>, folder: &Folder, key: &Key) {
    for Taken { assignment, body, at } in taken {
        let job = assignment.order.payload.id;
        match write(*assignment, &body, at, folder, key) {
            Ok(path) => tracing::debug!(job, path = %path.display(), "A job is recorded"),
            Err(error) => tracing::warn!(job, error = &*error, "A job is not recorded"),
        }
    }
}

fn write(
    assignment: Assignment,
    body: &[u8],
    at: SystemTime,
    folder: &Folder,
    key: &Key,
) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let job = assignment.order.payload.id;
    let text = Recording::seal(assignment, body, key)?.text()?;
    Ok(folder.keep(job, at, &text)?)
}
