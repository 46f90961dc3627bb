//! Copies of a snapshot for jobs.

use crate::apply::{Action, Done, Folders, apply, make_folders};
use crate::copy::Copier;
use crate::error::CopyError;
use crate::snapshot::{Inner, Snapshot, Submodules};
use crate::stamp::Stamp;
use crate::store::{Shared, Store};
use crate::{folder, mounts, pool, removal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How a copy is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// An overlay mount where that is possible, else a tree of an ended job made good again, else a copy (of which
    /// large files share their blocks if the file system can).
    #[default]
    Auto,
    /// Files of its own, for a place that other mount namespaces must see.
    Files,
}

/// Where a copy is to be.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The folder that is made. It must not be there yet, or be empty. Folders above it are made.
    pub project_dir: &'a Path,
    /// How it is made.
    pub method: Method,
    /// Which submodules of the snapshot are in it; the others are empty folders.
    pub submodules: Submodules,
    /// Ends it when set.
    pub cancel: Option<&'a AtomicBool>,
}

impl<'a> Place<'a> {
    /// A place for all of a snapshot, with the fastest method.
    #[must_use]
    pub fn new(project_dir: &'a Path) -> Self {
        Self { project_dir, method: Method::Auto, submodules: Submodules::Recursive, cancel: None }
    }
}

/// What a tree is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// Nothing is in it.
    Empty,
    /// An overlay is mounted.
    Overlay,
    /// A tree of an ended job was made good again.
    Recycled,
    /// Its files were copied.
    Copied,
}

/// A folder for one job. It goes when this is dropped; [`Tree::remove`] tells whether it could.
#[derive(Debug)]
pub struct Tree {
    parts: Option<Parts>,
}

#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) path: PathBuf,
    pub(crate) made: Made,
    /// Says where it is, to whoever finds it when this process is gone; and holds what an overlay writes.
    pub(crate) own: PathBuf,
    pub(crate) shared: Arc<Shared>,
    pub(crate) snapshot: Option<Arc<Inner>>,
    pub(crate) copies: Vec<Stamp>,
}

impl Store {
    /// An empty folder, for a job that wants no sources.
    ///
    /// # Errors
    ///
    /// When it cannot be made, or something is in it.
    pub fn empty(&self, project_dir: &Path) -> Result<Tree, CopyError> {
        let parts = Parts::begin(&self.shared, None, project_dir)?;
        Ok(Tree { parts: Some(parts) })
    }
}

impl Snapshot {
    /// Makes a copy for a job. Blocks: about a millisecond for an overlay.
    ///
    /// # Errors
    ///
    /// When it cannot be made; then nothing of it stays.
    pub fn copy(&self, place: &Place<'_>) -> Result<Tree, CopyError> {
        let inner = &self.inner;
        let mut parts = Parts::begin(&inner.shared, Some(Arc::clone(inner)), place.project_dir)?;
        let filled = parts.fill(inner, place);
        let tree = Tree { parts: Some(parts) };
        filled.map(|()| tree)
    }
}

impl Tree {
    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.parts.as_ref().map_or(Path::new(""), |parts| &parts.path)
    }

    /// How it was made.
    #[must_use]
    pub fn made(&self) -> Made {
        self.parts.as_ref().map_or(Made::Empty, |parts| parts.made)
    }

    /// Removes it with everything that the job left in it. The job's processes have ended. Blocks.
    ///
    /// # Errors
    ///
    /// Names what could not be removed, such as files of root that a container left.
    pub fn remove(mut self) -> Result<(), CopyError> {
        self.parts.take().map_or(Ok(()), |parts| parts.put_aside()?.finish())
    }

    /// Moves it out of sight and removes it on a thread.
    pub fn remove_in_background(mut self) -> Removal {
        let Some(parts) = self.parts.take() else { return Removal(None) };
        Removal(Some(std::thread::spawn(move || parts.put_aside()?.finish())))
    }

    /// Keeps it for another job, which gets it as it was before the first one; removes it if that does not pay. The
    /// job's processes have ended. Blocks, shortly.
    ///
    /// # Errors
    ///
    /// Those of [`Tree::remove`].
    pub fn recycle(mut self) -> Result<(), CopyError> {
        let Some(parts) = self.parts.take() else { return Ok(()) };
        match pool::give(parts) {
            Ok(()) => Ok(()),
            Err(parts) => parts.put_aside()?.finish(),
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            // Whoever wants to know calls `remove`; the next sweep tries again.
            let _ = parts.put_aside().and_then(Aside::finish);
        }
    }
}

/// A tree that is being removed on a thread, which goes on if this is dropped.
#[derive(Debug)]
pub struct Removal(Option<std::thread::JoinHandle<Result<(), CopyError>>>);

impl Removal {
    /// Waits until it is removed.
    ///
    /// # Errors
    ///
    /// Those of [`Tree::remove`].
    pub fn wait(mut self) -> Result<(), CopyError> {
        match self.0.take().map(std::thread::JoinHandle::join) {
            None => Ok(()),
            Some(Ok(result)) => result,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
        }
    }
}

