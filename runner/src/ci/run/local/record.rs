//! What is known of a run afterwards: `run.json`.

use pipeline::{JobId, Moment, Status};
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The file's name.
const FILE: &str = "run.json";

/// No honest record is larger.
const LARGEST: u64 = 256 << 20;

/// A run: what it ran and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RunRecord {
    /// Its number, which is its pipeline's.
    pub(crate) number: u64,
    /// When it began.
    pub(crate) began: Moment,
    /// When it ended; nothing for one that lives or was killed.
    pub(crate) ended: Option<Moment>,
    /// The ref that it ran for.
    pub(crate) reference: String,
    /// The commit.
    pub(crate) sha: String,
    /// The pipeline's status; nothing for one that lives or was killed.
    pub(crate) status: Option<Status>,
    /// Its jobs that are over or will not run, retried ones included.
    pub(crate) jobs: Vec<JobRecord>,
}

/// A job of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct JobRecord {
    /// Its number.
    pub(crate) id: JobId,
    /// Its name.
    pub(crate) name: String,
    /// The bridges that lead to its pipeline, from the top.
    #[serde(default)]
    pub(crate) pipeline: Vec<String>,
    /// Its stage.
    #[serde(default)]
    pub(crate) stage: String,
    /// How it ended, or where it stayed.
    pub(crate) status: Status,
    /// The script's exit code, where that is known.
    #[serde(default)]
    pub(crate) exit_code: Option<i32>,
    /// Whether its failure is forgiven.
    #[serde(default)]
    pub(crate) allow_failure: bool,
    /// GitLab's word for why it failed.
    #[serde(default)]
    pub(crate) failure_reason: Option<String>,
    /// How long it ran, in seconds; nothing if it never did.
    #[serde(default)]
    pub(crate) duration: Option<f64>,
    /// Its raw trace; nothing if it never ran. In the file, relative to the run's folder.
    #[serde(default)]
    pub(crate) log: Option<PathBuf>,
    /// What it left. In the file, relative to the run's folder.
    #[serde(default)]
    pub(crate) artifacts: Vec<ArtifactRecord>,
    /// Variables of its dotenv reports, in order.
    #[serde(default)]
    pub(crate) variables: Vec<(String, String)>,
    /// What `coverage` found, in per cent.
    #[serde(default)]
    pub(crate) coverage: Option<f64>,
    /// Whether another attempt took its place.
    #[serde(default)]
    pub(crate) retried: bool,
}

/// An artifact of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ArtifactRecord {
    /// `archive`, `junit`, `dotenv`, …
    pub(crate) kind: String,
    /// The file.
    pub(crate) path: PathBuf,
}

impl RunRecord {
    /// The last attempt of a job, by its name and the bridges that lead to it.
    pub(crate) fn job(&self, pipeline: &[String], name: &str) -> Option<&JobRecord> {
        self.jobs.iter().rev().find(|job| job.name == name && job.pipeline == pipeline && !job.retried)
    }

    /// Reads the record of a run's folder; its paths are absolute then.
    ///
    /// # Errors
    /// There is none, or none that this program wrote.
    pub(super) fn read(folder: &Path) -> io::Result<Self> {
        let flags = (nix::fcntl::OFlag::O_NOFOLLOW | nix::fcntl::OFlag::O_NONBLOCK).bits();
        let file = OpenOptions::new().read(true).custom_flags(flags).open(folder.join(FILE))?;
        let mut text = Vec::new();
        file.take(LARGEST).read_to_end(&mut text)?;
        let mut record: Self = serde_json::from_slice(&text)?;
        record.each_path(|path| *path = folder.join(&*path));
        Ok(record)
    }

    /// Writes the record, in one step: who reads sees the former or this one.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let mut record = self.clone();
        record.each_path(|path| {
            if let Ok(inner) = path.strip_prefix(folder) {
                *path = inner.to_owned();
            }
        });
        let mut text = serde_json::to_vec(&record)?;
        text.push(b'\n');
        write_whole(&folder.join(FILE), &text)
    }

    fn each_path(&mut self, change: impl Fn(&mut PathBuf)) {
        for job in &mut self.jobs {
            job.log.iter_mut().for_each(&change);
            job.artifacts.iter_mut().for_each(|artifact| change(&mut artifact.path));
        }
    }
}

/// Writes a file of this user's in one step. Only one at a time may write it.
pub(super) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    let flags = nix::fcntl::OFlag::O_NOFOLLOW.bits();
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .custom_flags(flags)
        .open(&draft)?;
    let written = file.write_all(content).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        // A part of it is of no use to anybody.
        let _ = fs::remove_file(&draft);
    }
    written
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A job that succeeded.
    pub(crate) fn job(id: i64, name: &str) -> JobRecord {
        JobRecord {
            id: JobId(id),
            name: name.to_owned(),
            pipeline: Vec::new(),
            stage: "test".to_owned(),
            status: Status::Success,
            exit_code: None,
            allow_failure: false,
            failure_reason: None,
            duration: Some(1.5),
            log: None,
            artifacts: Vec::new(),
            variables: vec![("A".to_owned(), "1".to_owned())],
            coverage: None,
            retried: false,
        }
    }

    #[test]
    fn what_is_written_is_read_wherever_the_folder_is_now() {
        let here = tempfile::tempdir().unwrap();
        let (old, new) = (here.path().join("old"), here.path().join("new"));
        fs::create_dir(&old).unwrap();
        let mut record = RunRecord { number: 3, jobs: vec![job(3001, "a b/ü")], ..RunRecord::default() };
        record.jobs[0].log = Some(old.join("jobs/3001/trace.log"));
        let path = old.join("artifacts/3001/archive/artifacts.zip");
        record.jobs[0].artifacts = vec![ArtifactRecord { kind: "archive".to_owned(), path }];
        record.write(&old).unwrap();
        assert_eq!(RunRecord::read(&old).unwrap(), record);
        fs::rename(&old, &new).unwrap();
        let read = RunRecord::read(&new).unwrap();
        assert_eq!(read.jobs[0].log, Some(new.join("jobs/3001/trace.log")));
        assert_eq!(read.jobs[0].artifacts[0].path, new.join("artifacts/3001/archive/artifacts.zip"));
        assert!(!new.join("run.json.new").exists());
    }

    #[test]
    fn the_last_attempt_counts() {
        let mut retried = job(1, "a");
        (retried.retried, retried.status) = (true, Status::Failed);
        let mut child = job(3, "a");
        child.pipeline = vec!["bridge".to_owned()];
        let record = RunRecord { jobs: vec![retried, job(2, "a"), child], ..RunRecord::default() };
        assert_eq!(record.job(&[], "a").unwrap().id, JobId(2));
        assert_eq!(record.job(&["bridge".to_owned()], "a").unwrap().id, JobId(3));
        assert!(record.job(&[], "b").is_none());
    }

    #[test]
    fn a_link_or_nonsense_is_no_record() {
        let here = tempfile::tempdir().unwrap();
        assert!(RunRecord::read(here.path()).is_err());
        fs::write(here.path().join(FILE), "{\"jobs\": 1}").unwrap();
        assert!(RunRecord::read(here.path()).is_err());
        RunRecord::default().write(here.path()).unwrap();
        fs::rename(here.path().join(FILE), here.path().join("other")).unwrap();
        std::os::unix::fs::symlink(here.path().join("other"), here.path().join(FILE)).unwrap();
        assert!(RunRecord::read(here.path()).is_err());
    }
}
