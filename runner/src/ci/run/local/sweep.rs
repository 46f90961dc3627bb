//! Ends and removes what killed runs have left, of whatever project.

use super::alive::{LiveJob, Signalled, signalled};
use super::homes::Homes;
use super::remove::remove_all;
use super::{runs, slots};
use executor_docker::reaper::{self, Scope};
use executor_docker::{Engine, EngineEnvironment, Settings};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The containers, networks and volumes of a dead run, on one engine.
#[derive(Debug)]
pub(super) struct DeadOnEngine {
    site: Settings,
    keeper: String,
    /// What says that they are there.
    records: Vec<PathBuf>,
}

/// A dead run that is not swept yet. Nobody else sweeps it as long as this lives.
#[derive(Debug)]
pub(super) struct Dead {
    run: Signalled,
    engines: Vec<DeadOnEngine>,
    _lock: File,
}

/// What the containers of a run are labelled with.
pub(super) fn keeper(run: &Path) -> String {
    let name = |path: Option<&Path>| {
        path.and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned()
    };
    format!("ci-run-{}-{}", name(run.parent()), name(Some(run)))
}

/// Ends the processes of all dead runs and removes their files. What is left is on engines. Blocks; quick where no run
/// was killed.
pub(super) fn on_this_machine(homes: &Homes) -> Vec<Dead> {
    let found = signalled(homes);
    if found.is_empty() {
        return Vec::new();
    }
    let dead: Vec<_> = found.into_iter().filter_map(take).collect();
    let jobs: Vec<_> =
        dead.iter().flat_map(|dead| LiveJob::all(&dead.run.folder.join(super::alive::LIVE))).collect();
    for (_, job) in &jobs {
        if let Err(error) = executor_shell::end_leftovers(&job.trail) {
            tracing::warn!(%error, "What a killed run has left cannot be ended");
        }
    }
    if !dead.is_empty()
        && let Err(error) = super::tree::sweep(homes)
    {
        tracing::warn!(error, "Copies of the work tree of a killed run cannot be removed");
    }
    dead.into_iter().filter_map(finish_here).collect()
}

/// A run that is dead, locked.
fn take(run: Signalled) -> Option<Dead> {
    match runs::take(&run.folder) {
        Ok(Some(lock)) => Some(Dead { run, engines: Vec::new(), _lock: lock }),
        Ok(None) => None,
        Err(error) => {
            if error.kind() == io::ErrorKind::NotFound {
                // Its folder is gone, and all that was known of it.
                let _ = fs::remove_file(&run.beacon);
            }
            None
        }
    }
}

/// Removes files of a dead run's jobs, and the run's beacon if nothing else is left.
fn finish_here(mut dead: Dead) -> Option<Dead> {
    for (record, job) in LiveJob::all(&dead.run.folder.join(super::alive::LIVE)) {
        if let Some(folder) = &job.builds_dir
            && let Some(slot) = slots::abandoned(folder)
            && let Err(error) = remove_all(&slot.folder)
        {
            tracing::warn!(path = %folder.display(), %error, "What a killed job has left cannot be removed");
        }
        match job.docker {
            None => drop(fs::remove_file(record)),
            Some(site) => match dead.engines.iter_mut().find(|engine| engine.site == site) {
                Some(engine) => engine.records.push(record),
                None => {
                    let keeper = keeper(&dead.run.folder);
                    dead.engines.push(DeadOnEngine { site, keeper, records: vec![record] });
                }
            },
        }
    }
    // What an archive of sources is made of would be found in the next.
    for archive in super::tree::archives_of(&dead.run.folder) {
        let _ = fs::remove_file(archive);
    }
    if dead.engines.is_empty() {
        let _ = fs::remove_file(&dead.run.beacon);
        return None;
    }
    Some(dead)
}

/// Removes what dead runs have left on engines. What cannot be removed now is left to the next run.
pub(super) async fn on_engines(dead: &[Dead], environment: &EngineEnvironment) {
    for run in dead {
        let mut is_clear = true;
        for engine in &run.engines {
            match remove(&engine.site, &engine.keeper, environment).await {
                Ok(()) => engine.records.iter().for_each(|record| drop(fs::remove_file(record))),
                Err(error) => {
                    is_clear = false;
                    tracing::warn!(
                        error,
                        "What a killed run has left on its engine is removed by the next run"
                    );
                }
            }
        }
        if is_clear {
            let _ = fs::remove_file(&run.run.beacon);
        }
    }
}

async fn remove(site: &Settings, keeper: &str, environment: &EngineEnvironment) -> Result<(), String> {
    let engine = Engine::connect(site, environment).await.map_err(|error| error.to_string())?;
    let scope = Scope::Runner { keeper, alive: &|_| false };
    let found = reaper::find(&engine.docker, &scope).await?;
    let faults = found.remove(&engine.docker, site.volume_keep).await;
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
}
