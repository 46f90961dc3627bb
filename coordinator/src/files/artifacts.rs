//! What jobs leave: one file of a kind and job, put in its place in one step once it is whole.

use super::browse::{self, BrowseError, Browsed};
use super::incoming::{Incoming, Received};
use super::place::{Place, make_parent, remove_file, remove_folder};
use super::traces::blocking;
use pipeline::JobId;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};

/// Uploads that a killed process left begin so.
const PREFIX: &str = "upload-";

/// All artifacts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Artifacts {
    place: Place,
    limit: u64,
}

/// An artifact to be read.
#[derive(Debug)]
pub struct OpenArtifact {
    /// The file.
    pub file: File,
    /// Its size in bytes.
    pub size: u64,
}

impl Artifacts {
    pub(super) fn open(place: Place, limit: u64) -> io::Result<Self> {
        let tmp = place.tmp();
        DirBuilder::new().recursive(true).mode(0o700).create(&tmp)?;
        for entry in std::fs::read_dir(&tmp)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(PREFIX) {
                remove_file(&entry.path());
            }
        }
        Ok(Self { place, limit })
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// The largest artifact, in bytes.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Begins to receive a file of at most `limit` bytes. What is not finished is gone when it is dropped.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub async fn receive(&self, limit: u64) -> io::Result<Incoming> {
        let tmp = self.place.tmp();
        let limit = limit.min(self.limit);
        blocking(move || {
            let file = tempfile::Builder::new().prefix(PREFIX).tempfile_in(tmp)?;
            Ok(Incoming::new(file, limit))
        })
        .await?
    }

    /// Puts a received file in its place; answers its path below the data folder. The same content of the same job
    /// and kind has the same place.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub async fn keep(&self, job: JobId, kind: &'static str, received: Received) -> io::Result<String> {
        let name = received.sha256.get(..32).unwrap_or(&received.sha256);
        let below = Place::artifact_below(job, kind, name);
        let place = self.place.clone();
        blocking(move || {
            let path = place.inside(&below).ok_or(io::ErrorKind::InvalidInput)?;
            make_parent(&path)?;
            received.file.persist(&path).map_err(|error| error.error)?;
            Ok(below)
        })
        .await?
    }

    /// Opens an artifact by its path below the data folder.
    ///
    /// # Errors
    /// Where it is not there, or cannot be read.
    pub async fn read(&self, path: &str) -> io::Result<OpenArtifact> {
        let (this, path) = (self.clone(), path.to_owned());
        blocking(move || this.open_now(&path)).await?
    }

    fn open_now(&self, path: &str) -> io::Result<OpenArtifact> {
        let path = self.place.inside(path).ok_or(io::ErrorKind::NotFound)?;
        let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        let file = File::options().read(true).custom_flags(flags).open(path)?;
        let size = file.metadata()?.len();
        Ok(OpenArtifact { file, size })
    }

    /// What is in a folder of an archive: of its top where `folder` is empty.
    ///
    /// # Errors
    /// Where the archive is gone, or no zip file.
    pub async fn browse(&self, path: &str, folder: &str) -> Result<Option<Browsed>, BrowseError> {
        let (this, path, folder) = (self.clone(), path.to_owned(), folder.to_owned());
        let browsed = blocking(move || browse::folder(&this.open_now(&path)?.file, &folder)).await;
        browsed.map_err(BrowseError::from)?
    }

    /// Writes a file of an archive into an unnamed file, so that nothing of a damaged one is handed on. Nothing where
    /// the archive has no such file.
    ///
    /// # Errors
    /// Where the archive is gone or no zip file, or the file is damaged or larger than an artifact may be.
    pub async fn extract(&self, path: &str, name: &str) -> Result<Option<OpenArtifact>, BrowseError> {
        let (this, path, name) = (self.clone(), path.to_owned(), name.to_owned());
        let extracted = blocking(move || {
            let archive = this.open_now(&path)?.file;
            let out = tempfile::tempfile_in(this.place.tmp())?;
            browse::extract(&archive, &name, this.limit, out)
        });
        extracted.await.map_err(BrowseError::from)?
    }

    /// A text of an archive. Blocks.
    pub(super) fn text(&self, path: &str, name: &str) -> Result<Option<String>, BrowseError> {
        browse::text(&self.open_now(path)?.file, name)
    }

    /// Removes all that a job left. Blocks.
    pub(super) fn remove(&self, job: JobId) {
        remove_folder(&self.place.artifacts(job));
    }

    /// Removes one artifact by its path below the data folder. Blocks.
    pub fn remove_path(&self, path: &str) {
        match self.place.inside(path) {
            Some(path) => remove_file(&path),
            None => tracing::warn!(path, "The path of an artifact leads out of the data folder"),
        }
    }
}

#[cfg(test)]
mod tests;
