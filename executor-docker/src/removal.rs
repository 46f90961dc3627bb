//! Removes containers, networks and volumes, whatever state they are in.

use crate::connect::{answer, status};
use bollard::Docker;
use bollard::errors::Error as EngineError;
use bollard::models::NetworkDisconnectRequest;
use bollard::query_parameters::{
    InspectNetworkOptions, RemoveContainerOptionsBuilder, RemoveVolumeOptionsBuilder,
};
use futures_util::future::join_all;

/// How often the engine is asked to remove what it is busy with.
const TRIES: u32 = 8;

/// What belongs to a job on the engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Belongings {
    /// Ids or names of containers.
    pub containers: Vec<String>,
    /// Ids or names of networks.
    pub networks: Vec<String>,
    /// Names of volumes.
    pub volumes: Vec<String>,
}

impl Belongings {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.containers.is_empty() && self.networks.is_empty() && self.volumes.is_empty()
    }

    /// Removes all of it: containers side by side, then networks, then volumes, since each holds the next.
    /// What is gone already is fine. Returns what could not be removed, and why.
    pub async fn remove(&self, docker: &Docker, keep_anonymous_volumes: bool) -> Vec<String> {
        let containers = self.containers.iter().map(|id| container(docker, id, keep_anonymous_volumes));
        let mut faults = faults(join_all(containers).await);
        let networks = self.networks.iter().map(|id| network(docker, id));
        faults.extend(self::faults(join_all(networks).await));
        let volumes = self.volumes.iter().map(|name| volume(docker, name));
        faults.extend(self::faults(join_all(volumes).await));
        faults
    }
}

fn faults(results: Vec<Result<(), String>>) -> Vec<String> {
    results.into_iter().filter_map(Result::err).collect()
}

/// Kills and removes a container with its anonymous volumes.
async fn container(docker: &Docker, id: &str, keep_anonymous_volumes: bool) -> Result<(), String> {
    let options = || RemoveContainerOptionsBuilder::new().force(true).v(!keep_anonymous_volumes).build();
    persistently(async || docker.remove_container(id, Some(options())).await)
        .await
        .map_err(|error| format!("container {id}: {}", answer(&error)))
}

async fn volume(docker: &Docker, name: &str) -> Result<(), String> {
    let options = || RemoveVolumeOptionsBuilder::new().force(true).build();
    persistently(async || docker.remove_volume(name, Some(options())).await)
        .await
        .map_err(|error| format!("volume {name}: {}", answer(&error)))
}

/// Removes a network. Containers that the job itself connected to it are not ours: they are disconnected.
async fn network(docker: &Docker, id: &str) -> Result<(), String> {
    let removed = persistently(async || {
        let removed = docker.remove_network(id).await;
        if removed.as_ref().is_err_and(|error| status(error) == Some(403)) {
            disconnect_all(docker, id).await;
        }
        removed
    });
    removed.await.map_err(|error| format!("network {id}: {}", answer(&error)))
}

async fn disconnect_all(docker: &Docker, id: &str) {
    let Ok(network) = docker.inspect_network(id, None::<InspectNetworkOptions>).await else { return };
    for container in network.containers.unwrap_or_default().into_keys() {
        let request = NetworkDisconnectRequest { container, force: Some(true) };
        // What cannot be disconnected shows when the network is removed.
        let _ = docker.disconnect_network(id, request).await;
    }
}

/// Tries until it is done or cannot be, with ever longer pauses. The engine answers 409 while it is removing the same
/// thing for somebody else, 500 when a file system is still busy. One that does not answer at all is not asked again.
async fn persistently(remove: impl AsyncFn() -> Result<(), EngineError>) -> Result<(), EngineError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match remove().await {
            Ok(()) => return Ok(()),
            Err(error) if status(&error) == Some(404) => return Ok(()),
            Err(error) if tries >= TRIES || status(&error).is_none() => return Err(error),
            Err(error) => {
                tracing::debug!(%error, tries, "the engine did not remove something of a job");
                tokio::time::sleep(std::time::Duration::from_millis(20 << tries)).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::engine::{DONE, FakeEngine};
    use std::sync::atomic::{AtomicU32, Ordering};

    const BUSY: &str = "HTTP/1.1 409 Conflict\r\nContent-Length: 18\r\n\r\n{\"message\":\"busy\"}";

    #[tokio::test(start_paused = true)]
    async fn an_engine_that_is_busy_is_asked_again() {
        let asked = AtomicU32::new(0);
        let engine = FakeEngine::start(move |_| {
            Some(if asked.fetch_add(1, Ordering::Relaxed) < 3 { BUSY } else { DONE })
        });
        let volume = Belongings { volumes: vec!["v".into()], ..Belongings::default() };
        assert_eq!(volume.remove(&engine.docker(), false).await, [""; 0]);
        assert_eq!(engine.asked().len(), 4);
        let always = FakeEngine::start(|_| Some(BUSY));
        assert_eq!(
            volume.remove(&always.docker(), false).await,
            ["volume v: Error response from daemon: busy"]
        );
        assert_eq!(always.asked().len(), TRIES as usize);
    }

    #[tokio::test]
    async fn an_engine_that_is_not_there_is_asked_once() {
        let engine = FakeEngine::start(|_| None);
        let docker = engine.docker();
        drop(engine);
        let volume = Belongings { volumes: vec!["v".into()], ..Belongings::default() };
        assert_eq!(volume.remove(&docker, false).await.len(), 1);
    }
}
