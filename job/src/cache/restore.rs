//! Restores one cache.

use super::key::CacheKey;
use super::plan::CachePlan;
use super::store::Slot;
use crate::files::{Site, chain, system_text};
use crate::notice::{self, Level};
use crate::{StageError, blocking};
use archive::{Kind, Limits, SelectError, UnpackError, UnpackOptions, Unpacked};
use executor::Executor;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// How caches are restored.
pub(super) struct RestoreOptions {
    /// `FF_CLEAN_UP_FAILED_CACHE_EXTRACT`: patterns of what is removed when an archive could not be extracted.
    pub(super) clean_up: Option<Vec<String>>,
    /// Threads that decompress.
    pub(super) threads: usize,
}

/// Why a key has no cache.
#[derive(Debug, thiserror::Error)]
enum Miss {
    /// There is none.
    #[error("Cache file does not exist")]
    Missing,
    /// What is there cannot be opened.
    #[error("open {path}: {}", system_text(source))]
    Unreadable { path: String, source: io::Error },
    /// What is there cannot be extracted.
    #[error("{}", chain(.0))]
    Damaged(UnpackError),
}

/// Tries the keys of a cache until one has an archive. A cache that is not there, or damaged, fails nothing;
/// only a stop is an error.
pub(super) async fn restore<E: Executor>(
    site: &Site<'_, E>,
    plan: &CachePlan,
    cache_dir: &Path,
    options: &RestoreOptions,
) -> Result<(), StageError> {
    for warning in plan.warning.iter().chain(&plan.fallback_warnings) {
        notice::warning(&site.output, warning);
    }
    let Some(key) = &plan.key else {
        notice::notice(&site.output, "Skipping cache extraction due to empty cache key");
        return Ok(());
    };
    if !plan.policy.pull {
        notice::notice(&site.output, &format!("Not downloading cache {} due to policy", key.shown));
        return Ok(());
    }
    for key in std::iter::once(key).chain(&plan.fallbacks) {
        if try_key(site, cache_dir, key, options.threads).await? {
            return Ok(());
        }
        if let Some(paths) = &options.clean_up {
            remove_paths(site, paths).await?;
        }
    }
    Ok(())
}

/// Whether there was a cache for this key, and it is extracted.
async fn try_key<E: Executor>(
    site: &Site<'_, E>,
    cache_dir: &Path,
    key: &CacheKey,
    threads: usize,
) -> Result<bool, StageError> {
    notice::notice(&site.output, &format!("Checking cache for {}...", key.shown));
    notice::helper(
        &site.output,
        Level::Info,
        "No URL provided, cache will not be downloaded from shared cache server. Instead a local version of cache \
         will be extracted.",
        &[],
    );
    let (slot, project) = (Slot::new(cache_dir, key), site.project.to_owned());
    let extracted =
        blocking::run(&site.stop, move |cancel| extract(&slot, &project, threads, cancel)).await?;
    match extracted {
        Ok(unpacked) => {
            site.tell(&unpacked.notes);
            notice::notice(&site.output, "Successfully extracted cache");
            return Ok(true);
        }
        Err(Miss::Damaged(UnpackError::Canceled)) => return Err(StageError::Stopped),
        Err(miss) => {
            let level = if matches!(miss, Miss::Missing) { Level::Warning } else { Level::Fatal };
            notice::helper(&site.output, level, &miss.to_string(), &[]);
        }
    }
    notice::warning(&site.output, "Failed to extract cache");
    Ok(false)
}

/// Extracts an archive, which stays as it is while it is open, even if another job replaces it.
fn extract(slot: &Slot, project: &Path, threads: usize, cancel: &AtomicBool) -> Result<Unpacked, Miss> {
    let archive = slot.open().map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => Miss::Missing,
        _ => Miss::Unreadable { path: slot.archive().display().to_string(), source },
    })?;
    let options = UnpackOptions { threads, limits: Limits::default(), cancel };
    archive::unpack(&archive, project, &options).map_err(Miss::Damaged)
}

/// What a damaged archive may have left is removed. Only what is found by the cache's own patterns, inside the
/// project, is touched.
async fn remove_paths<E: Executor>(site: &Site<'_, E>, paths: &[String]) -> Result<(), StageError> {
    for path in paths {
        notice::notice(&site.output, &format!("Removing {path}"));
    }
    let (project, paths) = (site.project.to_owned(), paths.to_owned());
    let removed = blocking::run(&site.stop, move |cancel| remove_matches(&project, &paths, cancel));
    match removed.await? {
        Ok(()) => Ok(()),
        Err(SelectError::Canceled) => Err(StageError::Stopped),
        Err(error) => {
            notice::warning(&site.output, &chain(&error));
            Ok(())
        }
    }
}

/// Removes what patterns find, without following links. What cannot be removed stays for the job to see.
fn remove_matches(project: &Path, paths: &[String], cancel: &AtomicBool) -> Result<(), SelectError> {
    let found = archive::select(&archive::Request { project, paths, exclude: &[], untracked: None, cancel })?;
    // Sorted by path, so what is in a directory comes after it.
    for entry in found.entries.iter().rev() {
        let path = project.join(entry.path());
        let _ = match entry.kind() {
            Kind::Directory => std::fs::remove_dir(path),
            Kind::File | Kind::Symlink => std::fs::remove_file(path),
        };
    }
    Ok(())
}
