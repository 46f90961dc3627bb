//! Cache archives on this machine.

use super::key::CacheKey;
use crate::files::system_text;
use archive::{Entry, Kind};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::NamedTempFile;

/// Where the archive of one key lies.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    folder: PathBuf,
    key: String,
}

/// What is known of an archive.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Metadata {
    /// The key, for people who look into the folder.
    cachekey: String,
    /// [`fingerprint`] of what was packed.
    fingerprint: String,
}

/// Most bytes that are read of `metadata.json`.
const METADATA_LIMIT: u64 = 64 * 1024;

impl Slot {
    /// The place for a key below the project's cache folder.
    pub(super) fn new(cache_dir: &Path, key: &CacheKey) -> Self {
        Self { folder: cache_dir.join(&key.path), key: key.shown.clone() }
    }

    /// The archive.
    pub(super) fn archive(&self) -> PathBuf {
        self.folder.join("cache.zip")
    }

    /// Whether the archive holds just these files, unchanged since. A file that was written after the archive
    /// counts as changed, whatever its size and (whole) seconds say.
    pub(super) fn holds(&self, entries: &[Entry]) -> bool {
        let Ok(packed_at) = fs::metadata(self.archive()).and_then(|m| m.modified()) else { return false };
        let files = entries.iter().filter(|e| e.kind() == Kind::File);
        files.map(Entry::modified).all(|at| at <= packed_at)
            && self.metadata().is_some_and(|known| known.fingerprint == fingerprint(entries))
    }

    /// A file beside the archive, to be packed into.
    ///
    /// # Errors
    /// The folder cannot be made or written to.
    pub(super) fn draft(&self) -> io::Result<NamedTempFile> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder).map_err(|error| {
            let text = format!("mkdir {}: {}", self.folder.display(), system_text(&error));
            io::Error::new(error.kind(), text)
        })?;
        tempfile::Builder::new().prefix("archive_").tempfile_in(&self.folder)
    }

    /// Makes a packed draft the archive, in one step, and describes it.
    ///
    /// # Errors
    /// A file cannot be replaced.
    pub(super) fn replace(&self, draft: NamedTempFile, entries: &[Entry]) -> io::Result<()> {
        draft.persist(self.archive()).map_err(|e| e.error)?;
        let known = Metadata { cachekey: self.key.clone(), fingerprint: fingerprint(entries) };
        let file = tempfile::Builder::new().prefix("metadata_").tempfile_in(&self.folder)?;
        serde_json::to_writer(&file, &known)?;
        file.persist(self.folder.join("metadata.json")).map_err(|e| e.error)?;
        Ok(())
    }

    fn metadata(&self) -> Option<Metadata> {
        let file = File::open(self.folder.join("metadata.json")).ok()?;
        serde_json::from_reader(io::Read::take(file, METADATA_LIMIT)).ok()
    }
}

/// What the files look like from outside: names, kinds, sizes and whole seconds of the last change, which is
/// what an archive keeps of them. Times of directories change by restoring alone and do not count.
fn fingerprint(entries: &[Entry]) -> String {
    let mut hash = Sha256::new();
    for entry in entries {
        let path = entry.path().as_os_str().as_bytes();
        hash.update(path.len().to_le_bytes());
        hash.update(path);
        hash.update(match entry.kind() {
            Kind::File => b"f",
            Kind::Directory => b"d",
            Kind::Symlink => b"l",
        });
        if entry.kind() == Kind::File {
            hash.update(entry.size().to_le_bytes());
            hash.update(whole_seconds(entry.modified()).to_le_bytes());
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn whole_seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
