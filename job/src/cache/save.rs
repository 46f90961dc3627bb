//! Saves one cache.

use super::plan::CachePlan;
use super::store::Slot;
use crate::files::{Site, chain};
use crate::notice::{self, Level};
use crate::{StageError, blocking};
use archive::{Entry, Format, PackError, PackOptions, Packed};
use executor::Executor;
use std::path::Path;

/// How archives are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SaveOptions {
    /// `CACHE_COMPRESSION_FORMAT`.
    pub(crate) format: Format,
    /// `CACHE_COMPRESSION_LEVEL`.
    pub(crate) level: archive::Level,
    /// Threads that compress; 0 for one a core.
    pub(crate) threads: usize,
}

/// Packs the files of a cache, unless they are packed already. Only a stop is an error.
pub(crate) async fn save<E: Executor>(
    site: &mut Site<'_, E>,
    stage: &str,
    plan: &CachePlan,
    cache_dir: &Path,
    options: SaveOptions,
) -> Result<(), StageError> {
    for warning in &plan.warnings {
        notice::warning(&site.output, warning);
    }
    let Some(key) = &plan.key else {
        notice::notice(&site.output, "Skipping cache archiving due to empty cache key");
        return Ok(());
    };
    if !plan.policy.push {
        notice::notice(&site.output, &format!("Not uploading cache {} due to policy", key.shown));
        return Ok(());
    }
    notice::notice(&site.output, &format!("Creating cache {}...", key.shown));
    match archive_files(site, stage, plan, Slot::new(cache_dir, key), options).await {
        Ok(()) => notice::notice(&site.output, "Created cache"),
        Err(StageError::Stopped) => return Err(StageError::Stopped),
        // What went wrong was said where it did.
        Err(StageError::Exit(_) | StageError::Failed { .. }) => {
            notice::warning(&site.output, "Failed to create cache");
        }
    }
    Ok(())
}

async fn archive_files<E: Executor>(
    site: &mut Site<'_, E>,
    stage: &str,
    plan: &CachePlan,
    slot: Slot,
    options: SaveOptions,
) -> Result<(), StageError> {
    let selection = site.select(stage, &plan.query).await?;
    if selection.entries.is_empty() {
        notice::helper(&site.output, Level::Warning, "No files to cache.", &[]);
        return Ok(());
    }
    if slot.holds(&selection.entries) {
        notice::helper(&site.output, Level::Info, "Archive is up to date!", &[]);
    } else {
        let packed = replace(site, slot, selection.entries, options).await?;
        site.tell(&packed.notes);
    }
    notice::helper(
        &site.output,
        Level::Info,
        "No URL provided, cache will not be uploaded to shared cache server. Cache will be stored only locally.",
        &[],
    );
    Ok(())
}

async fn replace<E: Executor>(
    site: &Site<'_, E>,
    slot: Slot,
    entries: Vec<Entry>,
    options: SaveOptions,
) -> Result<Packed, StageError> {
    let project = site.project.to_owned();
    let packed = blocking::run(&site.stop, move |cancel| {
        let SaveOptions { format, level, threads } = options;
        let mut draft = slot.draft().map_err(PackError::Write)?;
        let options = PackOptions { format, level, threads, cancel };
        let packed = archive::pack(&project, &entries, &options, draft.as_file_mut())?;
        slot.replace(draft, &entries).map_err(PackError::Write)?;
        Ok(packed)
    });
    match packed.await? {
        Ok(packed) => Ok(packed),
        Err(PackError::Canceled) => Err(StageError::Stopped),
        Err(error) => Err(site.fatal(&chain(&error))),
    }
}