impl Parts {
    /// Makes the folder and writes down that it is there.
    fn begin(
        shared: &Arc<Shared>,
        snapshot: Option<Arc<Inner>>,
        project_dir: &Path,
    ) -> Result<Self, CopyError> {
        let failed = |error| CopyError::at(project_dir, error);
        std::fs::create_dir_all(project_dir).map_err(failed)?;
        let path = std::fs::canonicalize(project_dir).map_err(failed)?;
        if std::fs::read_dir(&path).map_err(failed)?.next().is_some() {
            return Err(CopyError::Exists { path });
        }
        let own = shared.new_path("tree");
        crate::store::folder(&own)?;
        let mark = own.join("at");
        std::os::unix::fs::symlink(&path, &mark).map_err(|error| CopyError::at(&mark, error))?;
        let shared = Arc::clone(shared);
        Ok(Self { path, made: Made::Empty, own, shared, snapshot, copies: Vec::new() })
    }

    fn fill(&mut self, inner: &Arc<Inner>, place: &Place<'_>) -> Result<(), CopyError> {
        let left_out = inner.left_out(place.submodules);
        if place.method == Method::Auto && self.overlay(inner, &left_out)? {
            return Ok(());
        }
        let copier = Copier::new(place.cancel, None);
        self.made = match pool::take(inner, &self.path, &self.own, &copier)? {
            Some(copies) => {
                self.copies = copies;
                Made::Recycled
            }
            None => {
                self.copies = copy_files(inner, &self.path, &copier)?;
                Made::Copied
            }
        };
        inner.template.copy_to(&self.path, &copier)?;
        for submodule in &left_out {
            let folder = self.path.join(submodule);
            removal::remove(&folder)?;
            std::fs::create_dir(&folder).map_err(|error| CopyError::at(&folder, error))?;
        }
        pool::mark_young(&mut self.copies);
        Ok(())
    }

    /// Mounts an overlay if that works here. Submodules that are left out are empty in it.
    fn overlay(&mut self, inner: &Inner, left_out: &[&Path]) -> Result<bool, CopyError> {
        if !self.shared.overlays.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let (upper, work) = (self.own.join("upper"), self.own.join("work"));
        for folder in [&upper, &work] {
            std::fs::create_dir(folder).map_err(|error| CopyError::at(folder, error))?;
        }
        for submodule in left_out {
            if !mounts::hide(&upper.join(submodule)).map_err(|error| CopyError::at(&upper, error))? {
                return Ok(false);
            }
        }
        let files = inner.generation.tree();
        match mounts::overlay(&[&inner.template.folder, &files], &upper, &work, &self.path) {
            Ok(()) => {
                self.made = Made::Overlay;
                Ok(true)
            }
            Err(rustix::io::Errno::NOSPC) => Err(CopyError::Full { path: self.path.clone() }),
            Err(_) => {
                // An odd path is this place's own matter; what the kernel refuses once it refuses always.
                if mounts::is_plain(&self.path) {
                    self.shared.overlays.store(false, Ordering::Relaxed);
                }
                Ok(false)
            }
        }
    }

    /// Moves it out of sight.
    fn put_aside(mut self) -> Result<Aside, CopyError> {
        self.unmount()?;
        let moved = removal::put_aside(&self.path, &self.own.join("removed"))?;
        Ok(Aside { moved, own: self.own, _shared: self.shared, _snapshot: self.snapshot })
    }

    fn unmount(&mut self) -> Result<(), CopyError> {
        if self.made != Made::Overlay {
            return Ok(());
        }
        self.made = Made::Empty;
        let failed = |error| CopyError::at(&self.path, error);
        match mounts::detach(&self.path) {
            Ok(()) => Ok(()),
            Err(rustix::io::Errno::INVAL) => Ok(()),
            Err(_) => {
                let mounts = mounts::below(&self.path);
                mounts.iter().rev().try_for_each(|mount| mounts::detach(mount)).map_err(failed)
            }
        }
    }
}

/// A tree out of sight.
struct Aside {
    moved: Option<PathBuf>,
    own: PathBuf,
    _shared: Arc<Shared>,
    _snapshot: Option<Arc<Inner>>,
}

impl Aside {
    fn finish(self) -> Result<(), CopyError> {
        let tree = self.moved.as_deref().map_or(Ok(()), removal::remove);
        tree.and_then(|()| removal::remove(&self.own))
    }
}

/// Copies all files of a snapshot, and gives the stamps of the copies.
pub(crate) fn copy_files(inner: &Inner, path: &Path, copier: &Copier<'_>) -> Result<Vec<Stamp>, CopyError> {
    let manifest = &inner.generation.manifest;
    let tree = inner.generation.tree();
    let open = |path: &Path| folder::open(path).map_err(|error| CopyError::at(path, error));
    let (from, to) = (open(&tree)?, open(path)?);
    make_folders(&to, path, manifest)?;
    let folders = Folders { from: &from, to: &to, older: None, ours: true };
    let done = apply(&folders, manifest, |_| Action::Copy(false), copier);
    let done = done.map_err(|error| error.into_copy_error(&tree, path))?;
    Ok(done.into_iter().map(stamp_of).collect())
}

pub(crate) fn stamp_of(done: Done) -> Stamp {
    match done {
        Done::Copied(copied) => copied.copy,
        Done::Kept | Done::Gone | Done::Object => Stamp::default(),
    }
}
