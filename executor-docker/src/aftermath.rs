//! Clean-up on an engine that did not answer when a job ended: it may be back in a moment, with all that the job had.

use crate::connect::{Engine, EngineEnvironment};
use crate::reaper::{self, Scope};
use crate::{Settings, Work};
use std::time::Duration;

/// An engine that does not answer is asked again after this long, then ever more seldom, …
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// … but at least this often.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Removes what is left of a job, found by its labels, as soon as the engine answers; until then this does not return.
/// Returns what an engine that answers could not remove.
pub(crate) async fn remove(settings: &Settings, environment: &EngineEnvironment, work: &Work) -> Vec<String> {
    let scope = Scope::Job { trail: &work.identity.trail };
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(faults) = once(settings, environment, &scope).await {
            return faults;
        }
        tokio::time::sleep(pause).await;
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
}

/// Nothing where the engine does not answer.
async fn once(
    settings: &Settings,
    environment: &EngineEnvironment,
    scope: &Scope<'_>,
) -> Option<Vec<String>> {
    let docker = Engine::connect(settings, environment).await.ok()?.docker;
    let faults = reaper::find(&docker, scope).await.ok()?.remove(&docker, settings.volume_keep).await;
    let is_there = faults.is_empty() || docker.ping().await.is_ok();
    is_there.then_some(faults)
}
