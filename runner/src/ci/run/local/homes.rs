//! The folders of a user in which runs keep what they have.

use crate::environment::Environment;
use crate::error::CliError;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// Characters of a project's name in its key.
const NAME: usize = 40;

/// Where runs keep their logs, and what can be made again.
#[derive(Clone, Debug)]
pub(crate) struct Homes {
    state: PathBuf,
    cache: PathBuf,
}

impl Homes {
    /// Those of the user: below `XDG_STATE_HOME` and `XDG_CACHE_HOME`, else `~/.local/state` and `~/.cache`.
    ///
    /// # Errors
    /// There is neither a home directory nor another word.
    pub(crate) fn of(environment: &Environment) -> Result<Self, CliError> {
        let folder = |variable: &str, usual: &str| {
            let absolute = |text: &str| Some(PathBuf::from(text)).filter(|path| path.is_absolute());
            let named = environment.non_empty(variable).and_then(absolute);
            named.or_else(|| Some(environment.home()?.join(usual))).map(|folder| folder.join("runner"))
        };
        match (folder("XDG_STATE_HOME", ".local/state"), folder("XDG_CACHE_HOME", ".cache")) {
            (Some(state), Some(cache)) => Ok(Self { state, cache }),
            _ => Err(CliError::operation("there is no folder to keep logs and caches in")
                .hint("set HOME, or XDG_STATE_HOME and XDG_CACHE_HOME")),
        }
    }

    /// Folders that a caller chose.
    #[cfg(test)]
    pub(crate) fn at(state: &Path, cache: &Path) -> Self {
        Self { state: state.to_owned(), cache: cache.to_owned() }
    }

    /// Runs of all projects.
    pub(super) fn runs(&self) -> PathBuf {
        self.state.join("runs")
    }

    /// What jobs of containers agree on, whichever project they are of.
    pub(super) fn shared(&self) -> PathBuf {
        self.state.join("shared")
    }

    /// Snapshots of work trees and their copies.
    pub(crate) fn trees(&self) -> PathBuf {
        self.cache.join("trees")
    }

    /// Where jobs of a project work.
    pub(super) fn builds(&self, project: &str) -> PathBuf {
        self.cache.join("builds").join(project)
    }

    /// Caches of jobs of all projects.
    pub(super) fn caches(&self) -> PathBuf {
        self.cache.join("caches")
    }
}

/// The name of a project's folders: what people call it, and what tells it from others of that name.
pub(super) fn project_key(root: &Path) -> String {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
    let mut key: String = name.chars().map(plain).take(NAME).collect();
    key.push('-');
    key.push_str(&short_hash(root.as_os_str().as_bytes()));
    // The name of a folder that is hidden or an option would surprise.
    key.trim_start_matches('-').to_owned()
}

/// Tells names apart that may hold anything.
pub(super) fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(6).fold(String::new(), |mut hash, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

/// Makes a folder for this user alone, with what is missing above it. One that is there must be this user's, and no
/// symbolic link.
pub(super) fn make_private(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent()
        && !parent.is_dir()
    {
        DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => return other,
    }
    let found = fs::symlink_metadata(folder)?;
    if !found.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is there and no folder"));
    }
    if found.uid() != nix::unistd::geteuid().as_raw() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"));
    }
    Ok(())
}

/// A folder that cannot be used, in words.
pub(super) fn unusable(folder: &Path, error: &io::Error) -> CliError {
    let result = CliError::operation(format!("cannot write to {}", folder.display())).caused_by(error);
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => result
            .hint("its disk is full: XDG_STATE_HOME and XDG_CACHE_HOME name folders that may lie elsewhere"),
        _ => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_where_the_user_has_them() {
        let homes = |pairs: &[(&str, &str)]| Homes::of(&pairs.iter().copied().collect()).unwrap();
        let usual = homes(&[("HOME", "/h")]);
        assert_eq!(usual.runs(), Path::new("/h/.local/state/runner/runs"));
        assert_eq!(usual.trees(), Path::new("/h/.cache/runner/trees"));
        let chosen = homes(&[("HOME", "/h"), ("XDG_STATE_HOME", "/s"), ("XDG_CACHE_HOME", "relative")]);
        assert_eq!(chosen.runs(), Path::new("/s/runner/runs"));
        assert_eq!(chosen.caches(), Path::new("/h/.cache/runner/caches"), "a relative one does not count");
    }

    #[test]
    fn projects_of_one_name_are_told_apart() {
        let (a, b) = (
            project_key(Path::new("/nonexistent/a/my app")),
            project_key(Path::new("/nonexistent/b/my app")),
        );
        assert!(a.starts_with("my-app-") && b.starts_with("my-app-") && a != b, "{a} {b}");
        let odd = project_key(Path::new("/nonexistent/-…"));
        assert!(!odd.starts_with(['-', '.']) && !project_key(Path::new("/")).contains('/'), "{odd}");
    }

    #[test]
    fn a_link_is_no_folder_of_ours() {
        let here = tempfile::tempdir().unwrap();
        let (elsewhere, link) = (here.path().join("elsewhere"), here.path().join("link"));
        make_private(&elsewhere.join("deep/inner")).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
        assert!(make_private(&link).is_err());
        assert_eq!(fs::metadata(&elsewhere).unwrap().mode() & 0o777, 0o700);
        make_private(&elsewhere).unwrap();
    }
}
