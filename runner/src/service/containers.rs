//! Containers, networks and volumes of jobs that are over, on the engines that sections name.

use crate::config::RunnerSection;
use crate::jobproc::reach;
use executor_docker::reaper::{self, Scope};
use executor_docker::{Engine, EngineEnvironment, Settings};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::oneshot;

/// An engine that does not answer is asked again after this long, then ever more seldom, …
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// … but at least this often.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// For so long a job that is to be reported waits for its engine.
const PATIENCE: Duration = Duration::from_secs(30);

/// An engine carries out what a process asked it for just before it died, and nobody learns when. So it is looked at
/// again after these times.
const AGAIN: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];

/// Removes what a job has left, when its process can no longer do so. On an engine that does not answer now it is
/// removed as soon as it does; the next start of a service finds what this one does not live to see.
pub(super) async fn remove(settings: &Settings, trail: &str, environment: &EngineEnvironment) {
    let (settings, environment, trail) = (settings.clone(), environment.clone(), trail.to_owned());
    let (found, first) = oneshot::channel();
    tokio::task::spawn_local(async move {
        let look = async || once(&settings, &environment, Scope::Job { trail: &trail }).await;
        persistently(look).await;
        // Nobody may wait any more.
        let _ = found.send(());
        look_again(look).await;
    });
    if tokio::time::timeout(PATIENCE, first).await.is_err() {
        tracing::warn!("What a job left on its engine is removed when that answers");
    }
}

async fn look_again(look: impl AsyncFn() -> Result<(), String>) {
    for pause in AGAIN {
        tokio::time::sleep(pause).await;
        persistently(&look).await;
    }
}

/// The engines of these sections, each once: how they are reached.
pub(super) fn sites<'a>(sections: impl Iterator<Item = &'a RunnerSection>) -> Vec<Settings> {
    let mut sites: Vec<Settings> = Vec::new();
    for section in sections.filter(|section| section.executor == "docker") {
        let Some(settings) = &section.docker else { continue };
        let site = reach(settings);
        let same = |other: &Settings| Settings { volume_keep: site.volume_keep, ..other.clone() } == site;
        match sites.iter_mut().find(|other| same(other)) {
            // Whose they were is not known: all are kept.
            Some(other) => other.volume_keep |= site.volume_keep,
            None => sites.push(site),
        }
    }
    sites
}

/// How often engines are looked at for what nobody knows of any more.
const DAILY: Duration = Duration::from_secs(24 * 60 * 60);

/// Removes what jobs of earlier services have left on an engine, now and once a day. A job that still has a folder is
/// not over: its process or this service looks after it. Jobs of services with another state folder are theirs.
pub(super) async fn sweep(site: Settings, keeper: String, environment: EngineEnvironment, jobs: PathBuf) {
    let has_folder = |trail: &str| has_folder(&jobs, trail);
    let scope = Scope::Runner { keeper: &keeper, alive: &has_folder };
    loop {
        persistently(async || once(&site, &environment, scope).await).await;
        if let Err(error) = tidy(&site, &environment).await {
            tracing::warn!(error, "Cannot remove outdated notes of when volumes were used");
        }
        tokio::time::sleep(DAILY).await;
    }
}

/// Removes notes of when volumes were used that later ones have replaced.
async fn tidy(site: &Settings, environment: &EngineEnvironment) -> Result<(), String> {
    let engine = Engine::connect(site, environment).await.map_err(|error| error.to_string())?;
    let outdated = reaper::find_outdated_markers(&engine.docker).await?;
    let faults = outdated.remove(&engine.docker, true).await;
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
}

/// Whether a job with this trail is known. What cannot be the name of a folder is none of ours.
fn has_folder(jobs: &Path, trail: &str) -> bool {
    let is_name = !trail.is_empty() && trail.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    !is_name || jobs.join(trail).exists()
}

/// Looks until that succeeds.
async fn persistently(look: impl AsyncFn() -> Result<(), String>) {
    let mut pause = FIRST_PAUSE;
    let mut told = HashSet::new();
    loop {
        match look().await {
            Ok(()) => return,
            Err(error) => {
                if told.insert(error.clone()) {
                    tracing::warn!(error, "Cannot remove what a job has left on its engine yet");
                }
            }
        }
        tokio::time::sleep(pause).await;
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
}

async fn once(settings: &Settings, environment: &EngineEnvironment, scope: Scope<'_>) -> Result<(), String> {
    let engine = Engine::connect(settings, environment).await.map_err(|error| error.to_string())?;
    let found = reaper::find(&engine.docker, &scope).await?;
    if found.is_empty() {
        return Ok(());
    }
    let faults = found.remove(&engine.docker, settings.volume_keep).await;
    tracing::warn!(
        containers = found.containers.len(),
        networks = found.networks.len(),
        volumes = found.volumes.len(),
        "Removed what a job left on its engine"
    );
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use tokio::time::Instant;

    #[test]
    fn a_job_with_a_folder_is_not_over() {
        let jobs = tempfile::tempdir().unwrap();
        std::fs::create_dir(jobs.path().join("7-abc")).unwrap();
        assert!(has_folder(jobs.path(), "7-abc"));
        assert!(!has_folder(jobs.path(), "8-abc"));
        for odd in ["", "..", "../x", "a/b"] {
            assert!(has_folder(jobs.path(), odd), "{odd}: it is not ours to remove");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_an_engine_makes_late_is_found() {
        let (begun, looks) = (Instant::now(), RefCell::new(Vec::new()));
        let look = async || {
            looks.borrow_mut().push(begun.elapsed().as_secs());
            // The engine is away for a moment.
            if looks.borrow().len() == 2 { Err("no answer".to_owned()) } else { Ok(()) }
        };
        look_again(look).await;
        assert_eq!(*looks.borrow(), [1, 6, 6, 36]);
    }

    #[test]
    fn every_engine_is_looked_at_once() {
        let section = |host: &str, volume_keep: bool| {
            let image = "not needed to find anything".to_owned();
            let docker = Settings { host: host.into(), volume_keep, image, ..Settings::default() };
            RunnerSection { executor: "docker".into(), docker: Some(docker), ..RunnerSection::default() }
        };
        let sections =
            [section("", false), section("tcp://h:1", false), section("", true), section("", false)];
        let found = sites(sections.iter());
        let found: Vec<_> = found.iter().map(|site| (&*site.host, site.volume_keep, &*site.image)).collect();
        assert_eq!(found, [("", true, ""), ("tcp://h:1", false, "")]);
    }
}
