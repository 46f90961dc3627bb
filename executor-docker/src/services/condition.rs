//! When a service counts as ready.

use bollard::models::{ContainerConfig, HealthConfig};

/// The variable that names the one port to look at, whatever its case; of gitlab-runner.
const PORT_VARIABLE: &str = "HEALTHCHECK_TCP_PORT";

/// Most ports that are looked at, as with gitlab-runner: the lowest.
const MOST_PORTS: usize = 20;

/// What a service's container says of its readiness.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Condition {
    /// The `HEALTHCHECK` of its image.
    pub(super) test: Option<Test>,
    /// Its TCP ports. With a test they count only where the test cannot be run.
    pub(super) ports: Vec<u16>,
}

/// The command of a `HEALTHCHECK`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Test {
    /// Program and arguments.
    pub(super) command: Vec<String>,
}

/// `HEALTHCHECK_TCP_PORT` is no port; this is its value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoPort(pub(super) String);

impl Condition {
    /// Reads it from what the container was made of, image and job together.
    ///
    /// Who names a port by the variable means just that. Else the image's own test is the better judge: a port
    /// that accepts connections says little of a database that still replays its log.
    pub(super) fn of(config: &ContainerConfig) -> Result<Self, NoPort> {
        if let Some(value) = named_port(config) {
            let port = value.trim().parse().ok().filter(|port| *port != 0).ok_or(NoPort(value))?;
            return Ok(Self { test: None, ports: vec![port] });
        }
        Ok(Self {
            test: config.healthcheck.as_ref().and_then(|health| test(health, config)),
            ports: ports(config),
        })
    }
}

fn named_port(config: &ContainerConfig) -> Option<String> {
    let variables = config.env.iter().flatten().filter_map(|entry| entry.split_once('='));
    let mut named = variables.filter(|(name, _)| name.eq_ignore_ascii_case(PORT_VARIABLE));
    named.next().map(|(_, value)| value.to_owned())
}

/// Entries such as `8080/tcp`; one without a protocol is TCP.
fn ports(config: &ContainerConfig) -> Vec<u16> {
    let exposed = config.exposed_ports.iter().flatten();
    let mut ports: Vec<u16> = exposed
        .filter_map(|entry| match entry.split_once('/') {
            None => entry.parse().ok(),
            Some((port, protocol)) if protocol.eq_ignore_ascii_case("tcp") => port.parse().ok(),
            Some(_) => None,
        })
        .filter(|port| *port != 0)
        .collect();
    ports.sort_unstable();
    ports.dedup();
    ports.truncate(MOST_PORTS);
    ports
}

/// `["CMD", …]`, `["CMD-SHELL", text]`; `["NONE"]` and nothing at all are no test.
fn test(health: &HealthConfig, config: &ContainerConfig) -> Option<Test> {
    let (kind, rest) = health.test.as_deref()?.split_first()?;
    let command = match kind.as_str() {
        "CMD" => rest.to_vec(),
        "CMD-SHELL" => {
            let shell = config.shell.clone().filter(|shell| !shell.is_empty());
            let mut command = shell.unwrap_or_else(|| vec!["/bin/sh".to_owned(), "-c".to_owned()]);
            command.extend(rest.iter().cloned());
            command
        }
        _ => return None,
    };
    (!command.is_empty()).then_some(Test { command })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[&str]) -> Option<Vec<String>> {
        Some(list.iter().map(|text| (*text).to_owned()).collect())
    }

    fn config(env: &[&str], ports: &[&str], health: &[&str]) -> ContainerConfig {
        ContainerConfig {
            env: texts(env),
            exposed_ports: texts(ports),
            healthcheck: Some(HealthConfig { test: texts(health), ..HealthConfig::default() }),
            ..ContainerConfig::default()
        }
    }

    fn of(config: &ContainerConfig) -> Condition {
        Condition::of(config).unwrap()
    }

    #[test]
    fn ports_that_are_exposed() {
        let found = of(&config(&["A=1"], &["8080/tcp", "53/udp", "443", "x/tcp", "0/tcp", "70000/tcp"], &[]));
        assert_eq!(found, Condition { test: None, ports: vec![443, 8080] });
        let many: Vec<String> = (1..=30).rev().map(|port| format!("{port}/tcp")).collect();
        let many = ContainerConfig { exposed_ports: Some(many), ..ContainerConfig::default() };
        assert_eq!(of(&many).ports, (1..=20).collect::<Vec<u16>>());
        assert_eq!(of(&ContainerConfig::default()), Condition::default());
    }

    #[test]
    fn the_images_own_test() {
        let found = of(&config(&[], &["1/tcp"], &["CMD", "pg_isready", "-q"]));
        assert_eq!(found.test.unwrap().command, ["pg_isready", "-q"]);
        assert_eq!(found.ports, [1]);
        let mut shell = config(&[], &[], &["CMD-SHELL", "curl -f localhost || exit 1"]);
        assert_eq!(of(&shell).test.unwrap().command, ["/bin/sh", "-c", "curl -f localhost || exit 1"]);
        shell.shell = texts(&["/bin/bash", "-ec"]);
        assert_eq!(of(&shell).test.unwrap().command[..2], ["/bin/bash", "-ec"]);
        for none in [&["NONE"][..], &[], &["CMD"]] {
            assert_eq!(of(&config(&[], &[], none)).test, None, "{none:?}");
        }
    }

    #[test]
    fn a_port_named_by_the_variable_is_the_only_one() {
        let found = of(&config(&["HealthCheck_TCP_port=9000"], &["1/tcp"], &["CMD", "x"]));
        assert_eq!(found, Condition { test: None, ports: vec![9000] });
        for value in ["", "http", "0", "65536", "-1"] {
            let config = config(&[&format!("HEALTHCHECK_TCP_PORT={value}")], &[], &[]);
            assert_eq!(Condition::of(&config), Err(NoPort(value.into())));
        }
    }
}
