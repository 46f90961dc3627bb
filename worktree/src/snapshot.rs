//! What a push of a work tree would bring, as it was at one moment.

use crate::checkout::Checkout;
use crate::copy::Copier;
use crate::error::SnapshotError;
use crate::generation::{self, Generation, Making};
use crate::listing::{Listing, Repository};
use crate::manifest::Manifest;
use crate::store::{Shared, Store};
use crate::template::{Facts, Template};
use crate::{folder, home, look, removal, stamp};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// An untracked file that is larger than this is worth a word, in bytes.
pub const LARGE: u64 = 100_000_000;

/// Which submodules are in a snapshot, or in a copy of one. The others are empty folders, as in a clone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Submodules {
    /// None of them.
    #[default]
    None,
    /// Those of the checkout.
    Normal,
    /// Those of submodules too.
    Recursive,
}

/// How a snapshot is taken.
#[derive(Default)]
pub struct Options<'a> {
    /// The commit that `HEAD` of the copies is at, as hexadecimal digits; the checkout's own if none is given.
    pub commit: Option<&'a str>,
    /// Which submodules are in it.
    pub submodules: Submodules,
    /// Told how many more bytes of a large file were copied. Called from several threads.
    pub progress: Option<&'a (dyn Fn(u64) + Sync)>,
    /// Ends it when set.
    pub cancel: Option<&'a AtomicBool>,
}

/// Something that the person should know of a snapshot. Paths are relative to the checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// An untracked file that is not ignored is larger than [`LARGE`].
    LargeUntracked {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
    },
    /// An untracked file or folder may not be read. It is left out.
    UnreadableUntracked {
        /// The file or folder.
        path: PathBuf,
    },
    /// A submodule that was asked for has no checkout: it is an empty folder.
    SubmoduleNotInitialised {
        /// The submodule.
        path: PathBuf,
    },
    /// A repository inside of the checkout that is no submodule. It is left out, as git would.
    EmbeddedRepository {
        /// The repository.
        path: PathBuf,
    },
}

/// A snapshot. Clones are the same one; the store keeps it as long as one of them, or a tree made of it, lives.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) shared: Arc<Shared>,
    /// The store's folder of this checkout.
    pub(crate) home: PathBuf,
    pub(crate) generation: Generation,
    pub(crate) template: Template,
    pub(crate) findings: Vec<Finding>,
    /// Whether the place of trees of ended jobs is being looked at.
    pub(crate) pool: Mutex<()>,
}

impl Store {
    /// Takes a snapshot of a checkout: tracked files as they are on the disk, and untracked ones that are not ignored.
    /// What did not change since the last snapshot is not read again. Blocks.
    ///
    /// # Errors
    ///
    /// When git fails, a tracked file cannot be read, or the store cannot be written; then nothing of it stays.
    pub fn snapshot(&self, checkout: &Checkout, options: &Options<'_>) -> Result<Snapshot, SnapshotError> {
        let shared = Arc::clone(&self.shared);
        let (listing, facts) = std::thread::scope(|scope| {
            let facts = scope.spawn(|| Facts::of(checkout));
            let listing = Listing::of(checkout, options.submodules);
            (listing, facts.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        let (mut manifest, mut repositories, mut findings) = listing?.into_manifest();
        repositories.sort_by(|one, other| one.path.cmp(&other.path));
        let facts = all_facts(facts?, &repositories)?;
        let seen = stamp::now();
        let from = folder::open(&checkout.root);
        let from = from.map_err(|error| SnapshotError::Unreadable {
            path: checkout.root.clone(),
            source: error.into(),
        })?;
        let unreadable = look::look(&checkout.root, &from, &mut manifest, seen)?;
        findings.extend(unreadable.into_iter().map(|path| Finding::UnreadableUntracked { path }));
        findings.extend(large(&manifest));
        let copier = Copier::new(options.cancel, options.progress);
        copier.check()?;
        let (home, guard) = shared.hold(&checkout.root)?;
        let making = Making {
            home: &home,
            checkout: &checkout.root,
            from: &from,
            repositories: &repositories,
            copier: &copier,
            seen,
        };
        let generation = making.run(manifest)?;
        let old = generation::put_away(&home, &generation.path, || shared.new_path("old"));
        drop(guard);
        home::clear_later(&shared, old, home.clone());
        let template =
            Template::make(shared.new_path("git"), &repositories, &facts, options.commit, &copier)?;
        let inner = Inner { shared, home, generation, template, findings, pool: Mutex::new(()) };
        Ok(Snapshot { inner: Arc::new(inner) })
    }
}

impl Snapshot {
    /// The commit that `HEAD` of its copies is at; none if the branch has no commits yet.
    #[must_use]
    pub fn commit(&self) -> Option<&str> {
        self.inner.template.commit.as_deref()
    }

    /// What the person should know of it.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.inner.findings
    }

    /// Submodules that a copy with these should have and has not, since the checkout has them not. Paths are relative to
    /// the checkout.
    #[must_use]
    pub fn missing(&self, submodules: Submodules) -> Vec<&Path> {
        let missing = self.inner.findings.iter().filter_map(|finding| match finding {
            Finding::SubmoduleNotInitialised { path } => Some(path.as_path()),
            Finding::LargeUntracked { .. }
            | Finding::UnreadableUntracked { .. }
            | Finding::EmbeddedRepository { .. } => None,
        });
        let wanted = |path: &&Path| match submodules {
            Submodules::None => false,
            Submodules::Normal => self.inner.depth(path) == 0,
            Submodules::Recursive => true,
        };
        missing.filter(wanted).collect()
    }

    /// How many files and links it has.
    #[must_use]
    pub fn files(&self) -> usize {
        self.inner.generation.manifest.entries.len()
    }

    /// How many bytes are in its files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.inner.generation.manifest.entries.iter().map(|entry| entry.stamp.size).sum()
    }

    /// A folder with its files, for reading only: whoever writes there changes all runs' copies.
    #[must_use]
    pub fn files_dir(&self) -> PathBuf {
        self.inner.generation.tree()
    }
}

impl Inner {
    /// Folders of the submodules that are in the snapshot, but not in a copy with these; none of them in another.
    pub(crate) fn left_out(&self, submodules: Submodules) -> Vec<&Path> {
        let deepest = match submodules {
            Submodules::None => 0,
            Submodules::Normal => 1,
            Submodules::Recursive => return Vec::new(),
        };
        let paths = self.submodules().filter(|path| self.depth(path) == deepest);
        paths.collect()
    }

    fn submodules(&self) -> impl Iterator<Item = &Path> {
        let paths = self.template.repositories.iter().map(|repository| repository.path.as_path());
        paths.filter(|path| !path.as_os_str().is_empty())
    }

    /// In how many submodules a path is.
    fn depth(&self, path: &Path) -> usize {
        self.submodules().filter(|submodule| *submodule != path && path.starts_with(submodule)).count()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let _ = removal::remove(&self.template.folder);
    }
}

fn all_facts(first: Facts, repositories: &[Repository]) -> Result<Vec<Facts>, SnapshotError> {
    let mut all = vec![first];
    for repository in repositories.iter().skip(1) {
        all.push(Facts::of(&repository.checkout)?);
    }
    Ok(all)
}

fn large(manifest: &Manifest) -> Vec<Finding> {
    let large = manifest.entries.iter().filter(|entry| !entry.tracked && entry.stamp.size > LARGE);
    let path = |entry| PathBuf::from(OsStr::from_bytes(&manifest.path(entry)));
    large.map(|entry| Finding::LargeUntracked { path: path(entry), size: entry.stamp.size }).collect()
}
