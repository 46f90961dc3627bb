//! Saves one cache.

use super::plan::CachePlan;
use super::store::{Sharing, Slot};
use crate::files::{FileQuery, Site, chain};
use crate::notice::{self, Level};
use crate::tuning::Threads;
use crate::{StageError, blocking};
use archive::{Entry, Format, Note, PackError, PackOptions};
use executor::Executor;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

/// How archives are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct SaveOptions {
    /// `CACHE_COMPRESSION_FORMAT`.
    pub(super) format: Format,
    /// `CACHE_COMPRESSION_LEVEL`.
    pub(super) level: archive::Level,
    /// Threads that compress.
    pub(super) threads: Threads,
    /// For whom archives are.
    pub(super) sharing: Sharing,
}

/// File systems take their times from a clock that is up to this much behind.
const CLOCK_LAG: Duration = Duration::from_millis(10);

/// What came of a cache that could be written.
enum Saved {
    /// The archive holds these files already.
    Unchanged,
    /// There is a new archive.
    Packed {
        notes: Vec<Note>,
        /// Why it could not be described, so that the next job packs it again.
        undescribed: Option<std::io::Error>,
    },
}

/// Packs the files of a cache, unless they are packed already; says where there is a new archive. Only a stop is an
/// error.
pub(super) async fn save<E: Executor>(
    site: &mut Site<'_, E>,
    stage: &str,
    plan: &CachePlan,
    query: &dyn Fn() -> FileQuery,
    cache_dir: &Path,
    options: SaveOptions,
) -> Result<Option<Slot>, StageError> {
    if let Some(warning) = &plan.warning {
        notice::warning(&site.output, warning);
    }
    let Some(key) = &plan.key else {
        notice::notice(&site.output, "Skipping cache archiving due to empty cache key");
        return Ok(None);
    };
    if !plan.policy.push {
        notice::notice(&site.output, &format!("Not uploading cache {} due to policy", key.shown));
        return Ok(None);
    }
    notice::notice(&site.output, &format!("Creating cache {}...", key.shown));
    let slot = Slot::new(cache_dir, key).shared(options.sharing);
    match archive_files(site, stage, &query(), slot.clone(), options).await {
        Ok(is_new) => {
            notice::notice(&site.output, "Created cache");
            Ok(is_new.then_some(slot))
        }
        Err(StageError::Stopped) => Err(StageError::Stopped),
        Err(error) => {
            // What a helper ends with was said where it happened; other errors were not.
            if let StageError::Failed { message, .. } = &error {
                notice::helper(&site.output, Level::Fatal, message, &[]);
            }
            notice::warning(&site.output, "Failed to create cache");
            Ok(None)
        }
    }
}

/// Whether there is a new archive.
async fn archive_files<E: Executor>(
    site: &mut Site<'_, E>,
    stage: &str,
    query: &FileQuery,
    slot: Slot,
    options: SaveOptions,
) -> Result<bool, StageError> {
    let seen_at = SystemTime::now() - CLOCK_LAG;
    let selection = site.select(stage, query).await?;
    if selection.entries.is_empty() {
        notice::helper(&site.output, Level::Warning, "No files to cache.", &[]);
        return Ok(false);
    }
    let project = site.project.to_owned();
    let saved = blocking::run(&site.stop, move |cancel| {
        if slot.holds(&selection.entries) {
            return Ok(Saved::Unchanged);
        }
        pack(&slot, &project, &selection.entries, seen_at, options, cancel)
    });
    let saved = saved.await?;
    let is_new = matches!(saved, Ok(Saved::Packed { .. }));
    match saved {
        Ok(Saved::Unchanged) => notice::helper(&site.output, Level::Info, "Archive is up to date!", &[]),
        Ok(Saved::Packed { notes, undescribed }) => {
            site.tell(&notes);
            if let Some(error) = undescribed {
                let text = format!("cannot describe the cache, the next job will create it again: {error}");
                notice::helper(&site.output, Level::Warning, &text, &[]);
            }
        }
        Err(PackError::Canceled) => return Err(StageError::Stopped),
        Err(error) => return Err(site.fatal(&chain(&error))),
    }
    notice::helper(
        &site.output,
        Level::Info,
        "No URL provided, cache will not be uploaded to shared cache server. Cache will be stored only locally.",
        &[],
    );
    Ok(is_new)
}

fn pack(
    slot: &Slot,
    project: &Path,
    entries: &[Entry],
    seen_at: SystemTime,
    options: SaveOptions,
    cancel: &AtomicBool,
) -> Result<Saved, PackError> {
    let SaveOptions { format, level, threads, .. } = options;
    let mut draft = slot.draft().map_err(PackError::Write)?;
    let options = PackOptions { format, level, threads: threads.to_pack(entries), cancel };
    let packed = archive::pack(project, entries, &options, draft.as_file_mut())?;
    let described = slot.replace(draft, entries, seen_at).map_err(PackError::Write)?;
    Ok(Saved::Packed { notes: packed.notes, undescribed: described.err() })
}
