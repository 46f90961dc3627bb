//! `health-check`: waits until services accept connections.
//!
//! Given ports, all of this machine's must answer. Without, the addresses come from the variables that Docker
//! sets for linked containers (`NAME_TCP_ADDR`, `NAME_TCP_PORT`), and the first answer is enough.

use crate::cli::HealthCheckArgs;
use crate::context::Context;
use crate::environment::Environment;
use crate::error::{CliError, exit_code};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::process::ExitCode;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(200);

pub(super) fn run(args: &HealthCheckArgs, context: &Context) -> Result<ExitCode, CliError> {
    if args.ports.is_empty() {
        let targets = linked(&context.environment);
        if targets.is_empty() {
            return Err(CliError::usage("No HOST or PORT found").hint("name ports with --port"));
        }
        wait(|| targets.iter().any(|target| answers(target)));
    } else {
        for port in &args.ports {
            let port: u16 = port.parse().map_err(|_| CliError::usage(format!("`{port}` is no port")))?;
            wait(|| answers(&format!("localhost:{port}")));
        }
    }
    Ok(ExitCode::from(exit_code::SUCCESS))
}

/// There is no bound: whoever starts the check ends it.
fn wait(mut healthy: impl FnMut() -> bool) {
    while !healthy() {
        std::thread::sleep(PAUSE);
    }
}

fn answers(target: &str) -> bool {
    let Ok(addresses) = target.to_socket_addrs() else { return false };
    addresses.into_iter().any(|address| TcpStream::connect_timeout(&address, CONNECT_TIMEOUT).is_ok())
}

fn linked(environment: &Environment) -> Vec<String> {
    let hosts = environment.iter().filter_map(|(name, host)| {
        let port = environment.non_empty(&format!("{}_TCP_PORT", name.strip_suffix("_TCP_ADDR")?))?;
        Some(format!("{host}:{port}"))
    });
    hosts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_linked_containers() {
        let environment: Environment = [
            ("REDIS_PORT_6379_TCP_ADDR", "172.17.0.2"),
            ("REDIS_PORT_6379_TCP_PORT", "6379"),
            ("DB_TCP_ADDR", "10.0.0.1"),
        ]
        .into_iter()
        .collect();
        assert_eq!(linked(&environment), ["172.17.0.2:6379"]);
    }

    #[test]
    fn a_listener_answers() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert!(answers(&address.to_string()));
        drop(listener);
        assert!(!answers(&address.to_string()));
    }
}
