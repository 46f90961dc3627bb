//! The folder of the service's state: one at a time may use it.
//!
//! ```text
//! .runner_state/         beside config.toml, 0700
//!     lock               locked by the service; holds its process id
//!     keeper             what the services that use this folder call themselves, unlike all others
//!     jobs/<id>-<random> one folder a running job, see `jobproc::folder`
//!     shared/            what jobs with containers agree on: who pulls an image, what the engine has
//!     damaged/           folders of jobs that cannot be understood, for a person to look at
//! ```

use crate::jobproc::JobFolder;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::oneshot;

/// Name of the folder beside config.toml.
const NAME: &str = ".runner_state";

/// Name of the file with the services' name for themselves, and how long that is.
const KEEPER: &str = "keeper";
const KEEPER_DIGITS: usize = 16;

/// How long a service that is about to exit is waited for: longer than it waits for its last requests.
const PATIENCE: Duration = Duration::from_secs(8);

/// The state folder, held by this process until the value goes.
#[derive(Debug)]
pub(crate) struct StateFolder {
    path: PathBuf,
    keeper: String,
    _lock: File,
}

/// Why there is no state folder to use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    /// It could not be made.
    #[error("cannot make the state folder {}", path.display())]
    Make {
        /// Which folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Somebody else could change what is in it.
    #[error("the state folder {} belongs to another user or is not a folder", path.display())]
    Foreign {
        /// Which folder.
        path: PathBuf,
    },
    /// Another service uses it.
    #[error("{} already serves this configuration", holder(*pid))]
    Busy {
        /// Its process id, if it left one.
        pid: Option<u32>,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

/// Where the state may be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// Where it has to be, if somebody said so.
    pub(crate) chosen: Option<PathBuf>,
    /// The folder of config.toml.
    pub(crate) config_dir: PathBuf,
    /// Where to go if nothing can be written beside config.toml (a mounted one, as a rule).
    pub(crate) fallback: Option<PathBuf>,
}

impl StateFolder {
    /// Makes the folder and becomes its user. A service that is exiting is waited for.
    pub(crate) async fn open(places: &Places) -> Result<Self, StateError> {
        let path = places.make()?;
        for name in ["jobs", "shared", "damaged"] {
            make_private(&path.join(name))?;
        }
        let lock = hold(&path.join("lock"), PATIENCE).await?;
        let keeper = keeper(&path).map_err(|source| StateError::Make { path: path.clone(), source })?;
        Ok(Self { path, keeper, _lock: lock })
    }

    /// What the services that use this folder, one after another, call themselves. What they leave elsewhere is
    /// marked with it: only they know which of their jobs are alive.
    pub(crate) fn keeper(&self) -> &str {
        &self.keeper
    }

    /// The parent of all job folders.
    pub(crate) fn jobs(&self) -> PathBuf {
        self.path.join("jobs")
    }

    /// What jobs with containers agree on.
    pub(crate) fn shared(&self) -> PathBuf {
        self.path.join("shared")
    }

    /// The folders of jobs that earlier services started.
    pub(crate) fn found(&self) -> io::Result<Vec<JobFolder>> {
        let mut found = Vec::new();
        for entry in self.jobs().read_dir()? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                found.push(JobFolder::at(entry.path()));
            }
        }
        found.sort();
        Ok(found)
    }

    /// Removes the folder, unless jobs are recorded in it.
    pub(crate) fn remove_if_empty(&self) {
        let jobs = std::fs::remove_dir(self.jobs());
        if jobs.is_ok() && std::fs::remove_dir(self.path.join("damaged")).is_ok() {
            let _ = std::fs::remove_dir_all(self.shared());
            let _ = std::fs::remove_file(self.path.join(KEEPER));
            let _ = std::fs::remove_file(self.path.join("lock"));
            let _ = std::fs::remove_dir(&self.path);
        }
    }

    /// Puts a folder aside that nobody understands. Gives its new place.
    pub(crate) fn set_aside(&self, folder: &JobFolder) -> io::Result<PathBuf> {
        let name = folder.path().file_name().unwrap_or_default();
        let place = self.path.join("damaged").join(name);
        std::fs::rename(folder.path(), &place)?;
        Ok(place)
    }
}

impl Places {
    fn make(&self) -> Result<PathBuf, StateError> {
        if let Some(chosen) = &self.chosen {
            if let Some(parent) = self.fallback.as_deref().filter(|parent| chosen.parent() == Some(*parent)) {
                // Whoever owned it could exchange what is in it.
                make_private(parent)?;
            }
            return make_private(chosen);
        }
        let beside = self.config_dir.join(NAME);
        match (make_private(&beside), &self.fallback) {
            (Err(StateError::Make { source, .. }), Some(fallback)) if is_read_only(&source) => {
                tracing::warn!(
                    "Nothing can be written beside the configuration, running jobs are recorded in {}",
                    fallback.display()
                );
                make_private(fallback)
            }
            (made, _) => made,
        }
    }
}

fn is_read_only(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(error.kind(), Kind::PermissionDenied | Kind::ReadOnlyFilesystem | Kind::NotADirectory)
}

