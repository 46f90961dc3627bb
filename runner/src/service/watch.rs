//! Waits for the end of a job's process, ours or an earlier service's.

use crate::jobproc::{JobFolder, JobLock, Locking, RecordError};
use std::io;
use std::process::ExitStatus;
use tokio::sync::oneshot;

/// Threads that only wait for a lock need next to no stack.
const STACK: usize = 64 * 1024;

/// How a job's process ended.
#[derive(Debug)]
pub(crate) enum End {
    /// With an accepted verdict.
    Finished,
    /// Before it had taken its order: nothing has happened yet.
    NotBegun {
        /// To be dropped before another process is started.
        lock: JobLock,
    },
    /// In the middle. The lock keeps others from acting for the job.
    Died {
        /// What is known about its end.
        how: Option<ExitStatus>,
        /// Held from its death on.
        lock: JobLock,
    },
}

/// Waits until no process runs the job. `how` is how its process ended, if it was started here.
pub(crate) async fn until_over(folder: &JobFolder, how: Option<ExitStatus>) -> io::Result<End> {
    let locking = match folder.try_lock()? {
        // Somebody else's process was faster than ours, or the job was adopted.
        Locking::Held => wait_in_thread(folder.clone()).await?,
        other => other,
    };
    match locking {
        Locking::Free(lock) => judge(folder, how, lock),
        Locking::Gone | Locking::Held => {
            // A process with fewer rights empties the folder, but cannot remove it.
            folder.remove()?;
            Ok(End::Finished)
        }
    }
}

fn judge(folder: &JobFolder, how: Option<ExitStatus>, lock: JobLock) -> io::Result<End> {
    if folder.has_order() {
        return Ok(End::NotBegun { lock });
    }
    match folder.record() {
        Err(RecordError::Missing) => {
            folder.remove()?;
            Ok(End::Finished)
        }
        Ok(_) | Err(_) => Ok(End::Died { how, lock }),
    }
}

/// Waits for the lock without costing the runtime a thread of its pool; the thread ends with the job.
async fn wait_in_thread(folder: JobFolder) -> io::Result<Locking> {
    let (sender, receiver) = oneshot::channel();
    std::thread::Builder::new().name("job".into()).stack_size(STACK).spawn(move || {
        // Nobody waits any more when the service is about to exit.
        let _ = sender.send(folder.wait_for_lock());
    })?;
    receiver.await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobproc::testing::assignment;
    use std::time::Duration;

    fn folder() -> (tempfile::TempDir, JobFolder) {
        let parent = tempfile::tempdir().unwrap();
        let folder = JobFolder::create(parent.path(), &assignment(42)).unwrap();
        (parent, folder)
    }

    fn take(folder: &JobFolder) -> JobLock {
        let Locking::Free(lock) = folder.lock_for_life().unwrap() else { panic!("not free") };
        folder.take_order(&lock).unwrap();
        lock
    }

    #[tokio::test]
    async fn an_order_nobody_took_is_not_begun() {
        let (_parent, folder) = folder();
        assert!(matches!(until_over(&folder, None).await.unwrap(), End::NotBegun { .. }));
    }

    #[tokio::test]
    async fn a_removed_record_is_a_finished_job() {
        let (_parent, folder) = folder();
        let lock = take(&folder);
        let watch = until_over(&folder, None);
        tokio::pin!(watch);
        assert!(tokio::time::timeout(Duration::from_millis(20), &mut watch).await.is_err());
        std::fs::remove_file(folder.path().join("record.json")).unwrap();
        drop(lock);
        assert!(matches!(watch.await.unwrap(), End::Finished));
        assert!(!folder.path().exists());
    }

    #[tokio::test]
    async fn an_emptied_folder_is_removed() {
        let (_parent, folder) = folder();
        folder.empty().unwrap();
        assert!(matches!(until_over(&folder, None).await.unwrap(), End::Finished));
        assert!(!folder.path().exists());
    }

    #[tokio::test]
    async fn a_record_without_a_process_is_a_dead_job() {
        let (_parent, folder) = folder();
        drop(take(&folder));
        let End::Died { how, lock } = until_over(&folder, None).await.unwrap() else { panic!("not dead") };
        assert_eq!(how, None);
        assert!(matches!(folder.try_lock().unwrap(), Locking::Held), "nobody else reports it");
        drop(lock);
    }
}
