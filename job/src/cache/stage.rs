//! The two cache stages of a job, over all its caches.

use super::{CachePlan, PlanContext, SaveOptions, plan, restore, save};
use crate::StageError;
use crate::expansion::HelperEnvironment;
use crate::files::Site;
use crate::notice;
use crate::variables::JobView;
use archive::{Format, Level};
use executor::{Executor, Output};
use protocol::CacheEntry;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Restores the caches of a job, one after another.
pub(crate) async fn restore_all<E: Executor>(
    view: JobView<'_>,
    executor: &mut E,
    output: Arc<dyn Output>,
    stop: &CancellationToken,
) -> Result<(), StageError> {
    let helper = HelperEnvironment::of(view, executor)?;
    let plans = plans(view, view.order.payload.cache.iter(), &helper, &*output)?;
    let site = site(view, executor, &helper, output, stop);
    let clean_failed = view.flags.is_on("FF_CLEAN_UP_FAILED_CACHE_EXTRACT");
    for plan in &plans {
        restore(&site, plan, &view.workspace.cache_dir, clean_failed).await?;
    }
    Ok(())
}

/// Whether any cache is saved after a job that ended so.
pub(crate) fn any_to_save(view: JobView<'_>, success: bool) -> bool {
    let named = |entry: &&CacheEntry| !entry.paths.is_empty() || entry.untracked;
    view.order.payload.cache.iter().filter(named).any(|entry| entry.when.applies(success))
}

/// Saves the caches whose `when` fits.
pub(crate) async fn save_all<E: Executor>(
    view: JobView<'_>,
    executor: &mut E,
    output: Arc<dyn Output>,
    stop: &CancellationToken,
    success: bool,
) -> Result<(), StageError> {
    let helper = HelperEnvironment::of(view, executor)?;
    let wanted = view.order.payload.cache.iter().filter(|entry| entry.when.applies(success));
    let plans = plans(view, wanted, &helper, &*output)?;
    let options = options(view, &*output);
    let stage = if success { "archive_cache" } else { "archive_cache_on_failure" };
    let mut site = site(view, executor, &helper, output, stop);
    for plan in &plans {
        save(&mut site, stage, plan, &view.workspace.cache_dir, options).await?;
    }
    Ok(())
}

fn plans<'a>(
    view: JobView<'_>,
    entries: impl Iterator<Item = &'a CacheEntry>,
    helper: &HelperEnvironment,
    output: &dyn Output,
) -> Result<Vec<CachePlan>, StageError> {
    let expand = |text: &str| view.variables.expand(text);
    let context = PlanContext {
        expand: &expand,
        fallback_key: &view.options.cache.fallback_key,
        hashed: view.flags.is_on("FF_HASH_CACHE_KEYS"),
        job: &view.order.payload.job_info.name,
        reference: &view.order.payload.git_info.reference,
    };
    let mut plans = Vec::new();
    for entry in entries {
        let query = helper.query(&entry.paths, &[], entry.untracked, output);
        let planned = plan(entry, query, &context).map_err(|error| StageError::system(error.to_string()))?;
        plans.extend(planned);
    }
    Ok(plans)
}

fn options(view: JobView<'_>, output: &dyn Output) -> SaveOptions {
    let name = &view.options.cache.compression_level;
    SaveOptions {
        format: Format::for_cache(&view.options.cache.compression_format),
        level: level(name, output),
        threads: 0,
    }
}

/// A compression level by its name; an unknown one is named and the usual taken.
pub(crate) fn level(name: &str, output: &dyn Output) -> Level {
    Level::from_name(name).unwrap_or_else(|| {
        let text = format!("compression level {name:?} is invalid, falling back to default");
        notice::helper(output, notice::Level::Warning, &text, &[]);
        Level::default()
    })
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
