//! Where files of jobs are, below the data folder. Names are made here, of numbers and known words: nothing that a
//! runner says becomes part of a path.

use pipeline::JobId;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

/// Jobs of one folder.
const JOBS: i64 = 1000;

/// The data folder.
#[derive(Clone, Debug)]
pub(super) struct Place {
    data: PathBuf,
}

impl Place {
    pub(super) fn new(data: &Path) -> Self {
        Self { data: data.to_path_buf() }
    }

    /// The trace of a job.
    pub(super) fn trace(&self, job: JobId) -> PathBuf {
        self.data.join(format!("traces/{}/{job}.log", job.0.div_euclid(JOBS)))
    }

    /// The folder of what a job left, below the data folder.
    fn artifacts_below(job: JobId) -> String {
        format!("artifacts/{}/{job}", job.0.div_euclid(JOBS))
    }

    /// The folder of what a job left.
    pub(super) fn artifacts(&self, job: JobId) -> PathBuf {
        self.data.join(Self::artifacts_below(job))
    }

    /// The path of an artifact below the data folder.
    pub(super) fn artifact_below(job: JobId, kind: &str, name: &str) -> String {
        format!("{}/{kind}/{name}", Self::artifacts_below(job))
    }

    /// Where all traces are.
    pub(super) fn traces(&self) -> PathBuf {
        self.data.join("traces")
    }

    /// Where all artifacts are.
    pub(super) fn all_artifacts(&self) -> PathBuf {
        self.data.join("artifacts")
    }

    /// A path as rows have it.
    pub(super) fn below(&self, path: &Path) -> Option<String> {
        path.strip_prefix(&self.data).ok()?.to_str().map(str::to_owned)
    }

    /// Where files are while they are received.
    pub(super) fn tmp(&self) -> PathBuf {
        self.data.join("tmp")
    }

    /// A path below the data folder, as rows have it. Nothing for one that leads anywhere else.
    pub(super) fn inside(&self, path: &str) -> Option<PathBuf> {
        let path = Path::new(path);
        let fits = path.components().all(|part| matches!(part, Component::Normal(_)));
        (fits && path.components().next().is_some()).then(|| self.data.join(path))
    }
}

/// Makes the folder that a file goes into.
pub(super) fn make_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => DirBuilder::new().recursive(true).mode(0o700).create(folder),
        None => Ok(()),
    }
}

/// Opens a file to be read and written that nobody else may read; a link is not followed.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_parent(path)?;
            options.open(path)
        }
        opened => opened,
    }
}

/// Removes a file; one that is not there is fine.
pub(super) fn remove_file(path: &Path) {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "A file cannot be removed");
    }
}

/// Removes a folder with all that is in it; one that is not there is fine.
pub(super) fn remove_folder(path: &Path) {
    if let Err(error) = std::fs::remove_dir_all(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "A folder cannot be removed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_made_of_numbers() {
        let place = Place::new(Path::new("/data"));
        assert_eq!(place.trace(JobId(12_345)), Path::new("/data/traces/12/12345.log"));
        assert_eq!(place.artifacts(JobId(7)), Path::new("/data/artifacts/0/7"));
        assert_eq!(Place::artifact_below(JobId(7), "junit", "x"), "artifacts/0/7/junit/x");
    }

    #[test]
    fn rows_lead_nowhere_else() {
        let place = Place::new(Path::new("/data"));
        assert_eq!(place.inside("artifacts/0/7/a/b"), Some(PathBuf::from("/data/artifacts/0/7/a/b")));
        for path in ["", "/etc/passwd", "../x", "a/../../x", "./"] {
            assert_eq!(place.inside(path), None, "{path}");
        }
    }
}