/// Makes a folder that only this user may enter, or takes one that is there already.
fn make_private(path: &Path) -> Result<PathBuf, StateError> {
    let make = |source| StateError::Make { path: path.to_owned(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(make)?;
    let metadata = path.symlink_metadata().map_err(make)?;
    if !metadata.is_dir() || metadata.uid() != nix::unistd::geteuid().as_raw() {
        return Err(StateError::Foreign { path: path.to_owned() });
    }
    if metadata.mode() & 0o077 != 0 {
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(path, private).map_err(make)?;
    }
    Ok(path.to_owned())
}

/// The name that is kept in a folder, or a new one that is kept from now on.
fn keeper(folder: &Path) -> io::Result<String> {
    let path = folder.join(KEEPER);
    let known = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        known => known?,
    };
    if known.len() == KEEPER_DIGITS && known.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(known);
    }
    let name = format!(
        "{:0KEEPER_DIGITS$x}",
        getrandom::u64().map_err(|error| io::Error::other(error.to_string()))?
    );
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(name.as_bytes())?;
    draft.persist(path)?;
    Ok(name)
}

async fn hold(path: &Path, patience: Duration) -> Result<File, StateError> {
    let make = |source| StateError::Make { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true).mode(0o600);
    let file = options.open(path).map_err(make)?;
    let mut file = match file.try_lock() {
        Ok(()) => file,
        Err(TryLockError::WouldBlock) => {
            let pid = std::fs::read_to_string(path).ok().and_then(|text| text.trim().parse().ok());
            tracing::info!("Waiting for {} to leave this configuration", holder(pid));
            wait_for(file, patience).await.ok_or(StateError::Busy { pid })?.map_err(make)?
        }
        Err(TryLockError::Error(error)) => return Err(make(error)),
    };
    // It only serves a message of another service; a full disk is no reason not to start.
    let _ = file.set_len(0).and_then(|()| file.write_all(std::process::id().to_string().as_bytes()));
    Ok(file)
}

/// Waits for a lock in a thread of its own, which is left to itself when patience ends.
async fn wait_for(file: File, patience: Duration) -> Option<io::Result<File>> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let locked = file.lock().map(|()| file);
        // Nobody waits any more: the lock goes with the file.
        let _ = sender.send(locked);
    });
    tokio::time::timeout(patience, receiver).await.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn places(path: &Path) -> Places {
        Places { config_dir: path.to_owned(), ..Places::default() }
    }

    #[tokio::test]
    async fn only_one_service_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::open(&places(folder.path())).await.unwrap();
        let lock = folder.path().join(NAME).join("lock");
        let refused = hold(&lock, Duration::from_millis(10)).await.unwrap_err();
        let pid = std::process::id();
        assert_eq!(refused.to_string(), format!("process {pid} already serves this configuration"));

        let waiting = hold(&lock, PATIENCE);
        tokio::pin!(waiting);
        assert!(tokio::time::timeout(Duration::from_millis(10), &mut waiting).await.is_err());
        drop(state);
        waiting.await.unwrap();
    }

    #[tokio::test]
    async fn a_folder_has_one_name_and_no_two_have_the_same() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let name =
            async |folder: &Path| StateFolder::open(&places(folder)).await.unwrap().keeper().to_owned();
        let (one, other) = (name(folders[0].path()).await, name(folders[1].path()).await);
        assert_ne!(one, other);
        assert_eq!(name(folders[0].path()).await, one);
        std::fs::write(folders[0].path().join(NAME).join(KEEPER), "no name").unwrap();
        assert_eq!(name(folders[0].path()).await.len(), KEEPER_DIGITS);
    }

    #[tokio::test]
    async fn nobody_else_may_look() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        std::fs::create_dir(&path).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        let state = StateFolder::open(&places(folder.path())).await.unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o700);
        assert_eq!(state.found().unwrap(), []);
    }

    #[tokio::test]
    async fn a_folder_of_ones_own_is_not_below_a_strangers() {
        let runtime = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let fallback = runtime.path().join("runner");
        let single = Places {
            chosen: Some(fallback.join("single-1")),
            fallback: Some(fallback.clone()),
            ..Places::default()
        };
        std::os::unix::fs::symlink(elsewhere.path(), &fallback).unwrap();
        let refused = StateFolder::open(&single).await.unwrap_err();
        assert!(matches!(refused, StateError::Foreign { .. }), "{refused}");
        std::fs::remove_file(&fallback).unwrap();
        StateFolder::open(&single).await.unwrap();
        assert_eq!(fallback.metadata().unwrap().mode() & 0o777, 0o700);
    }

    #[tokio::test]
    async fn a_symlink_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/tmp", folder.path().join(NAME)).unwrap();
        let refused = StateFolder::open(&places(folder.path())).await.unwrap_err();
        assert!(matches!(refused, StateError::Foreign { .. }), "{refused}");
    }

    #[tokio::test]
    async fn damaged_folders_are_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::open(&places(folder.path())).await.unwrap();
        std::fs::create_dir(state.jobs().join("1-x")).unwrap();
        let found = state.found().unwrap();
        let place = state.set_aside(&found[0]).unwrap();
        assert!(place.is_dir());
        assert_eq!(state.found().unwrap(), []);
    }
}
