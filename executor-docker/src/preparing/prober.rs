//! Whether services listen, seen from where their network can be reached.

use crate::connect::Engine;
use crate::place::Place;
use crate::services::{Direct, ProbeError, Prober};
use executor::CancellationToken;
use std::net::IpAddr;
use tokio::sync::SetOnce;

/// Looks from this process where the engine is on this machine, else, or if nothing comes back, from the helper
/// container.
pub(super) struct SiteProber<'a> {
    is_local: bool,
    helper: &'a SetOnce<Place>,
}

impl<'a> SiteProber<'a> {
    pub(super) fn new(engine: &Engine, helper: &'a SetOnce<Place>) -> Self {
        Self { is_local: engine.address.starts_with("unix://"), helper }
    }
}

impl Prober for SiteProber<'_> {
    async fn probe(&self, host: IpAddr, ports: &[u16], stop: &CancellationToken) -> Result<u16, ProbeError> {
        if self.is_local {
            match Direct.probe(host, ports, stop).await {
                Err(error) if !stop.is_cancelled() => {
                    tracing::debug!(%error, "a service cannot be reached from the runner");
                }
                found => return found,
            }
        }
        let Some(helper) = stop.run_until_cancelled(self.helper.wait()).await else {
            return Err(ProbeError::new("stopped"));
        };
        match stop.run_until_cancelled(helper.client.probe(host, ports)).await {
            None => Err(ProbeError::new("stopped")),
            Some(found) => found.map_err(|error| ProbeError::new(error.to_string())),
        }
    }
}
