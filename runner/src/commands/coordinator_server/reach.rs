//! How the containers of the runner's jobs reach the coordinator, which listens on loopback as a rule: containers have
//! a loopback of their own. They find this machine at the gateway of their network; there the coordinator listens, too.
//! No other machine is told of that address; a neighbour that routes to it gets there, too.

use crate::context::Context;
use crate::jobproc;
use coordinator::Running;
use executor_docker::Engine;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use toml_edit::{Item, Table};

/// An engine that takes longer to say that it is there does not count as one.
const WITHIN: Duration = Duration::from_secs(5);

/// The engine of this machine, if one answers.
pub(super) async fn engine(context: &Context) -> Option<Engine> {
    let (settings, environment) =
        (executor_docker::Settings::default(), jobproc::engine_environment(&context.environment));
    let connecting = Engine::connect(&settings, &environment);
    tokio::time::timeout(WITHIN, connecting).await.ok()?.ok()
}

/// Whether the jobs of a section are in containers that do not reach the coordinator where it listens.
pub(super) fn is_wanted(section: &Table, running: &Running) -> bool {
    // With TLS it is asked by the name on its certificate, wherever that leads.
    let is_by_name = running.tls_certificates().is_some() && !running.address.ip().is_loopback();
    !is_by_name && is_hidden(section, running.address)
}

fn is_hidden(section: &Table, address: SocketAddr) -> bool {
    let text =
        |table: &Table, key: &str| table.get(key).and_then(Item::as_str).unwrap_or_default().to_owned();
    let Some(docker) = section.get("docker").and_then(Item::as_table) else { return false };
    // Containers in the machine's network have its loopback; where another engine is, only the user knows.
    let is_apart = text(docker, "network_mode") != "host" && text(docker, "host").is_empty();
    let is_vague = address.ip().is_loopback() || address.ip().is_unspecified();
    text(section, "executor") == "docker" && is_apart && is_vague
}

/// The address at which containers reach the coordinator, which listens there from now on. Nothing where there is none.
pub(super) async fn from_containers(running: &Running, context: &Context) -> Option<SocketAddr> {
    if running.tls_certificates().is_some() {
        return None;
    }
    let gateway = within(engine(context).await?).await?;
    let address = SocketAddr::from((gateway, running.address.port()));
    if running.address.ip().is_unspecified() {
        return Some(address);
    }
    match running.listen_also(address).await {
        Ok(()) => Some(address),
        Err(error) => {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(%address, error, "Containers will not reach the coordinator at their gateway");
            None
        }
    }
}

async fn within(engine: Engine) -> Option<Ipv4Addr> {
    tokio::time::timeout(WITHIN, engine.gateway()).await.ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_containers_with_a_loopback_of_their_own_want_another_address() {
        let wanted = |toml: &str, address: &str| {
            let document: toml_edit::DocumentMut = toml.parse().unwrap();
            is_hidden(document.as_table(), address.parse().unwrap())
        };
        let docker = "executor = 'docker'\n[docker]\nimage = 'x'\n";
        assert!(wanted(docker, "127.0.0.1:1") && wanted(docker, "0.0.0.0:1") && wanted(docker, "[::1]:1"));
        assert!(!wanted(docker, "10.0.0.1:1"));
        assert!(!wanted(&format!("{docker}network_mode = 'host'\n"), "127.0.0.1:1"));
        assert!(!wanted(&format!("{docker}host = 'tcp://far:2376'\n"), "127.0.0.1:1"));
        assert!(!wanted("executor = 'shell'\n[docker]\n", "127.0.0.1:1"));
        assert!(!wanted("executor = 'docker'\n", "127.0.0.1:1"));
    }
}
