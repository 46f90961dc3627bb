//! The runs of a project: which there were, and the next one.

use super::folder::RunFolder;
use super::homes::{Homes, make_private, project_key, unusable};
use super::record::RunRecord;
use crate::error::CliError;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// How many runs are kept.
const KEPT: usize = 20;

/// What is held while runs are numbered and removed.
const GATE: &str = ".lock";

/// What is held while a run lives.
const LOCK: &str = "lock";

/// The link to the run that was started last.
const LATEST: &str = "latest";

/// What a run is for, as it is written down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Purpose {
    /// The ref.
    pub(crate) reference: String,
    /// The commit.
    pub(crate) sha: String,
}

/// The runs of one project.
#[derive(Clone, Debug)]
pub(crate) struct Runs {
    folder: PathBuf,
    homes: Homes,
    project: String,
}

/// A run that was.
#[derive(Clone, Debug)]
pub(crate) struct PastRun {
    /// What is known of it, with absolute paths.
    pub(crate) record: RunRecord,
}

impl Runs {
    /// Those of the project with this root. Nothing is made.
    pub(crate) fn of(homes: &Homes, root: &Path) -> Self {
        Self::keyed(homes, project_key(root))
    }

    /// Those of the project with this key.
    pub(super) fn keyed(homes: &Homes, project: String) -> Self {
        Self { folder: homes.runs().join(&project), homes: homes.clone(), project }
    }

    /// Numbers of the runs that there are, the newest first.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        let Ok(found) = fs::read_dir(&self.folder) else { return Vec::new() };
        let mut numbers: Vec<u64> =
            found.flatten().filter_map(|entry| number(entry.file_name().to_str()?)).collect();
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        numbers
    }

    /// A run by its number, if it can be read.
    pub(crate) fn nth(&self, number: u64) -> Option<PastRun> {
        let folder = self.folder.join(number.to_string());
        let mut record = RunRecord::read(&folder).ok()?;
        // What became of a job is known at its end, and its trace from its beginning.
        for job in record.jobs.iter_mut().filter(|job| job.log.is_none() && !job.status.is_complete()) {
            let trace = super::folder::trace_in(&folder, job.id);
            job.log = trace.is_file().then_some(trace);
        }
        Some(PastRun { record })
    }

    /// The newest run before `below` (any, without) of which something is known.
    pub(crate) fn last(&self, below: Option<u64>) -> Option<PastRun> {
        let older = |number: &u64| below.is_none_or(|below| *number < below);
        self.numbers().into_iter().filter(older).find_map(|number| self.nth(number))
    }

    /// Begins the next run: makes its folder, and holds its lock.
    ///
    /// # Errors
    /// The folder cannot be made or written to.
    pub(crate) fn start(&self, purpose: Purpose) -> Result<RunFolder, CliError> {
        self.try_start(purpose).map_err(|error| unusable(&self.folder, &error))
    }

    fn try_start(&self, purpose: Purpose) -> io::Result<RunFolder> {
        make_private(&self.homes.runs())?;
        make_private(&self.folder)?;
        // Nobody takes the same number, and nobody takes a folder without a lock for a dead one's.
        let gate = gate(&self.folder)?;
        let newest = self.numbers().first().copied().unwrap_or(0);
        let number = newest.max(self.latest()).saturating_add(1);
        let path = self.folder.join(number.to_string());
        DirBuilder::new().mode(0o700).create(&path)?;
        let lock = open_lock(&path.join(LOCK))?;
        lock.try_lock()?;
        self.point_at(number)?;
        drop(gate);
        RunFolder::new(self.homes.clone(), self.project.clone(), path, number, lock, purpose)
    }

    /// Where the link points to: its run may be gone, and its number is not used again.
    fn latest(&self) -> u64 {
        let target = fs::read_link(self.folder.join(LATEST));
        target.ok().and_then(|target| number(target.to_str()?)).unwrap_or(0)
    }

    fn point_at(&self, number: u64) -> io::Result<()> {
        let draft = self.folder.join(".latest.new");
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        std::os::unix::fs::symlink(number.to_string(), &draft)?;
        fs::rename(&draft, self.folder.join(LATEST))
    }

    /// Removes all runs but the last ones and those that live. Blocks.
    ///
    /// # Errors
    /// Something cannot be removed.
    pub(super) fn prune(&self) -> io::Result<()> {
        let _gate = gate(&self.folder)?;
        for old in self.numbers().into_iter().skip(KEPT) {
            let folder = self.folder.join(old.to_string());
            if take(&folder)?.is_some() {
                fs::remove_dir_all(&folder)?;
            }
        }
        Ok(())
    }
}

