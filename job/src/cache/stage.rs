//! The two cache stages of a job, over all its caches.

use super::plan::{CachePlan, PlanContext, has_files, plan};
use super::restore::{RestoreOptions, restore};
use super::save::{SaveOptions, save};
use super::store::Slot;
use super::travel;
use crate::expansion::HelperEnvironment;
use crate::files::{Site, system_text};
use crate::stage::{Back, Means};
use crate::tuning::Tuning;
use crate::variables::JobView;
use crate::{StageError, blocking, notice};
use executor::{Executor, Output};
use protocol::CacheEntry;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Whether the job has any cache.
pub(crate) fn any_to_restore(view: JobView<'_>) -> bool {
    view.order.payload.cache.iter().any(has_files)
}

/// Whether any cache is saved after a job that ended so.
pub(crate) fn any_to_save(view: JobView<'_>, success: bool) -> bool {
    to_save(view, success).next().is_some()
}

/// Looks whether [`restore_all`] can be carried out at all.
///
/// # Errors
/// What the payload asks for does not exist.
pub(crate) fn check_to_restore(view: JobView<'_>) -> Result<(), StageError> {
    plans(view, view.order.payload.cache.iter().filter(|e| has_files(e))).map(|_| ())
}

/// Looks whether [`save_all`] can be carried out at all.
///
/// # Errors
/// What the payload asks for does not exist.
pub(crate) fn check_to_save(view: JobView<'_>, success: bool) -> Result<(), StageError> {
    plans(view, to_save(view, success)).map(|_| ())
}

/// Restores the caches of a job, one after another.
///
/// # Errors
/// A stop, or an environment that the stage cannot run in; never a cache.
pub(crate) async fn restore_all<E: Executor>(
    view: JobView<'_>,
    executor: &mut E,
    output: Arc<dyn Output>,
    stop: &CancellationToken,
) -> Result<(), StageError> {
    let helper = HelperEnvironment::of(view, executor, &*output)?;
    let plans = plans(view, view.order.payload.cache.iter().filter(|e| has_files(e)))?;
    let threads = Tuning::new(view, &helper, &*output).unpack_threads().to_unpack();
    let site = site(view, executor, &helper, output, stop);
    for (entry, plan) in &plans {
        let clean_up = view.flags.is_on("FF_CLEAN_UP_FAILED_CACHE_EXTRACT");
        let clean_up = clean_up.then(|| helper.patterns(&entry.paths, &site.output));
        restore(&site, plan, &view.workspace.cache_dir, &RestoreOptions { clean_up, threads }).await?;
    }
    Ok(())
}

/// Saves the caches whose `when` fits.
///
/// # Errors
/// As [`restore_all`].
pub(crate) async fn save_all<E: Executor>(
    view: JobView<'_>,
    executor: &mut E,
    output: Arc<dyn Output>,
    stop: &CancellationToken,
    success: bool,
    means: Means<'_>,
) -> Result<(), StageError> {
    let helper = HelperEnvironment::of(view, executor, &*output)?;
    let plans = plans(view, to_save(view, success))?;
    let tuning = Tuning::new(view, &helper, &*output);
    let options = SaveOptions {
        format: tuning.cache_format(),
        level: tuning.level("CACHE_COMPRESSION_LEVEL"),
        threads: tuning.pack_threads(),
        sharing: means.sharing,
    };
    let stage = if success { "archive_cache" } else { "archive_cache_on_failure" };
    let mut site = site(view, executor, &helper, Arc::clone(&output), stop);
    for (number, (entry, plan)) in plans.iter().enumerate() {
        let query = || helper.query(&entry.paths, &[], entry.untracked, &*output);
        let packed = save(&mut site, stage, plan, &query, &view.workspace.cache_dir, options).await?;
        if let (Some(slot), Some(back)) = (packed, means.caches) {
            hand_over(&site, back, number, slot).await?;
        }
    }
    Ok(())
}

/// Sends a new archive to the engine, which keeps it. Only a stop is an error.
async fn hand_over<E: Executor>(
    site: &Site<'_, E>,
    back: &Back,
    number: usize,
    slot: Slot,
) -> Result<(), StageError> {
    let back = back.clone();
    let sent = blocking::run(&site.stop, move |cancel| travel::send_back(&back, number, &slot, cancel));
    match sent.await? {
        Ok(true) => {}
        Ok(false) => return Err(StageError::Stopped),
        Err(error) => {
            notice::warning(&site.output, &format!("The cache cannot be kept: {}", system_text(&error)));
        }
    }
    Ok(())
}

pub(super) fn to_save<'a>(view: JobView<'a>, success: bool) -> impl Iterator<Item = &'a CacheEntry> {
    view.order.payload.cache.iter().filter(|e| has_files(e)).filter(move |e| e.when.applies(success))
}

pub(super) fn plans<'a>(
    view: JobView<'_>,
    entries: impl Iterator<Item = &'a CacheEntry>,
) -> Result<Vec<(&'a CacheEntry, CachePlan)>, StageError> {
    let expand = |text: &str| view.variables.expand(text);
    let context = PlanContext {
        expand: &expand,
        fallback_key: &view.options.cache.fallback_key,
        hashed: view.flags.is_on("FF_HASH_CACHE_KEYS"),
        job: &view.order.payload.job_info.name,
        reference: &view.order.payload.git_info.reference,
    };
    let planned = entries.map(|entry| plan(entry, &context).map(|plan| (entry, plan)));
    planned.collect::<Result<_, _>>().map_err(|error| StageError::system(error.to_string()))
}

fn site<'a, E>(
    view: JobView<'a>,
    executor: &'a mut E,
    helper: &'a HelperEnvironment,
    output: Arc<dyn Output>,
    stop: &CancellationToken,
) -> Site<'a, E> {
    Site {
        executor,
        project: &view.workspace.project_dir,
        environment: helper.as_slice(),
        output,
        stop: stop.clone(),
    }
}
