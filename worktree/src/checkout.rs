//! Where a checkout keeps what: its root, its own git folder, and the one it shares with linked work trees.

use crate::error::SnapshotError;
use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Files that git writes with a path in them are longer than no path.
const LONGEST: u64 = 8192;

/// A checkout of a git repository: a work tree and its git folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    pub(crate) root: PathBuf,
    pub(crate) git_dir: PathBuf,
    pub(crate) common_dir: PathBuf,
}

impl Checkout {
    /// The checkout that has this folder in it. Runs no program.
    ///
    /// # Errors
    ///
    /// When there is none, when the repository is a bare one, or when its `.git` file leads nowhere.
    pub fn find(folder: &Path) -> Result<Self, SnapshotError> {
        let missing = || SnapshotError::NotARepository { path: folder.to_owned() };
        let folder = std::fs::canonicalize(folder).map_err(|_| missing())?;
        for root in folder.ancestors() {
            if let Some(found) = Self::at(root)? {
                return Ok(found);
            }
            if is_repository(root) {
                return Err(SnapshotError::Bare { path: root.to_owned() });
            }
        }
        Err(missing())
    }

    /// The checkout whose root this is, if it is one.
    pub(crate) fn at(root: &Path) -> Result<Option<Self>, SnapshotError> {
        let dot_git = root.join(".git");
        let Ok(kind) = std::fs::metadata(&dot_git) else { return Ok(None) };
        let broken = || SnapshotError::BrokenGitFile { path: dot_git.clone() };
        let git_dir = if kind.is_dir() {
            if !is_repository(&dot_git) {
                return Ok(None);
            }
            dot_git.clone()
        } else {
            let target = pointer(&dot_git, b"gitdir: ").ok_or_else(broken)?;
            std::fs::canonicalize(root.join(target)).map_err(|_| broken())?
        };
        let common_dir = match pointer(&git_dir.join("commondir"), b"") {
            Some(path) => std::fs::canonicalize(git_dir.join(path)).map_err(|_| broken())?,
            None => git_dir.clone(),
        };
        if !common_dir.join("objects").is_dir() {
            return Err(broken());
        }
        Ok(Some(Self { root: root.to_owned(), git_dir, common_dir }))
    }

    /// The root of the work tree, absolute.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The git folder of this work tree.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The git folder that it shares with other work trees of the same repository.
    #[must_use]
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }
}

/// Whether a folder is what git takes for a repository's own.
fn is_repository(folder: &Path) -> bool {
    let head = folder.join("HEAD").symlink_metadata().is_ok();
    head && (folder.join("commondir").exists()
        || (folder.join("objects").is_dir() && folder.join("refs").is_dir()))
}

/// The path in a small file of git's, after a prefix.
fn pointer(file: &Path, prefix: &[u8]) -> Option<PathBuf> {
    let mut text = Vec::new();
    std::fs::File::open(file).ok()?.take(LONGEST).read_to_end(&mut text).ok()?;
    let path = text.strip_prefix(prefix)?.trim_ascii_end();
    (!path.is_empty()).then(|| PathBuf::from(OsStr::from_bytes(path)))
}
