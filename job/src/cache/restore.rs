//! Restores one cache.

use super::key::CacheKey;
use super::plan::CachePlan;
use super::store::Slot;
use crate::files::{Site, chain, system_text};
use crate::notice::{self, Level};
use crate::{StageError, blocking};
use archive::{Kind, Limits, SelectError, UnpackError, UnpackOptions};
use executor::Executor;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// What came of one key.
enum Tried {
    Extracted,
    Missed,
}

/// Tries the keys of a cache until one has an archive. A cache that is not there, or damaged, fails nothing;
/// only a stop is an error.
pub(crate) async fn restore<E: Executor>(
    site: &Site<'_, E>,
    plan: &CachePlan,
    cache_dir: &Path,
    clean_failed: bool,
) -> Result<(), StageError> {
    for warning in plan.warnings.iter().chain(&plan.fallback_warning) {
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
        if let Tried::Extracted = try_key(site, cache_dir, key).await? {
            return Ok(());
        }
        if clean_failed {
            remove_paths(site, plan).await?;
        }
    }
    Ok(())
}

async fn try_key<E: Executor>(
    site: &Site<'_, E>,
    cache_dir: &Path,
    key: &CacheKey,
) -> Result<Tried, StageError> {
    notice::notice(&site.output, &format!("Checking cache for {}...", key.shown));
    notice::helper(
        &site.output,
        Level::Info,
        "No URL provided, cache will not be downloaded from shared cache server. Instead a local version of cache \
         will be extracted.",
        &[],
    );
    let archive = Slot::new(cache_dir, key).archive();
    let extracted = match File::open(&archive) {
        Ok(file) => extract(site, file).await?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            notice::helper(&site.output, Level::Warning, "Cache file does not exist", &[]);
            false
        }
        Err(error) => {
            let text = format!("open {}: {}", archive.display(), system_text(&error));
            notice::helper(&site.output, Level::Fatal, &text, &[]);
            false
        }
    };
    if extracted {
        notice::notice(&site.output, "Successfully extracted cache");
        return Ok(Tried::Extracted);
    }
    notice::warning(&site.output, "Failed to extract cache");
    Ok(Tried::Missed)
}

async fn extract<E: Executor>(site: &Site<'_, E>, archive: File) -> Result<bool, StageError> {
    let project = site.project.to_owned();
    let unpacked = blocking::run(&site.stop, move |cancel| {
        let options = UnpackOptions { threads: 0, limits: Limits::default(), cancel };
        archive::unpack(&archive, &project, &options)
    });
    match unpacked.await? {
        Ok(unpacked) => {
            site.tell(&unpacked.notes);
            Ok(true)
        }
        Err(UnpackError::Canceled) => Err(StageError::Stopped),
        Err(error) => {
            notice::helper(&site.output, Level::Fatal, &chain(&error), &[]);
            Ok(false)
        }
    }
}

/// `FF_CLEAN_UP_FAILED_CACHE_EXTRACT`: what a damaged archive may have left is removed. Only what is found by
/// the cache's own patterns, inside the project, is touched.
async fn remove_paths<E: Executor>(site: &Site<'_, E>, plan: &CachePlan) -> Result<(), StageError> {
    for path in &plan.query.paths {
        notice::notice(&site.output, &format!("Removing {path}"));
    }
    let (project, paths) = (site.project.to_owned(), plan.query.paths.clone());
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
