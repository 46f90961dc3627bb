//! Cache archives on this machine.
//!
//! An archive is replaced in one step: who has it open reads on in the old one. A draft is locked while it is
//! written, so that what a killed process left can be told from what another job is at.

use super::key::CacheKey;
use crate::files::system_text;
use archive::{Entry, Kind};
use nix::libc::{O_NOCTTY, O_NONBLOCK};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::NamedTempFile;

/// Whose jobs use the caches below one root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// One user's; nobody else gets in.
    Own,
    /// Those of any user: jobs in containers run as whom their image says, and each may find and replace what the
    /// others left.
    Anyone,
}

/// Where the archive of one key lies.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    folder: PathBuf,
    key: String,
    sharing: Sharing,
}

/// What is known of an archive. All values are texts, as gitlab-runner reads the file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Metadata {
    /// The key, for people who look into the folder.
    cachekey: String,
    /// [`identity`] of the archive that is described: another job may have replaced it since.
    archive: String,
    /// [`fingerprint`] of what was packed.
    fingerprint: String,
    /// Nanoseconds since the epoch: files that were changed later may differ from what was packed.
    seen_at: String,
}

/// Most bytes that are read of `metadata.json`.
pub(crate) const METADATA_LIMIT: u64 = 64 * 1024;
/// What drafts are called; gitlab-runner's begin so, too.
const DRAFT: &str = "archive_";
/// Drafts younger than this may not be locked yet.
const SETTLED: Duration = Duration::from_secs(60);

impl Slot {
    /// The place for a key below the project's cache folder.
    pub(super) fn new(cache_dir: &Path, key: &CacheKey) -> Self {
        Self { folder: cache_dir.join(&key.path), key: key.shown.clone(), sharing: Sharing::Own }
    }

    /// For whom what is written will be.
    pub(super) fn shared(self, sharing: Sharing) -> Self {
        Self { sharing, ..self }
    }

    /// The archive.
    pub(crate) fn archive(&self) -> PathBuf {
        self.folder.join("cache.zip")
    }

    /// Opens the archive.
    ///
    /// # Errors
    /// There is none, or it is no regular file, or not ours to read.
    pub(super) fn open(&self) -> io::Result<File> {
        open_file(&self.archive())
    }

    /// Whether the archive holds just these files, unchanged since.
    pub(super) fn holds(&self, entries: &[Entry]) -> bool {
        let Ok(archive) = fs::metadata(self.archive()) else { return false };
        let Some(known) = self.metadata() else { return false };
        let Some(seen_at) = known.seen_at.parse().ok().map(Duration::from_nanos) else { return false };
        let unchanged =
            |entry: &Entry| entry.kind() == Kind::Directory || since_epoch(entry.modified()) <= seen_at;
        known.archive == identity(&archive)
            && entries.iter().all(unchanged)
            && known.fingerprint == fingerprint(entries)
    }

    /// A file beside the archive, to be packed into; gone unless it replaces the archive.
    ///
    /// # Errors
    /// The folder cannot be made or written to.
    pub(crate) fn draft(&self) -> io::Result<NamedTempFile> {
        self.sharing.make_folder(&self.folder).map_err(|error| {
            let text = format!("mkdir {}: {}", self.folder.display(), system_text(&error));
            io::Error::new(error.kind(), text)
        })?;
        self.sweep();
        let draft = self.new_file()?;
        // Where files cannot be locked, drafts that were left cannot be told from others and stay.
        let _ = draft.as_file().try_lock();
        Ok(draft)
    }

    /// Makes a packed draft the archive, in one step, and describes it. `seen_at` is when the files were looked
    /// at. The inner result says whether it could be described; without that the next job packs again.
    ///
    /// # Errors
    /// The archive cannot be replaced.
    pub(super) fn replace(
        &self,
        draft: NamedTempFile,
        entries: &[Entry],
        seen_at: SystemTime,
    ) -> io::Result<io::Result<()>> {
        let metadata = draft.as_file().metadata()?;
        draft.persist(self.archive()).map_err(|e| e.error)?;
        let known = Metadata {
            cachekey: self.key.clone(),
            archive: identity(&metadata),
            fingerprint: fingerprint(entries),
            seen_at: since_epoch(seen_at).as_nanos().to_string(),
        };
        Ok(self.describe(&known))
    }

    /// Opens what is known of the archive, if anything is.
    pub(super) fn open_metadata(&self) -> Option<File> {
        open_file(&self.metadata_path()).ok()
    }

    /// Makes a draft the archive that was packed elsewhere, in one step. `described` is what was known of it there,
    /// and trusted as little as the archive.
    ///
    /// # Errors
    /// The archive cannot be replaced.
    pub(crate) fn adopt(&self, draft: NamedTempFile, described: &[u8]) -> io::Result<()> {
        // Whole seconds: that much of it is the same wherever the archive is brought.
        let now = Duration::from_secs(since_epoch(SystemTime::now()).as_secs());
        draft.as_file().set_modified(UNIX_EPOCH + now)?;
        let metadata = draft.as_file().metadata()?;
        draft.persist(self.archive()).map_err(|e| e.error)?;
        // Without a description the next job packs again.
        if let Ok(told) = serde_json::from_slice::<Metadata>(described) {
            let cachekey = self.key.clone();
            let _ = self.describe(&Metadata { cachekey, archive: identity(&metadata), ..told });
        }
        Ok(())
    }

