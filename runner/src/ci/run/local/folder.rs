//! The folder of a run that lives.

use super::alive::Beacon;
use super::homes::{Homes, make_private, unusable};
use super::record::{JobRecord, RunRecord};
use super::runs::{Purpose, Runs};
use crate::error::CliError;
use pipeline::{JobId, Moment, Status};
use std::cell::RefCell;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Of the time of a run, at most one part in so many is spent on its record.
const SHARE: u32 = 20;

/// A run's folder: `…/runs/<project>/<number>`. Its lock is held until this is dropped.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    homes: Homes,
    project: String,
    book: RefCell<Book>,
    /// Before the lock, so that nobody takes for dead what is just ending.
    beacon: Beacon,
    _lock: File,
}

/// The record, and when it is worth to be written again.
#[derive(Debug)]
struct Book {
    record: RunRecord,
    due: Instant,
    /// Writes the record as it was a moment ago. The next job need not wait for the disk.
    writer: Option<JoinHandle<Written>>,
    /// What went wrong first.
    fault: Option<io::Error>,
}

/// How it went to write the record, and how long that took.
type Written = (io::Result<()>, Duration);

impl RunFolder {
    pub(super) fn new(
        homes: Homes,
        project: String,
        path: PathBuf,
        number: u64,
        lock: File,
        purpose: Purpose,
    ) -> io::Result<Self> {
        let beacon = Beacon::light(&homes, &project, number)?;
        let Purpose { reference, sha } = purpose;
        let record = RunRecord { number, began: now(), reference, sha, ..RunRecord::default() };
        record.write(&path)?;
        let book = RefCell::new(Book { record, due: Instant::now(), writer: None, fault: None });
        Ok(Self { path, homes, project, book, beacon, _lock: lock })
    }

    /// Its number, which is the pipeline's id.
    pub(crate) fn number(&self) -> u64 {
        self.book.borrow().record.number
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The project's runs, this one among them.
    pub(crate) fn runs(&self) -> Runs {
        Runs::keyed(&self.homes, self.project.clone())
    }

    pub(super) fn homes(&self) -> &Homes {
        &self.homes
    }

    /// The name of the project's folders.
    pub(super) fn project(&self) -> &str {
        &self.project
    }

    /// Where the artifacts of all jobs are, each job's in a folder named after its number.
    pub(crate) fn artifacts(&self) -> PathBuf {
        self.path.join("artifacts")
    }

    /// Where a job's raw trace is.
    pub(crate) fn trace(&self, job: JobId) -> PathBuf {
        trace_in(&self.path, job)
    }

    /// Makes the file of a job's trace.
    pub(super) fn new_trace(&self, job: JobId) -> io::Result<File> {
        let path = self.trace(job);
        if let Some(folder) = path.parent() {
            make_private(folder)?;
        }
        OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
    }

    /// Where what is needed to find the remains of running jobs is kept.
    pub(super) fn live(&self) -> PathBuf {
        self.path.join(super::alive::LIVE)
    }

    /// Notes a job that is over, or will not run. A second word on the same job replaces the first. What cannot be
    /// written is told by [`RunFolder::finish`].
    pub(crate) fn note(&self, job: JobRecord) {
        let mut book = self.book.borrow_mut();
        match book.record.jobs.iter_mut().find(|known| known.id == job.id) {
            Some(known) => *known = job,
            None => book.record.jobs.push(job),
        }
        book.write_soon(&self.path);
    }

    /// Notes how the run ended.
    ///
    /// # Errors
    /// The record could not be written, now or before; said once.
    pub(crate) fn finish(&self, status: Status) -> Result<(), CliError> {
        let mut book = self.book.borrow_mut();
        book.record.status = Some(status);
        book.record.ended = Some(now());
        book.write(&self.path);
        match book.fault.take() {
            Some(error) => Err(unusable(&self.path, &error)),
            None => Ok(()),
        }
    }

    /// Gives a job of this run the artifacts that a job of an earlier one left, so that others find them. Nothing is
    /// copied where both lie on one file system. Returns them at their new places.
    ///
    /// # Errors
    /// One cannot be linked or copied.
    pub(crate) fn adopt(&self, job: JobId, from: &JobRecord) -> Result<Vec<super::ArtifactRecord>, CliError> {
        let adopted = from.artifacts.iter().map(|artifact| {
            let target = self.artifacts().join(job.to_string()).join(&artifact.kind);
            let name = artifact.path.file_name().unwrap_or_default();
            let path = target.join(name);
            fs::create_dir_all(&target).and_then(|()| link_or_copy(&artifact.path, &path)).map_err(
                |error| {
                    CliError::operation(format!("cannot use {} of the earlier run", artifact.path.display()))
                        .caused_by(&error)
                },
            )?;
            Ok(super::ArtifactRecord { kind: artifact.kind.clone(), path })
        });
        adopted.collect()
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        self.book.get_mut().settle();
        // Something of its jobs may be left that only a record finds.
        if fs::read_dir(self.live()).is_ok_and(|mut live| live.next().is_some()) {
            self.beacon.keep();
        }
    }
}

impl Book {
    /// Writes the record on a thread, unless that is being done or would take too much of the time.
    fn write_soon(&mut self, folder: &Path) {
        if self.writer.as_ref().is_some_and(|writer| !writer.is_finished()) {
            return;
        }
        self.settle();
        if Instant::now() < self.due {
            return;
        }
        let (record, path) = (self.record.clone(), folder.to_owned());
        match thread::Builder::new().name("record".to_owned()).spawn(move || write(&record, &path)) {
            Ok(writer) => self.writer = Some(writer),
            Err(_) => self.write(folder),
        }
    }

