//! The engine that tests share.

use super::inventory::Inventory;
use super::watch::Watch;
use super::{
    bounded::{run_bounded, try_bounded},
    cidr, skip,
};
use crate::program;
use serde_json::Value;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

/// How long a command may take that only asks or changes something.
const USUAL: Duration = Duration::from_secs(60);

/// How long a moment may be in which an engine either answers or is not there.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// A Docker engine that answers.
#[derive(Debug, Clone)]
pub struct Engine {
    host: String,
    /// The address of this machine as containers see it, where it is not the gateway of the default network.
    machine: Option<Ipv4Addr>,
}

impl Engine {
    /// The engine that the `docker` command reaches; nothing, and a line that says so, where none answers.
    ///
    /// # Panics
    /// When none answers and `RUNNER_TESTS_NEED_DOCKER` is set.
    #[track_caller]
    pub fn require() -> Option<Self> {
        let engine = Self::find();
        if engine.is_none() {
            skip("no Docker engine (tests/engine/up starts one)");
        }
        engine
    }

    /// The engine that the `docker` command reaches, if one answers.
    pub fn find() -> Option<Self> {
        let host = match std::env::var("DOCKER_HOST") {
            Ok(host) if !host.is_empty() => host,
            _ => context_host()?,
        };
        let engine = Self::at(host, None);
        engine.is_answering().then_some(engine)
    }

    pub(super) fn at(host: String, machine: Option<Ipv4Addr>) -> Self {
        Self { host, machine }
    }

    /// Its address as in `DOCKER_HOST`, `unix:///var/run/docker.sock` for one.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path of its socket on this machine, unless it is reached in another way.
    pub fn socket(&self) -> Option<PathBuf> {
        self.host.strip_prefix("unix://").map(PathBuf::from)
    }

    /// Whether it answers now.
    pub fn is_answering(&self) -> bool {
        let mut command = self.command();
        command.args(["version", "--format", "{{.Server.Version}}"]);
        try_bounded(&mut command, b"", ANSWERS_WITHIN).is_some_and(|output| output.status.success())
    }

    /// The `docker` command, talking to this engine.
    pub fn command(&self) -> Command {
        let mut command = Command::new("docker");
        command.args(["--host", &self.host]);
        command
    }

    /// Runs `docker` with these arguments; its standard output without the last line's end.
    ///
    /// # Panics
    /// When it fails or does not end within a minute.
    #[track_caller]
    pub fn docker(&self, arguments: &[&str]) -> String {
        let output = self.try_docker(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "docker {arguments:?}: {}: {error}", output.status);
        String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned()
    }

    /// Runs `docker` with these arguments, whatever comes of it.
    ///
    /// # Panics
    /// When it does not end within a minute.
    #[track_caller]
    pub fn try_docker(&self, arguments: &[&str]) -> Output {
        run_bounded(self.command().args(arguments), b"", USUAL)
    }

    /// Runs `docker` with these arguments; each line of its standard output.
    #[track_caller]
    pub(super) fn lines(&self, arguments: &[&str]) -> Vec<String> {
        self.docker(arguments).lines().map(str::to_owned).collect()
    }

    /// The same name, if the engine has that image.
    ///
    /// # Panics
    /// When it has not.
    #[track_caller]
    pub fn image<'n>(&self, name: &'n str) -> &'n str {
        let found = self.try_docker(&["image", "inspect", "--format", "{{.Id}}", name]);
        assert!(found.status.success(), "the engine has no image {name}: run tests/engine/images");
        name
    }

    /// The address of this machine that containers reach: of the default network's gateway.
    ///
    /// # Panics
    /// When the engine has no such network.
    #[track_caller]
    pub fn machine_address(&self) -> Ipv4Addr {
        self.machine.unwrap_or_else(|| {
            // An engine that chose the network itself does not always tell the gateway: it takes the first address.
            let format = "{{range .IPAM.Config}}{{.Gateway}} {{.Subnet}}\n{{end}}";
            let networks = self.lines(&["network", "inspect", "--format", format, "bridge"]);
            let mut addresses = networks.iter().filter_map(|line| {
                let (gateway, subnet) = line.split_once(' ')?;
                gateway.parse().ok().or_else(|| cidr::first(subnet))
            });
            addresses.next().expect("the default network has IPv4 addresses")
        })
    }

    /// Whether it talks plain HTTP with a registry at that address. Always on the loopback; `tests/engine/up` starts
    /// engines that do at private addresses.
    pub fn trusts_registry_at(&self, address: Ipv4Addr) -> bool {
        let text = self.docker(&["info", "--format", "{{json .RegistryConfig.InsecureRegistryCIDRs}}"]);
        let ranges: Vec<String> = serde_json::from_str(&text).unwrap_or_default();
        ranges.iter().any(|range| cidr::holds(range, address))
    }

    /// [`Engine::machine_address`], if a registry there can be used; else a line that says why not.
    ///
    /// # Panics
    /// When it cannot and `RUNNER_TESTS_NEED_DOCKER` is set.
    #[track_caller]
    pub fn require_registry_address(&self) -> Option<Ipv4Addr> {
        let address = self.machine_address();
        let trusted = self.trusts_registry_at(address);
        if !trusted {
            skip(&format!(
                "the engine wants TLS of a registry at {address} (`insecure-registries` in daemon.json)"
            ));
        }
        trusted.then_some(address)
    }

    /// What `docker inspect` says of a container, an image, a network or a volume; nothing if it is not there.
    #[track_caller]
    pub fn inspect(&self, kind: &str, name: &str) -> Option<Value> {
        let output = self.try_docker(&[kind, "inspect", name]);
        let all: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap_or_default();
        all.into_iter().next()
    }

    /// Starts to watch what is made and removed.
    #[track_caller]
    pub fn watch(&self) -> Watch {
        Watch::start(self)
    }

    /// All that is in it now.
    #[track_caller]
    pub fn inventory(&self) -> Inventory {
        Inventory::of(self)
    }
}

/// Where the client goes without `DOCKER_HOST`; nothing if there is no client.
fn context_host() -> Option<String> {
    program::find("docker")?;
    let mut command = Command::new("docker");
    command.args(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]);
    let output = run_bounded(&mut command, b"", ANSWERS_WITHIN);
    let host = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !host.is_empty()).then_some(host)
}
