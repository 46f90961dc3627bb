//! Facts of a repository, asked of git or read from its files, each only when somebody wants to know.
//!
//! Nothing in the repository decides what is run, and what git prints is bounded, as is the time it takes. All calls
//! wait: in asynchronous code they belong into a thread of their own.

mod changes;
mod facts;
mod files;
mod history;
mod listing;
mod objects;
mod program;
pub mod remote;
#[cfg(test)]
mod tests;
mod text;
mod version;

pub use facts::{CommitFacts, Settings};
pub use files::Head;
pub use history::LastCommit;
pub use listing::{Branch, Entry, EntryKind, LogEntry, TagFacts};
pub use objects::{Blob, Objects};
pub use program::isolated;
pub use version::Release;

use files::GitFolder;
use program::{Call, Home, Running};
use std::cell::{OnceCell, RefCell};
use std::path::{Path, PathBuf};

/// The most that a list of paths may take.
const PATHS: u64 = 256 * 1024 * 1024;

/// Why git could not tell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// There is no such program.
    #[error("git is not installed, or not in PATH")]
    NoGit,
    /// The repository belongs to somebody else.
    #[error("git does not trust {}, which belongs to another user", root.display())]
    Untrusted {
        /// The repository.
        root: PathBuf,
    },
    /// It took too long.
    #[error("git took more than {seconds} seconds for {what}")]
    Late {
        /// What was asked.
        what: &'static str,
        /// How long it was waited for.
        seconds: u64,
    },
    /// It said too much.
    #[error("git printed more than {limit} bytes for {what}")]
    TooMuch {
        /// What was asked.
        what: &'static str,
        /// The bound.
        limit: u64,
    },
    /// It failed.
    #[error("git could not tell {what}: {reason}")]
    Failed {
        /// What was asked.
        what: &'static str,
        /// Its own words.
        reason: String,
    },
    /// A file of the repository cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
}

impl GitError {
    /// What to do about it, if that can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Untrusted { root } => Some(format!(
                "if you trust it, run: git config --global --add safe.directory {}",
                root.display()
            )),
            _ => None,
        }
    }
}

/// A repository on this machine.
#[derive(Debug)]
pub struct Repository {
    home: Home,
    folder: GitFolder,
    settings: OnceCell<Settings>,
    asked: RefCell<Option<Running>>,
    objects: Objects,
}

impl Repository {
    /// The repository that has this root.
    pub fn open(root: &Path) -> Option<Self> {
        Self::at(Home { root: root.to_owned(), isolated: false })
    }

    /// The repository at this root, which a service keeps: nothing of the environment counts.
    pub fn open_isolated(root: &Path) -> Option<Self> {
        Self::at(Home { root: root.to_owned(), isolated: true })
    }

    fn at(home: Home) -> Option<Self> {
        let folder = GitFolder::of(&home.root)?;
        let objects = Objects::of(home.clone());
        Some(Self { home, folder, settings: OnceCell::new(), asked: RefCell::new(None), objects })
    }

    /// The repository that a folder is in: the nearest root at or above it.
    pub fn discover(start: &Path) -> Option<Self> {
        start.ancestors().find_map(|folder| {
            // A folder that merely looks like a bare repository is not one that somebody works in.
            folder.join(".git").exists().then(|| Self::open(folder)).flatten()
        })
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        &self.home.root
    }

    /// Its objects.
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// What is checked out.
    pub fn head(&self) -> Result<Head, GitError> {
        if let Some(head) = self.folder.head()? {
            return Ok(head);
        }
        let answer = self.call("what is checked out", ["symbolic-ref", "--quiet", "HEAD"]).run(PATHS)?;
        let name = String::from_utf8_lossy(&answer.out);
        match name.trim().strip_prefix("refs/heads/") {
            Some(branch) if answer.status == Some(0) => Ok(Head::Branch(branch.to_owned())),
            _ => match self.objects.commit("HEAD")? {
                Some(id) => Ok(Head::Detached(id)),
                None => Err(answer.failure("what is checked out")),
            },
        }
    }

    /// The default branch: that of origin, else `main` or `master` if there is one.
    pub fn default_branch(&self) -> Option<String> {
        let known = |name: &&&str| {
            self.has_ref(&format!("refs/remotes/origin/{name}"))
                || self.has_ref(&format!("refs/heads/{name}"))
        };
        self.folder
            .origin_head()
            .or_else(|| ["main", "master"].iter().find(known).map(|name| (*name).to_owned()))
    }

    /// Whether a ref with this full name exists.
    pub fn has_ref(&self, name: &str) -> bool {
        if self.folder.is_opaque() {
            return is_ref_name(name) && self.objects.commit(name).is_ok_and(|id| id.is_some());
        }
        self.folder.has_ref(name)
    }

    /// The id of the object that a ref with this full name points to: for annotated tags, the tag. Nothing where there
    /// is no such ref.
    ///
    /// # Errors
    /// Where git fails.
    pub fn points_to(&self, name: &str) -> Result<Option<String>, GitError> {
        if !is_ref_name(name) || !name.starts_with("refs/") {
            return Ok(None);
        }
        self.objects.id(name)
    }

    /// The commit of a branch, a tag or a commit's id, in this order of preference: tags, own branches, those of
    /// origin.
    pub fn resolve(&self, revision: &str) -> Result<Option<String>, GitError> {
        let places = ["refs/tags/", "refs/heads/", "refs/remotes/origin/"];
        for name in places.iter().map(|place| format!("{place}{revision}")).filter(|name| is_ref_name(name)) {
            if let Some(id) = self.objects.commit(&name)? {
                return Ok(Some(id));
            }
        }
        let is_id = (7..=64).contains(&revision.len()) && revision.bytes().all(|b| b.is_ascii_hexdigit());
        if is_id { self.objects.commit(revision) } else { Ok(None) }
    }

    /// The commit of whatever git itself understands, as typed by the person at the keyboard.
    pub fn resolve_typed(&self, revision: &str) -> Result<Option<String>, GitError> {
        if revision.contains(['\n', '\0']) || revision.is_empty() {
            return Ok(None);
        }
        self.objects.commit(revision)
    }

    fn call<S: AsRef<std::ffi::OsStr>, const N: usize>(
        &self,
        what: &'static str,
        arguments: [S; N],
    ) -> Call<'_> {
        Call::new(&self.home, what, arguments)
    }
}

/// Whether it is a full name of a ref that means only itself: no `..`, no `@{…}`, no pattern, no operator.
pub fn is_ref_name(name: &str) -> bool {
    let sound = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock") && !part.contains("..")
    };
    let clean = |c: char| !c.is_control() && !matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\');
    name.split('/').all(sound) && name.chars().all(clean) && !name.contains("@{") && !name.ends_with('.')
}

/// Paths that git printed with a zero byte behind each. Such that are not UTF-8 are left out: GitLab's own paths are.
fn paths(bytes: &[u8]) -> impl Iterator<Item = &str> {
    bytes.split(|b| *b == 0).filter(|path| !path.is_empty()).filter_map(|path| std::str::from_utf8(path).ok())
}
