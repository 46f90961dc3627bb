//! A service that was started.

use super::condition::{Condition, NoPort};
use super::error::ServiceError;
use super::wanted::Wanted;
use crate::network::Network;
use bollard::models::ContainerInspectResponse;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// Length of the short form of a container's id.
const SHORT_ID: usize = 12;

/// A service of a job, as its container was found right after its start.
#[derive(Clone)]
pub struct Service {
    /// The container's full id.
    pub id: String,
    /// The container's name.
    pub name: String,
    /// The image as written.
    pub image: String,
    /// Host names that belong to it alone.
    pub aliases: Vec<String>,
    /// Addresses of its container, those of version 4 first; none where it has no network of its own or had
    /// already ended.
    pub addresses: Vec<IpAddr>,
    pub(super) condition: Condition,
    /// Where its ports are looked for.
    pub(super) target: Option<IpAddr>,
    pub(super) privileged: bool,
    /// Bytes of memory that it may use; none: any number.
    pub(super) memory: Option<i64>,
    /// Its environment, that of the image included.
    pub(super) environment: Vec<String>,
    /// Entrypoint and command, as one.
    pub(super) command: Vec<String>,
    /// Exit code, where it had ended before it was looked at.
    pub(super) ended: Option<i64>,
}

/// Variables may hold secrets.
impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("name", &self.name)
            .field("image", &self.image)
            .finish_non_exhaustive()
    }
}

impl Service {
    /// Understands what the engine tells of the container.
    pub(super) fn of(
        wanted: &Wanted,
        aliases: Vec<String>,
        network: &Network,
        found: ContainerInspectResponse,
    ) -> Result<Self, ServiceError> {
        let config = found.config.unwrap_or_default();
        let condition = Condition::of(&config)
            .map_err(|NoPort(value)| ServiceError::Port { image: wanted.image.clone(), value })?;
        let host = found.host_config.unwrap_or_default();
        let endpoints = found.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
        let texts =
            endpoints.into_values().flat_map(|end| [end.ip_address, end.global_ipv6_address]).flatten();
        let mut addresses: Vec<IpAddr> = texts.filter_map(|text| text.parse().ok()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        let state = found.state.unwrap_or_default();
        let ended = (state.running == Some(false)).then(|| state.exit_code.unwrap_or(-1));
        Ok(Self {
            id: found.id.unwrap_or_default(),
            name: found.name.unwrap_or_default().trim_start_matches('/').to_owned(),
            image: wanted.image.clone(),
            aliases,
            condition,
            target: addresses.first().copied().or_else(|| shared_host(network)),
            addresses,
            privileged: host.privileged == Some(true),
            memory: host.memory.filter(|bytes| *bytes > 0),
            environment: config.env.unwrap_or_default(),
            command: config
                .entrypoint
                .into_iter()
                .flatten()
                .chain(config.cmd.into_iter().flatten())
                .collect(),
            ended,
        })
    }

    /// The id that is also its host name.
    pub fn short_id(&self) -> &str {
        self.id.get(..SHORT_ID).unwrap_or(&self.id)
    }

    /// Entries `NAME:ADDRESS` for `/etc/hosts` of who is to find it.
    pub fn host_entries(&self) -> impl Iterator<Item = String> {
        let names = self.aliases.iter().map(String::as_str).chain([self.short_id()]);
        names.flat_map(|name| self.addresses.iter().map(move |address| format!("{name}:{address}")))
    }

    /// A variable of its environment; of several the last.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let mut entries = self.environment.iter().rev().filter_map(|entry| entry.split_once('='));
        entries.find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

/// Where containers share a network, the job's own container finds services on itself.
fn shared_host(network: &Network) -> Option<IpAddr> {
    match network {
        Network::Mode(mode) if mode == "host" => Some(Ipv4Addr::LOCALHOST.into()),
        network if network.is_foreign() => Some(Ipv4Addr::LOCALHOST.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::work;
    use super::super::wanted::choose;
    use super::*;
    use crate::{Ask, Settings};
    use serde_json::json;

    fn service(found: serde_json::Value, network: &Network) -> Result<Service, ServiceError> {
        let mut work = work();
        work.services = vec![Ask { name: "db:1".into(), ..Ask::default() }];
        let wanted = choose(&Settings::default(), &work).unwrap().services.remove(0);
        Service::of(&wanted, vec!["db".into(), "x".into()], network, serde_json::from_value(found).unwrap())
    }

    #[test]
    fn what_the_engine_tells() {
        let found = json!({
            "Id": "0123456789abcdef", "Name": "/runner-1-db-0",
            "State": {"Running": true, "ExitCode": 0},
            "HostConfig": {"Privileged": true, "Memory": 1024},
            "Config": {"Env": ["A=1", "A=2"], "Entrypoint": ["e"], "Cmd": ["c"], "ExposedPorts": {"5432/tcp": {}}},
            "NetworkSettings": {"Networks": {"bridge": {"IPAddress": "172.17.0.3", "GlobalIPv6Address": "fd00::3"}}},
        });
        let service = service(found, &Network::Bridge).unwrap();
        assert_eq!(service.name, "runner-1-db-0");
        let entries: Vec<String> = service.host_entries().collect();
        assert_eq!(
            entries,
            [
                "db:172.17.0.3",
                "db:fd00::3",
                "x:172.17.0.3",
                "x:fd00::3",
                "0123456789ab:172.17.0.3",
                "0123456789ab:fd00::3"
            ]
        );
        assert_eq!(service.target, Some("172.17.0.3".parse().unwrap()));
        assert_eq!((service.variable("A"), service.variable("B")), (Some("2"), None));
        assert_eq!(service.command, ["e", "c"]);
        assert_eq!(service.condition.ports, [5432]);
        assert!(service.privileged && service.memory == Some(1024) && service.ended.is_none());
    }

    #[test]
    fn one_that_ended_has_no_address() {
        let found = json!({
            "Id": "01", "State": {"Running": false, "ExitCode": 3},
            "NetworkSettings": {"Networks": {"bridge": {"IPAddress": "", "GlobalIPv6Address": ""}}},
        });
        let service = service(found, &Network::Bridge).unwrap();
        assert_eq!((service.ended, service.target, service.host_entries().count()), (Some(3), None, 0));
    }

    #[test]
    fn where_the_network_is_shared_services_are_found_at_home() {
        for (network, home) in [("host", true), ("container:x", true), ("none", false)] {
            let found = service(json!({"Id": "1"}), &Network::Mode(network.into())).unwrap();
            assert_eq!(found.target.is_some(), home, "{network}");
        }
    }

    #[test]
    fn a_port_that_is_none_is_an_error() {
        let found = json!({"Config": {"Env": ["HEALTHCHECK_TCP_PORT=x"]}});
        let error = service(found, &Network::Bridge).err().unwrap().to_string();
        assert_eq!(error, "invalid health check tcp port of service \"db:1\": x");
    }
}