/// Waits for the lock of a folder in which only one process at a time may do what it is about to do.
pub(super) fn gate(folder: &Path) -> io::Result<File> {
    let gate = open_lock(&folder.join(GATE))?;
    gate.lock()?;
    Ok(gate)
}

/// The lock of a run's folder, if nobody lives who holds it.
pub(super) fn take(folder: &Path) -> io::Result<Option<File>> {
    let lock = open_lock(&folder.join(LOCK))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    let flags = nix::fcntl::OFlag::O_NOFOLLOW.bits();
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(flags)
        .open(path)
}

/// A run's number, where a name is one: written as we write it.
fn number(name: &str) -> Option<u64> {
    name.parse().ok().filter(|number: &u64| number.to_string() == name && *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::run::local::record::tests::job;
    use pipeline::Status;

    struct Scene {
        _here: tempfile::TempDir,
        runs: Runs,
    }

    fn scene() -> Scene {
        let here = tempfile::tempdir().unwrap();
        let homes = Homes::at(&here.path().join("state"), &here.path().join("cache"));
        let runs = Runs::of(&homes, here.path());
        Scene { _here: here, runs }
    }

    fn purpose() -> Purpose {
        Purpose { reference: "main".to_owned(), sha: "abc".to_owned() }
    }

    #[test]
    fn runs_are_numbered_and_found_again() {
        let scene = scene();
        assert!(scene.runs.last(None).is_none() && scene.runs.numbers().is_empty());
        let first = scene.runs.start(purpose()).unwrap();
        let second = scene.runs.start(purpose()).unwrap();
        assert_eq!((first.number(), second.number()), (1, 2));
        first.note(job(1001, "a"));
        first.finish(Status::Success).unwrap();
        drop(first);
        let last = scene.runs.last(Some(2)).unwrap();
        assert_eq!((last.record.number, last.record.status), (1, Some(Status::Success)));
        assert_eq!(last.record.reference, "main");
        assert_eq!(last.record.jobs, [job(1001, "a")]);
        assert_eq!(scene.runs.last(None).unwrap().record.status, None, "the second lives");
        assert_eq!(fs::read_link(scene.runs.folder.join(LATEST)).unwrap(), Path::new("2"));
    }

    #[test]
    fn old_runs_go_unless_they_live() {
        let scene = scene();
        let first = scene.runs.start(purpose()).unwrap();
        for _ in 0..KEPT + 3 {
            scene.runs.start(purpose()).unwrap();
        }
        scene.runs.prune().unwrap();
        let numbers = scene.runs.numbers();
        assert_eq!(numbers.len(), KEPT + 1);
        assert_eq!((numbers[0], numbers[KEPT - 1], numbers[KEPT]), (24, 5, 1));
        drop(first);
        scene.runs.prune().unwrap();
        assert_eq!(scene.runs.numbers().len(), KEPT);
    }

    #[test]
    fn numbers_are_not_used_again() {
        let scene = scene();
        drop(scene.runs.start(purpose()).unwrap());
        fs::remove_dir_all(scene.runs.folder.join("1")).unwrap();
        fs::create_dir(scene.runs.folder.join("007")).unwrap();
        assert_eq!(scene.runs.start(purpose()).unwrap().number(), 2);
    }

    #[test]
    fn a_link_in_the_place_of_the_folder_is_refused() {
        let scene = scene();
        let elsewhere = tempfile::tempdir().unwrap();
        make_private(&scene.runs.homes.runs()).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), &scene.runs.folder).unwrap();
        let error = scene.runs.start(purpose()).unwrap_err().one_line();
        assert!(
            error.starts_with("cannot write to ") && error.ends_with("it is there and no folder"),
            "{error}"
        );
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }
}