    /// Writes the record.
    fn write(&mut self, folder: &Path) {
        self.settle();
        let written = write(&self.record, folder);
        self.learn(written);
    }

    /// Waits for what is being written.
    fn settle(&mut self) {
        let Some(writer) = self.writer.take() else { return };
        match writer.join() {
            Ok(written) => self.learn(written),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    fn learn(&mut self, (result, spent): Written) {
        if let Err(error) = result {
            self.fault.get_or_insert(error);
        }
        self.due = Instant::now() + spent.saturating_mul(SHARE);
    }
}

fn write(record: &RunRecord, folder: &Path) -> Written {
    let begun = Instant::now();
    let result = record.write(folder);
    (result, begun.elapsed())
}

fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(from)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    match fs::hard_link(from, to) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(_) => fs::copy(from, to).map(drop),
        Ok(()) => Ok(()),
    }
}

/// The time, as records have it.
pub(super) fn now() -> Moment {
    let age: Duration = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(u64::try_from(age.as_millis()).unwrap_or(u64::MAX))
}

/// Where a job's raw trace is in the folder of its run.
pub(super) fn trace_in(run: &Path, job: JobId) -> PathBuf {
    run.join("jobs").join(job.to_string()).join("trace.log")
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::job;
    use super::*;
    use crate::ci::run::local::ArtifactRecord;

    fn started() -> (tempfile::TempDir, Runs, RunFolder) {
        let here = tempfile::tempdir().unwrap();
        let homes = Homes::at(&here.path().join("state"), &here.path().join("cache"));
        let runs = Runs::of(&homes, here.path());
        let folder = runs.start(Purpose::default()).unwrap();
        (here, runs, folder)
    }

    #[test]
    fn a_job_is_noted_once_with_its_last_word() {
        let (_here, runs, folder) = started();
        folder.note(job(1001, "a"));
        folder.note(JobRecord { retried: true, ..job(1001, "a") });
        folder.finish(Status::Success).unwrap();
        let record = runs.nth(1).unwrap().record;
        assert_eq!(record.jobs.len(), 1);
        assert!(record.jobs[0].retried && record.ended.is_some());
    }

    #[test]
    fn artifacts_of_an_earlier_run_are_at_hand() {
        let (here, _runs, folder) = started();
        let old = here.path().join("artifacts.zip");
        fs::write(&old, "zip").unwrap();
        let artifact = ArtifactRecord { kind: "archive".to_owned(), path: old.clone() };
        let from = JobRecord { artifacts: vec![artifact], ..job(5, "a") };
        let adopted = folder.adopt(JobId(1002), &from).unwrap();
        assert_eq!(adopted[0].path, folder.artifacts().join("1002/archive/artifacts.zip"));
        assert_eq!(folder.adopt(JobId(1002), &from).unwrap(), adopted, "asking twice changes nothing");
        fs::remove_file(&old).unwrap();
        assert_eq!(fs::read(&adopted[0].path).unwrap(), b"zip");
        assert!(folder.adopt(JobId(1003), &from).unwrap_err().one_line().starts_with("cannot use "));
    }

    #[test]
    fn who_leaves_something_is_found_by_the_next() {
        let (_here, runs, folder) = started();
        let homes = folder.homes().clone();
        fs::create_dir(folder.live()).unwrap();
        drop(folder);
        assert_eq!(super::super::alive::signalled(&homes), []);
        let folder = runs.start(Purpose::default()).unwrap();
        fs::create_dir(folder.live()).unwrap();
        fs::write(folder.live().join("x"), "").unwrap();
        drop(folder);
        assert_eq!(super::super::alive::signalled(&homes).len(), 1);
    }

    #[test]
    fn what_cannot_be_written_is_told_at_the_end() {
        let (_here, _runs, folder) = started();
        fs::remove_dir_all(folder.path()).unwrap();
        folder.note(job(1001, "a"));
        let error = folder.finish(Status::Success).unwrap_err().one_line();
        assert!(error.starts_with("cannot write to "), "{error}");
        folder.finish(Status::Success).unwrap_err();
    }
}
