//! Trees of ended jobs, kept to be made good again: looking at all files of one is much less than copying them.

use crate::apply::{Action, Done, Folders, apply};
use crate::compare::{Standing, compare};
use crate::copy::Copier;
use crate::error::CopyError;
use crate::index::{self, Index};
use crate::manifest::Manifest;
use crate::restore::{self, Found, Known};
use crate::snapshot::Inner;
use crate::stamp::{Stamp, now};
use crate::tree::{Made, Parts};
use crate::{folder, removal};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

/// Trees of one checkout that are kept.
const MOST: usize = 4;

/// Keeps a tree. Gives it back if it cannot be kept.
pub(crate) fn give(parts: Parts) -> Result<(), Parts> {
    let Some(inner) = parts.snapshot.clone().filter(|_| matches!(parts.made, Made::Recycled | Made::Copied))
    else {
        return Err(parts);
    };
    let _guard = inner.pool.lock().unwrap_or_else(PoisonError::into_inner);
    let pool = inner.home.join("pool");
    if kept(&pool).len() >= MOST || crate::store::folder(&pool).is_err() {
        return Err(parts);
    }
    let index = index::encode(&inner.generation.manifest, &parts.copies);
    let tree = parts.own.join("tree");
    if std::fs::write(parts.own.join("index"), index).is_err() || std::fs::rename(&parts.path, &tree).is_err()
    {
        return Err(parts);
    }
    let name = parts.own.file_name().zip(parts.shared.run.file_name());
    let name = name.map(|(tree, run)| format!("{}-{}", run.display(), tree.display())).unwrap_or_default();
    let kept = std::fs::remove_file(parts.own.join("at"))
        .and_then(|()| std::fs::rename(&parts.own, pool.join(name)));
    kept.map_err(|_| {
        let _ = std::fs::rename(&tree, &parts.path);
        parts
    })
}

/// Puts a kept tree at a place, as the snapshot has it but for its `.git`. Gives the stamps of its files; nothing if
/// there is none, or it is beyond repair.
pub(crate) fn take(
    inner: &Inner,
    path: &Path,
    own: &Path,
    copier: &Copier<'_>,
) -> Result<Option<Vec<Stamp>>, CopyError> {
    let taken = own.join("taken");
    let pool = inner.home.join("pool");
    // Whoever moves it has it.
    if !kept(&pool).iter().any(|kept| std::fs::rename(kept, &taken).is_ok()) {
        return Ok(None);
    }
    let restored = move_and_restore(inner, &taken, path, copier);
    let _ = removal::remove(&taken);
    match restored {
        Some(Ok(copies)) => Ok(Some(copies)),
        Some(Err(error @ (CopyError::Full { .. } | CopyError::Canceled))) => Err(error),
        // Its last job left something that cannot be removed, or it lies on another file system.
        None | Some(Err(_)) => {
            removal::remove(path)?;
            std::fs::create_dir(path).map_err(|error| CopyError::at(path, error))?;
            Ok(None)
        }
    }
}

fn move_and_restore(
    inner: &Inner,
    taken: &Path,
    path: &Path,
    copier: &Copier<'_>,
) -> Option<Result<Vec<Stamp>, CopyError>> {
    let index = index::load(&taken.join("index"))?;
    std::fs::rename(taken.join("tree"), path).ok()?;
    Some(restore_tree(inner, &index, path, copier))
}

/// Removes what is not in the snapshot and copies what is not as it is there.
fn restore_tree(
    inner: &Inner,
    index: &Index,
    path: &Path,
    copier: &Copier<'_>,
) -> Result<Vec<Stamp>, CopyError> {
    let manifest = &inner.generation.manifest;
    let open = |path: &Path| folder::open(path).map_err(|error| CopyError::at(path, error));
    let to = open(path)?;
    restore::folders(&to, path, manifest)?;
    let known = known(index, manifest);
    let tree = inner.generation.tree();
    let from = open(&tree)?;
    let found = restore::Restoring { tree: &to, path, files: &from, manifest, known: &known }.entries()?;
    let folders = Folders { from: &from, to: &to, older: None, ours: true };
    let action = |number: usize| match found.get(number) {
        Some(Found::Same(_)) => Action::Keep,
        Some(Found::Other) => Action::Copy(true),
        Some(Found::Nothing) | None => Action::Copy(false),
    };
    let done =
        apply(&folders, manifest, action, copier).map_err(|error| error.into_copy_error(&tree, path))?;
    let stamp = |(found, done): (&Found, Done)| match found {
        Found::Same(stamp) => *stamp,
        Found::Other | Found::Nothing => crate::tree::stamp_of(done),
    };
    Ok(found.iter().zip(done).map(stamp).collect())
}

/// What each entry's copy was when it was made.
fn known(index: &Index, manifest: &Manifest) -> Vec<Known> {
    let difference = compare(&index.manifest, manifest);
    let stamp = |number: &u32| index.copies.get(*number as usize).copied();
    let known = |standing: &Standing| match standing {
        Standing::Same(number) => stamp(number).map_or(Known::Nothing, |stamp| {
            if stamp.mode & YOUNG == 0 {
                Known::Copy(stamp)
            } else {
                Known::Perhaps(Stamp { mode: stamp.mode & !YOUNG, ..stamp })
            }
        }),
        // The copy may be of what was in the file a moment before.
        Standing::Unsure(number) => stamp(number)
            .map_or(Known::Nothing, |stamp| Known::Perhaps(Stamp { mode: stamp.mode & !YOUNG, ..stamp })),
        Standing::New | Standing::Changed => Known::Nothing,
    };
    difference.standings.iter().map(known).collect()
}

fn kept(pool: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(pool).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// Marks stamps that do not tell of a change by the job, since the copy was made so shortly before.
const YOUNG: u32 = 1 << 31;

/// Marks the stamps of copies that are handed over now.
pub(crate) fn mark_young(copies: &mut [Stamp]) {
    let now = now();
    for copy in copies.iter_mut().filter(|copy| !copy.is_settled(now)) {
        copy.mode |= YOUNG;
    }
}
