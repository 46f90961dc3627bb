//! The folder of one running job: what is needed to run it, to find it, and to report for it.
//!
//! ```text
//! order        what to do; gone once the job's process has taken it
//! record.json  what is known about the job; gone once its verdict was accepted
//! trace        the log, so that its unsent rest outlives the job's process
//! lock         locked by the job's process for its life; holds its process id
//! ```
//! The lock says whether the process lives: unlike a process id it cannot come to mean another one. A folder
//! without a record is what a finished job left behind.

use super::{Assignment, Record, RecordError};
use nix::fcntl::OFlag;
use nix::unistd::{Gid, Uid};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

const ORDER: &str = "order";
const RECORD: &str = "record.json";
const TRACE: &str = "trace";
const LOCK: &str = "lock";

const LAST_LINE: &str = "last-line";

/// Most bytes of a record that are read; ours have some kilobytes.
const LARGEST_RECORD: u64 = 1 << 20;

/// The folder of a running job.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct JobFolder {
    path: PathBuf,
}

/// Proof that this process is the one that runs (or cleans up after) the job. Ends with the value.
#[derive(Debug)]
pub(crate) struct JobLock {
    file: File,
}

/// What [`JobFolder::try_lock`] found.
#[derive(Debug)]
pub(crate) enum Locking {
    /// No process runs the job; now this one may act for it.
    Free(JobLock),
    /// The job's process lives.
    Held,
    /// There is no such folder any more.
    Gone,
}

impl JobFolder {
    /// A folder that may or may not exist.
    pub(crate) fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Makes the folder of a job that is about to start, below `parent`.
    pub(crate) fn create(parent: &Path, assignment: &Assignment) -> io::Result<Self> {
        let folder = Self::at(parent.join(assignment.trail.id()));
        DirBuilder::new().mode(0o700).create(&folder.path)?;
        let made = folder.fill(assignment);
        if made.is_err() {
            // Half a folder would be taken for one that a finished job left.
            let _ = folder.remove();
        }
        made.map(|()| folder)
    }

