//! Containers, networks and volumes of jobs that are over, on the engines that sections name.

use crate::config::RunnerSection;
use executor_docker::reaper::{self, Scope};
use executor_docker::{Engine, EngineEnvironment, Settings};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An engine that does not answer is asked again after this long, then ever more seldom, …
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// … but at least this often.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// For so long a job that is to be reported waits for its engine; after that the next start of a service finds
/// what is left.
const PATIENCE: Duration = Duration::from_secs(300);

/// Removes what a job has left, when its process can no longer do so.
pub(super) async fn remove(settings: &Settings, trail: &str, environment: &EngineEnvironment) {
    let scope = Scope::Job { trail };
    let removing = persistently(settings, environment, scope);
    if tokio::time::timeout(PATIENCE, removing).await.is_err() {
        tracing::error!(
            trail,
            "The engine does not answer, the containers of a job are left for the next start"
        );
    }
}

/// One engine, and one runner's things on it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Site {
    settings: Settings,
    short_token: String,
}

/// Where jobs of these sections have containers, each place once.
pub(super) fn sites<'a>(sections: impl Iterator<Item = &'a RunnerSection>) -> Vec<Site> {
    let mut sites: Vec<Site> = Vec::new();
    for section in sections.filter(|section| section.executor == "docker") {
        let Some(settings) = &section.docker else { continue };
        let settings = Settings {
            host: settings.host.clone(),
            tls_verify: settings.tls_verify,
            tls_cert_path: settings.tls_cert_path.clone(),
            ..Settings::default()
        };
        let site = Site { settings, short_token: section.token.short().to_owned() };
        if !sites.contains(&site) {
            sites.push(site);
        }
    }
    sites
}

/// Removes what jobs of earlier services have left at a site. A job that still has a folder is not over: its
/// process or this service looks after it.
pub(super) async fn sweep(site: Site, system_id: String, environment: EngineEnvironment, jobs: PathBuf) {
    let has_folder = |trail: &str| has_folder(&jobs, trail);
    let scope = Scope::Runner { system_id: &system_id, short_token: &site.short_token, alive: &has_folder };
    persistently(&site.settings, &environment, scope).await;
}

/// Whether a job with this trail is known. What cannot be the name of a folder is none of ours.
fn has_folder(jobs: &Path, trail: &str) -> bool {
    let is_name = !trail.is_empty() && trail.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    !is_name || jobs.join(trail).exists()
}

async fn persistently(settings: &Settings, environment: &EngineEnvironment, scope: Scope<'_>) {
    let mut pause = FIRST_PAUSE;
    let mut told = HashSet::new();
    loop {
        match once(settings, environment, scope).await {
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
    let faults = found.remove(&engine.docker, false).await;
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
}
