//! Whether services listen, seen from where their network can be reached.

use crate::connect::Engine;
use crate::place::Place;
use crate::services::{Direct, ProbeError, Prober};
use executor::CancellationToken;
use std::future::pending;
use std::net::IpAddr;
use std::time::Duration;
use tokio::sync::SetOnce;
use tokio::time::sleep;

/// How long this process looks alone where the engine is on its machine. Most services are there by then; where
/// the network is out of reach all the same (the runner may be in a container itself), little time is lost.
const ALONE: Duration = Duration::from_millis(250);

/// Looks from this process where the engine is on this machine, and from the helper container.
pub(super) struct SiteProber<'a> {
    is_local: bool,
    helper: &'a SetOnce<Place>,
}

impl<'a> SiteProber<'a> {
    pub(super) fn new(engine: &Engine, helper: &'a SetOnce<Place>) -> Self {
        Self { is_local: engine.address.starts_with("unix://"), helper }
    }

    /// Looks from this process; what it cannot tell the helper container may.
    async fn look_here(host: IpAddr, ports: &[u16], stop: &CancellationToken) -> u16 {
        match Direct.probe(host, ports, stop).await {
            Ok(port) => port,
            Err(error) => {
                tracing::debug!(%error, "a service cannot be reached from the runner");
                pending().await
            }
        }
    }

    async fn look_from_helper(&self, host: IpAddr, ports: &[u16]) -> Result<u16, ProbeError> {
        let found = self.helper.wait().await.client.probe(host, ports).await;
        found.map_err(|error| ProbeError::new(error.to_string()))
    }
}

impl Prober for SiteProber<'_> {
    async fn probe(&self, host: IpAddr, ports: &[u16], stop: &CancellationToken) -> Result<u16, ProbeError> {
        // The loopback of the job's containers need not be this process's.
        let is_near = self.is_local && !host.is_loopback();
        let helper = async {
            if is_near {
                sleep(ALONE).await;
            }
            match self.look_from_helper(host, ports).await {
                Err(_) if is_near => pending().await,
                found => found,
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => Err(ProbeError::new("stopped")),
            port = Self::look_here(host, ports, stop), if is_near => Ok(port),
            found = helper => found,
        }
    }
}