    /// The order comes first: with it alone, the next service can start the job all the same.
    fn fill(&self, assignment: &Assignment) -> io::Result<()> {
        create_private(&self.path.join(LOCK))?;
        self.replace(ORDER, &serde_json::to_vec(assignment)?)?;
        self.write_record(&Record::of(assignment))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whose folder it is: that of the user who runs the job. Only root could have changed it.
    pub(crate) fn owner(&self) -> io::Result<(Uid, Gid)> {
        let metadata = self.path.symlink_metadata()?;
        Ok((Uid::from_raw(metadata.uid()), Gid::from_raw(metadata.gid())))
    }

    /// Whether a record is this folder's. A job's user could have put another one's here (`run --user`).
    pub(crate) fn is_described_by(&self, record: &Record) -> bool {
        self.path.file_name().is_some_and(|name| name == record.trail.id())
    }

    /// The job's log.
    pub(crate) fn trace(&self) -> PathBuf {
        self.path.join(TRACE)
    }

    /// Replaces the record in one step.
    pub(crate) fn write_record(&self, record: &Record) -> io::Result<()> {
        self.replace(RECORD, &serde_json::to_vec(record)?)
    }

    /// Reads the record.
    pub(crate) fn record(&self) -> Result<Record, RecordError> {
        match self.read(RECORD, LARGEST_RECORD) {
            Ok(text) => Record::parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(RecordError::Missing),
            Err(source) => Err(RecordError::Unreadable { source }),
        }
    }

    /// Reads the order and leaves it.
    pub(crate) fn order(&self) -> io::Result<Assignment> {
        let text = self.read(ORDER, u64::MAX)?;
        Ok(serde_json::from_slice(&text)?)
    }

    /// Whether no process has taken the order yet.
    pub(crate) fn has_order(&self) -> bool {
        self.path.join(ORDER).exists()
    }

    /// Reads the order and removes it: from now on the job counts as begun. The lock must be held.
    pub(crate) fn take_order(&self, _: &JobLock) -> io::Result<Assignment> {
        let assignment = self.order()?;
        std::fs::remove_file(self.path.join(ORDER))?;
        Ok(assignment)
    }

    /// The line that the log of a dead job ends with: the one that was chosen first, however often its report
    /// is begun, so that the log never gets two.
    pub(crate) fn keep_last_line(&self, line: Vec<u8>) -> Vec<u8> {
        match self.read(LAST_LINE, LARGEST_RECORD) {
            Ok(chosen) if !chosen.is_empty() => chosen,
            Ok(_) | Err(_) => {
                // On a full disk, a second line is the smaller evil.
                let _ = self.replace(LAST_LINE, &line);
                line
            }
        }
    }

    /// Removes the order unread: the job is never begun.
    pub(crate) fn discard_order(&self) {
        // Taken already, as a rule.
        let _ = std::fs::remove_file(self.path.join(ORDER));
    }

    /// Tries to become the process that acts for the job.
    pub(crate) fn try_lock(&self) -> io::Result<Locking> {
        let Some(file) = self.open_lock()? else { return Ok(Locking::Gone) };
        match file.try_lock() {
            Ok(()) => Ok(Locking::Free(JobLock { file })),
            Err(TryLockError::WouldBlock) => Ok(Locking::Held),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Waits until no process runs the job. Blocks its thread.
    pub(crate) fn wait_for_lock(&self) -> io::Result<Locking> {
        let Some(file) = self.open_lock()? else { return Ok(Locking::Gone) };
        file.lock()?;
        Ok(Locking::Free(JobLock { file }))
    }

    /// Opens the lock for the life of a job's process and writes this process's id into it.
    pub(crate) fn lock_for_life(&self) -> io::Result<Locking> {
        let locking = self.try_lock()?;
        if let Locking::Free(lock) = &locking {
            lock.file.set_len(0)?;
            (&lock.file).write_all(std::process::id().to_string().as_bytes())?;
        }
        Ok(locking)
    }

    /// The process that holds the lock, if one does.
    pub(crate) fn process(&self) -> Option<i32> {
        match self.try_lock() {
            Ok(Locking::Held) => {
                let text = String::from_utf8(self.read(LOCK, 16).ok()?).ok()?;
                text.trim().parse().ok().filter(|pid| *pid > 1 && self.may_be_run_by(*pid))
            }
            Ok(Locking::Free(_) | Locking::Gone) | Err(_) => None,
        }
    }

    /// Whether a process can be the job's. Another user's lock (`run --user`) may name any.
    fn may_be_run_by(&self, pid: i32) -> bool {
        self.owner().is_ok_and(|(uid, _)| {
            let of_user =
                || std::fs::metadata(format!("/proc/{pid}")).is_ok_and(|found| found.uid() == uid.as_raw());
            uid == nix::unistd::geteuid() || of_user()
        })
    }

    fn open_lock(&self) -> io::Result<Option<File>> {
        match open_plain(OpenOptions::new().read(true).write(true), &self.path.join(LOCK)) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Forgets the job: its verdict was accepted, or can never be. The record goes first, so that whatever
    /// stops this half-way, the job is not reported again.
    pub(crate) fn remove(&self) -> io::Result<()> {
        self.empty()?;
        gone_is_fine(std::fs::remove_dir(&self.path))
    }

    /// Removes all but the folder itself, which its process may not be allowed to remove.
    pub(crate) fn empty(&self) -> io::Result<()> {
        gone_is_fine(std::fs::remove_file(self.path.join(RECORD)))?;
        let entries = match self.path.read_dir() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            // We make no folders here, but a job's user might.
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let remove = if is_folder { std::fs::remove_dir_all } else { std::fs::remove_file };
            gone_is_fine(remove(&entry.path()))?;
        }
        Ok(())
    }

    /// Makes the folder last beyond a loss of power. Takes as long as the disk takes.
    pub(crate) fn sync(&self) {
        for name in [ORDER, RECORD] {
            // A file that is gone by now needs nothing.
            let opened = open_plain(OpenOptions::new().read(true), &self.path.join(name));
            let _ = opened.and_then(|file| file.sync_all());
        }
        for folder in [Some(self.path.as_path()), self.path.parent()].into_iter().flatten() {
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
    }

    fn replace(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let draft = self.path.join(format!("{name}.new"));
        gone_is_fine(std::fs::remove_file(&draft))?;
        let mut file = create_private(&draft)?;
        file.write_all(content)?;
        drop(file);
        std::fs::rename(draft, self.path.join(name))
    }

    fn read(&self, name: &str, most: u64) -> io::Result<Vec<u8>> {
        let file = open_plain(OpenOptions::new().read(true), &self.path.join(name))?;
        let mut content = Vec::new();
        file.take(most).read_to_end(&mut content)?;
        Ok(content)
    }
}

fn gone_is_fine(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Opens a regular file. With `run --user`, the folder is the job's user's: a link in it could lead a service
/// of root's anywhere, and a fifo would hold it up for ever.
fn open_plain(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let file = options.custom_flags(flags.bits()).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.nlink() <= 1 {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file of its own"))
    }
}

/// Makes a file where there is nothing, so that no link is followed.
fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobproc::assignment::tests::assignment;
    use std::os::unix::fs::PermissionsExt as _;

    fn folder() -> (tempfile::TempDir, JobFolder) {
        let parent = tempfile::tempdir().unwrap();
        let folder = JobFolder::create(parent.path(), &assignment(42)).unwrap();
        (parent, folder)
    }

    #[test]
    fn nobody_else_may_read_it() {
        let (_parent, folder) = folder();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path()), 0o700);
        for name in [ORDER, RECORD, LOCK] {
            assert_eq!(mode(&folder.path().join(name)), 0o600, "{name}");
        }
    }

    #[test]
    fn an_order_is_taken_once() {
        let (_parent, folder) = folder();
        let Locking::Free(lock) = folder.lock_for_life().unwrap() else { panic!("not free") };
        assert!(folder.has_order());
        assert_eq!(folder.take_order(&lock).unwrap().order.payload.id, 42);
        assert!(!folder.has_order());
        assert!(folder.take_order(&lock).is_err());
    }

    #[test]
    fn the_lock_tells_a_living_process() {
        let (_parent, folder) = folder();
        assert_eq!(folder.process(), None);
        let Locking::Free(lock) = folder.lock_for_life().unwrap() else { panic!("not free") };
        assert!(matches!(folder.try_lock().unwrap(), Locking::Held));
        assert_eq!(folder.process(), Some(i32::try_from(std::process::id()).unwrap()));
        let waiting = folder.clone();
        let waiter = std::thread::spawn(move || matches!(waiting.wait_for_lock().unwrap(), Locking::Free(_)));
        drop(lock);
        assert!(waiter.join().unwrap());
        assert_eq!(folder.process(), None);
    }

    #[test]
    fn what_was_removed_is_gone() {
        let (_parent, folder) = folder();
        folder.remove().unwrap();
        folder.remove().unwrap();
        assert!(matches!(folder.try_lock().unwrap(), Locking::Gone));
        assert!(matches!(folder.record(), Err(RecordError::Missing)));
    }

    #[test]
    fn links_and_pipes_of_a_hostile_user_lead_nowhere() {
        let (parent, folder) = folder();
        let victim = parent.path().join("victim");
        std::fs::write(&victim, "kept").unwrap();
        let link = |name: &str| {
            // Some of them are not there yet.
            let _ = std::fs::remove_file(folder.path().join(name));
            std::os::unix::fs::symlink(&victim, folder.path().join(name)).unwrap();
        };
        for name in [RECORD, LOCK, LAST_LINE, "last-line.new"] {
            link(name);
        }
        assert!(matches!(folder.record(), Err(RecordError::Unreadable { .. })));
        assert!(folder.try_lock().is_err());
        assert_eq!(folder.keep_last_line(b"line".to_vec()), b"line");
        std::fs::remove_file(folder.path().join(RECORD)).unwrap();
        nix::unistd::mkfifo(&folder.path().join(RECORD), nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(matches!(folder.record(), Err(RecordError::Unreadable { .. })));
        folder.sync();
        std::fs::create_dir(folder.path().join("nested")).unwrap();
        link("nested/link");
        folder.remove().unwrap();
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "kept");
    }

    #[test]
    fn damaged_records_are_told_apart() {
        let (_parent, folder) = folder();
        assert_eq!(folder.record().unwrap().job_id, 42);
        std::fs::write(folder.path().join(RECORD), "{\"version\": 99}").unwrap();
        assert!(matches!(folder.record(), Err(RecordError::Version { found: 99 })));
        std::fs::write(folder.path().join(RECORD), "{\"version\": 1, \"job").unwrap();
        assert!(matches!(folder.record(), Err(RecordError::Damaged { .. })));
    }
}
