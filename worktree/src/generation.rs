//! The copies of a checkout that snapshots are made of. One that a run holds never changes; what is in a file of one
//! never changes at all, so that newer generations share unchanged files with older ones.

use crate::apply::{Action, Done, Folders, apply, make_folders};
use crate::compare::{Difference, Standing, compare};
use crate::copy::{Copier, same_content};
use crate::error::{CopyError, SnapshotError};
use crate::index::{self, Index};
use crate::listing::Repository;
use crate::manifest::{Kind, Manifest};
use crate::store::{folder, try_lock};
use crate::{folder as folders, mounts, objects, removal};
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FlockOperation, flock, unlinkat};
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A generation that is held.
#[derive(Debug)]
pub(crate) struct Generation {
    pub(crate) path: PathBuf,
    pub(crate) manifest: Manifest,
    _lock: File,
}

impl Generation {
    pub(crate) fn tree(&self) -> PathBuf {
        self.path.join("tree")
    }
}

/// What a generation is made of.
pub(crate) struct Making<'a> {
    /// The folder with the checkout's generations, locked.
    pub(crate) home: &'a Path,
    pub(crate) checkout: &'a Path,
    pub(crate) from: &'a OwnedFd,
    pub(crate) repositories: &'a [Repository],
    pub(crate) copier: &'a Copier<'a>,
    /// A moment before the checkout was looked at.
    pub(crate) seen: i64,
}

impl Making<'_> {
    /// A generation with what the manifest says: one that is there, or one that was changed, or a new one.
    pub(crate) fn run(&self, mut manifest: Manifest) -> Result<Generation, SnapshotError> {
        let Some((number, path, Index { manifest: older, .. })) = latest(self.home) else {
            let difference = compare(&Manifest::default(), &manifest);
            return self.make(self.new_path(0), manifest, &difference, None);
        };
        let mut difference = compare(&older, &manifest);
        let unsure = self.settle(&path, &manifest, &mut difference)?;
        if difference.is_none() {
            if !unsure || try_lock(&path.join("lock"), FlockOperation::NonBlockingLockExclusive).is_none() {
                // What was too young to be trusted is read again next time.
                keep_doubts(&older, &mut manifest, &difference);
            } else {
                write_index(&path, &manifest)?;
            }
            return hold(path, manifest);
        }
        let free = try_lock(&path.join("lock"), FlockOperation::NonBlockingLockExclusive);
        match free.filter(|_| !mounts::has_layer_in(&path)) {
            Some(lock) => self.change(path, manifest, &older, &difference, lock),
            None => self.make(self.new_path(number), manifest, &difference, Some(&path)),
        }
    }

    fn new_path(&self, number: u64) -> PathBuf {
        let mut number = number;
        loop {
            number += 1;
            let path = self.home.join(format!("gen-{number}"));
            if path.symlink_metadata().is_err() {
                return path;
            }
        }
    }

    /// Reads files whose stamps do not tell whether they changed. Gives whether there were any.
    fn settle(
        &self,
        path: &Path,
        manifest: &Manifest,
        difference: &mut Difference,
    ) -> Result<bool, SnapshotError> {
        let mut any = false;
        let tree = path.join("tree");
        let old = folders::open(&tree).map_err(|error| CopyError::at(&tree, error))?;
        for (standing, entry) in difference.standings.iter_mut().zip(&manifest.entries) {
            let Standing::Unsure(number) = *standing else { continue };
            any = true;
            let path = manifest.folder_path(entry.folder);
            let same = match (folders::below(self.from, path), folders::below(&old, path)) {
                (Ok(new), Ok(old)) => {
                    same_content(&new, &old, manifest.name(entry), entry.kind == Kind::Link)
                }
                _ => false,
            };
            *standing = if same { Standing::Same(number) } else { Standing::Changed };
        }
        Ok(any)
    }

    fn make(
        &self,
        path: PathBuf,
        manifest: Manifest,
        difference: &Difference,
        older: Option<&Path>,
    ) -> Result<Generation, SnapshotError> {
        folder(&path)?;
        let made = self.make_in(&path, manifest, difference, older);
        made.inspect_err(|_| {
            // Nothing half-done stays, above all if the disk is full.
            let _ = removal::remove(&path);
        })
    }

    fn make_in(
        &self,
        path: &Path,
        manifest: Manifest,
        difference: &Difference,
        older: Option<&Path>,
    ) -> Result<Generation, SnapshotError> {
        let lock = crate::store::lock(&path.join("lock"), FlockOperation::LockExclusive)?;
        let tree = path.join("tree");
        std::fs::create_dir(&tree).map_err(|error| CopyError::at(&tree, error))?;
        let older = older.map(|older| older.join("tree"));
        let older = older.map(|older| folders::open(&older).map_err(|error| CopyError::at(&older, error)));
        let older = older.transpose()?;
        let action = |number: usize| match difference.standings.get(number) {
            Some(Standing::Same(_)) if older.is_some() => Action::Link,
            _ => Action::Copy(false),
        };
        self.finish(path, manifest, action, older.as_ref(), lock)
    }

    fn change(
        &self,
        path: PathBuf,
        manifest: Manifest,
        older: &Manifest,
        difference: &Difference,
        lock: File,
    ) -> Result<Generation, SnapshotError> {
        let changed = self.change_in(&path, manifest, older, difference, lock);
        changed.inspect_err(|_| {
            let _ = removal::remove(&path);
        })
    }

    fn change_in(
        &self,
        path: &Path,
        manifest: Manifest,
        older: &Manifest,
        difference: &Difference,
        lock: File,
    ) -> Result<Generation, SnapshotError> {
        // Without an index it is nobody's, should this process end in the middle of it.
        let index = path.join("index");
        std::fs::remove_file(&index).map_err(|error| CopyError::at(&index, error))?;
        let tree = path.join("tree");
        let to = folders::open(&tree).map_err(|error| CopyError::at(&tree, error))?;
        for entry in difference.removed.iter().filter_map(|&number| older.entries.get(number as usize)) {
            let name = older.path(entry);
            let failed = |error| CopyError::at(&tree.join(OsStr::from_bytes(&name)), error);
            unlinkat(&to, name.as_slice(), AtFlags::empty()).map_err(failed)?;
        }
        remove_folders(&to, older, &manifest);
        let action = |number: usize| match difference.standings.get(number) {
            Some(Standing::Same(_)) => Action::Keep,
            Some(Standing::Changed) => Action::Copy(true),
            _ => Action::Copy(false),
        };
        self.finish(path, manifest, action, None, lock)
    }

    /// Makes and copies what is to be there, and writes down what is.
    fn finish(
        &self,
        path: &Path,
        mut manifest: Manifest,
        action: impl Fn(usize) -> Action + Sync,
        older: Option<&OwnedFd>,
        lock: File,
    ) -> Result<Generation, SnapshotError> {
        let tree = path.join("tree");
        let to = folders::open(&tree).map_err(|error| CopyError::at(&tree, error))?;
        make_folders(&to, &tree, &manifest)?;
        let places = Folders { from: self.from, to: &to, older, ours: false };
        let done = apply(&places, &manifest, action, self.copier);
        let done = done.map_err(|error| error.into_snapshot_error(self.checkout, &tree))?;
        let waiting = |(number, done): (usize, &Done)| matches!(done, Done::Object).then_some(number);
        let waiting: Vec<usize> = done.iter().enumerate().filter_map(waiting).collect();
        objects::write(self.repositories, &manifest, &waiting, &to, &tree)?;
        let mut gone = false;
        for (entry, done) in manifest.entries.iter_mut().zip(&done) {
            match done {
                Done::Copied(copied) => {
                    entry.stamp = copied.source;
                    entry.racy = !entry.stamp.is_settled(self.seen);
                }
                Done::Gone => gone = true,
                Done::Kept | Done::Object => {}
            }
        }
        if gone {
            let before = manifest.clone();
            manifest.retain(|number, _| !matches!(done.get(number), Some(Done::Gone)));
            remove_folders(&to, &before, &manifest);
        }
        write_index(path, &manifest)?;
        share(&lock, path)?;
        Ok(Generation { path: path.to_owned(), manifest, _lock: lock })
    }
}

