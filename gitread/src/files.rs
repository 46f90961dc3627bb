//! What is read from `.git` directly, since that is simple and saves a process: where it is, `HEAD`, and whether a
//! ref exists.

use super::GitError;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The most that is read of a file that holds one line.
const ONE_LINE: u64 = 16 * 1024;
/// The most that is read of a file with a line for each of many things.
const LINES: u64 = 64 * 1024 * 1024;

/// Where a repository keeps its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GitFolder {
    /// Of this work tree: has `HEAD`.
    own: PathBuf,
    /// Of all work trees of the repository: has the refs.
    common: PathBuf,
}

/// What `HEAD` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// A branch, which may have no commit yet.
    Branch(String),
    /// A commit.
    Detached(String),
}

impl GitFolder {
    /// The data of the repository whose work tree, or whose bare self, has this root.
    pub(crate) fn of(root: &Path) -> Option<Self> {
        let dot_git = root.join(".git");
        let own = match fs::metadata(&dot_git) {
            Ok(data) if data.is_dir() => dot_git,
            Ok(data) if data.is_file() => {
                let line = one_line(&dot_git).ok()??;
                root.join(line.strip_prefix("gitdir:")?.trim())
            }
            _ if root.join("objects").is_dir() && root.join("refs").is_dir() => root.to_owned(),
            _ => return None,
        };
        if !own.join("HEAD").is_file() {
            return None;
        }
        let common = match one_line(&own.join("commondir")) {
            Ok(Some(line)) => own.join(line.trim()),
            _ => own.clone(),
        };
        Some(Self { own, common })
    }

    /// What `HEAD` says; nothing where only git can tell.
    pub(crate) fn head(&self) -> Result<Option<Head>, GitError> {
        let line = one_line(&self.own.join("HEAD"))?.unwrap_or_default();
        let line = line.trim();
        if let Some(name) = line.strip_prefix("ref:") {
            let branch = name.trim().strip_prefix("refs/heads/").filter(|name| *name != ".invalid");
            return Ok(branch.map(|name| Head::Branch(name.to_owned())));
        }
        let id = line.len() >= 40 && line.bytes().all(|b| b.is_ascii_hexdigit());
        Ok(id.then(|| Head::Detached(line.to_owned())))
    }

    /// The branch that `origin` checks out by default, as the clone remembers it.
    pub(crate) fn origin_head(&self) -> Option<String> {
        let line = one_line(&self.common.join("refs/remotes/origin/HEAD")).ok()??;
        let name = line.strip_prefix("ref:")?.trim().strip_prefix("refs/remotes/origin/")?;
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// Whether refs are kept in files that only git reads.
    pub(crate) fn is_opaque(&self) -> bool {
        self.common.join("reftable").is_dir()
    }

    /// Whether a ref with this full name exists.
    pub(crate) fn has_ref(&self, name: &str) -> bool {
        if !super::is_ref_name(name) {
            return false;
        }
        fs::symlink_metadata(self.common.join(name)).is_ok_and(|data| data.is_file()) || self.is_packed(name)
    }

    /// Whether the history of a shallow clone was cut off behind this commit.
    pub(crate) fn is_shallow_at(&self, id: &str) -> bool {
        Self::has_line(&self.common.join("shallow"), |line| line == id.as_bytes())
    }

    fn is_packed(&self, name: &str) -> bool {
        let named = |line: &[u8]| {
            line.iter().position(|b| *b == b' ').is_some_and(|space| &line[space + 1..] == name.as_bytes())
        };
        Self::has_line(&self.common.join("packed-refs"), named)
    }

    fn has_line(path: &Path, wanted: impl Fn(&[u8]) -> bool) -> bool {
        let Ok(file) = open(path) else { return false };
        let lines = BufReader::new(file.take(LINES)).split(b'\n');
        lines.map_while(Result::ok).any(|line| wanted(&line))
    }
}

/// Opens a file and never waits for it, whatever kind of file it is.
fn open(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits()).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(std::io::ErrorKind::InvalidInput.into()),
    }
}

/// The first line of a small file; nothing where there is no such file.
fn one_line(path: &Path) -> Result<Option<String>, GitError> {
    let failed = |error: std::io::Error| GitError::Read { path: path.to_owned(), reason: error.to_string() };
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut text = Vec::new();
    file.take(ONE_LINE).read_to_end(&mut text).map_err(failed)?;
    let text = String::from_utf8_lossy(&text).into_owned();
    Ok(Some(text.lines().next().unwrap_or_default().to_owned()))
}