    /// What is known of the archive.
    pub(super) fn metadata_path(&self) -> PathBuf {
        self.folder.join("metadata.json")
    }

    fn describe(&self, known: &Metadata) -> io::Result<()> {
        let file = self.new_file()?;
        serde_json::to_writer(&file, known)?;
        file.persist(self.metadata_path()).map_err(|e| e.error)?;
        Ok(())
    }

    fn new_file(&self) -> io::Result<NamedTempFile> {
        let file = tempfile::Builder::new().prefix(DRAFT).tempfile_in(&self.folder)?;
        if self.sharing == Sharing::Anyone {
            file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        }
        Ok(file)
    }

    fn metadata(&self) -> Option<Metadata> {
        let file = open_file(&self.metadata_path()).ok()?;
        serde_json::from_reader(io::Read::take(file, METADATA_LIMIT)).ok()
    }

    /// Removes drafts whose process is gone. What cannot be removed stays for the next time.
    fn sweep(&self) {
        let Ok(folder) = fs::read_dir(&self.folder) else { return };
        for found in folder.flatten() {
            if found.file_name().as_bytes().starts_with(DRAFT.as_bytes()) && is_abandoned(&found.path()) {
                let _ = fs::remove_file(found.path());
            }
        }
    }
}

impl Sharing {
    /// Makes a folder and what is missing above it.
    fn make_folder(self, folder: &Path) -> io::Result<()> {
        match self {
            Self::Own => DirBuilder::new().recursive(true).mode(0o700).create(folder),
            Self::Anyone => {
                let missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
                let missing: Vec<&Path> = folder.ancestors().take_while(missing).collect();
                missing.into_iter().rev().try_for_each(make_open)?;
                // What is there and no folder is an error, too.
                DirBuilder::new().recursive(true).create(folder)
            }
        }
    }
}

/// Makes a folder that everybody may write to, whatever the umask says.
fn make_open(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Ok(()) => fs::set_permissions(folder, fs::Permissions::from_mode(0o777)),
        // Another job was faster; it does the rest.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn is_abandoned(draft: &Path) -> bool {
    let Ok(file) = open_file(draft) else { return false };
    let age = file.metadata().and_then(|m| m.modified()).ok().and_then(|at| at.elapsed().ok());
    age.is_some_and(|age| age > SETTLED) && file.try_lock().is_ok()
}

/// Opens a regular file; anything else in its place must not hold the job up.
fn open_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(O_NONBLOCK | O_NOCTTY).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
    }
}

/// Tells one archive from the next in its place; the same after the folder was copied with its times.
fn identity(archive: &fs::Metadata) -> String {
    format!("{}-{}.{:09}", archive.len(), archive.mtime(), archive.mtime_nsec())
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
        if entry.kind() != Kind::Directory {
            hash.update(entry.size().to_le_bytes());
            hash.update(since_epoch(entry.modified()).as_secs().to_le_bytes());
        }
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn since_epoch(at: SystemTime) -> Duration {
    at.duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn saved(sharing: Sharing) -> (tempfile::TempDir, Slot) {
        let root = tempfile::tempdir().unwrap();
        fs::set_permissions(root.path(), PermissionsExt::from_mode(0o750)).unwrap();
        let key = CacheKey { shown: "k".to_owned(), path: "k".to_owned() };
        let slot = Slot::new(&root.path().join("group/project"), &key).shared(sharing);
        let draft = slot.draft().unwrap();
        slot.replace(draft, &[], SystemTime::now()).unwrap().unwrap();
        (root, slot)
    }

    #[test]
    fn another_user_can_replace_what_is_for_anyone() {
        let (root, slot) = saved(Sharing::Anyone);
        for folder in ["group", "group/project", "group/project/k"] {
            assert_eq!(mode(&root.path().join(folder)), 0o777, "{folder}");
        }
        assert_eq!(mode(root.path()), 0o750, "what was there stays as it was");
        assert_eq!(mode(&slot.archive()), 0o644);
        assert_eq!(mode(&slot.folder.join("metadata.json")), 0o644);
    }

    #[test]
    fn nobody_else_gets_at_ones_own() {
        let (root, slot) = saved(Sharing::Own);
        assert_eq!(mode(&root.path().join("group")), 0o700);
        assert_eq!(mode(&slot.archive()), 0o600);
    }

    #[test]
    fn a_file_in_the_way_is_an_error() {
        for sharing in [Sharing::Own, Sharing::Anyone] {
            let root = tempfile::tempdir().unwrap();
            fs::write(root.path().join("group"), "").unwrap();
            assert!(sharing.make_folder(&root.path().join("group/project")).is_err());
            assert!(sharing.make_folder(&root.path().join("group")).is_err());
        }
    }
}