/// What was in doubt stays so, as long as the index is not written again.
fn keep_doubts(older: &Manifest, manifest: &mut Manifest, difference: &Difference) {
    for (entry, standing) in manifest.entries.iter_mut().zip(&difference.standings) {
        if let Standing::Same(number) = standing {
            entry.racy |= older.entries.get(*number as usize).is_some_and(|old| old.racy);
        }
    }
}

/// Removes the folders that the newer manifest has not, inner ones first.
fn remove_folders(tree: &OwnedFd, older: &Manifest, newer: &Manifest) {
    for path in older.folder_paths().collect::<Vec<_>>().into_iter().rev() {
        if newer.folder(path).is_none() {
            let _ = unlinkat(tree, path, AtFlags::REMOVEDIR);
        }
    }
}

fn write_index(path: &Path, manifest: &Manifest) -> Result<(), CopyError> {
    let (temporary, index) = (path.join("index.new"), path.join("index"));
    std::fs::write(&temporary, index::encode(manifest, &[]))
        .map_err(|error| CopyError::at(&temporary, error))?;
    std::fs::rename(&temporary, &index).map_err(|error| CopyError::at(&index, error))
}

fn hold(path: PathBuf, manifest: Manifest) -> Result<Generation, SnapshotError> {
    let lock = crate::store::lock(&path.join("lock"), FlockOperation::LockShared)?;
    Ok(Generation { path, manifest, _lock: lock })
}

fn share(lock: &File, path: &Path) -> Result<(), CopyError> {
    flock(lock, FlockOperation::LockShared).map_err(|error| CopyError::at(path, error))
}

/// The newest generation that is whole.
fn latest(home: &Path) -> Option<(u64, PathBuf, Index)> {
    let mut all = all(home);
    all.sort_unstable_by_key(|(number, _)| std::cmp::Reverse(*number));
    all.into_iter().find_map(|(number, path)| {
        let index = index::load(&path.join("index"))?;
        Some((number, path, index))
    })
}

fn all(home: &Path) -> Vec<(u64, PathBuf)> {
    let entries = std::fs::read_dir(home).into_iter().flatten().flatten();
    let number = |name: &OsStr| name.to_str()?.strip_prefix("gen-")?.parse().ok();
    entries.filter_map(|entry| Some((number(&entry.file_name())?, entry.path()))).collect()
}

/// Whether somebody holds a generation.
pub(crate) fn any_held(home: &Path) -> bool {
    let free = |path: &Path| try_lock(&path.join("lock"), FlockOperation::NonBlockingLockExclusive).is_some();
    all(home).iter().any(|(_, path)| !free(path))
}

/// Moves generations away that nobody holds and nobody will: all but one.
pub(crate) fn put_away(home: &Path, but: &Path, mut trash: impl FnMut() -> PathBuf) -> Vec<PathBuf> {
    let mut moved = Vec::new();
    for (_, path) in all(home) {
        let lock = path.join("lock");
        let free = path != but && try_lock(&lock, FlockOperation::NonBlockingLockExclusive).is_some();
        if free && !mounts::has_layer_in(&path) {
            let trash = trash();
            if std::fs::rename(&path, &trash).is_ok() {
                moved.push(trash);
            }
        }
    }
    moved
}
