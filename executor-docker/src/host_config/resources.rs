//! Memory and processors.

use super::{ConfigError, text};
use crate::Limits;
use crate::sizes::{self, SizeError};
use bollard::models::HostConfig;

const SIZE: &str = "a number and a unit, such as `512m` or `1.5g`";
const CPUS: &str = "a number of processors, such as `0.5`, `2` or `3/2`";

/// The names of keys: of jobs, of services.
type Keys = [&'static str; 2];

const MEMORY: Keys = ["memory", "service_memory"];
const SWAP: Keys = ["memory_swap", "service_memory_swap"];
const RESERVATION: Keys = ["memory_reservation", "service_memory_reservation"];
const PROCESSORS: Keys = ["cpus", "service_cpus"];
const SHARES: Keys = ["cpu_shares", "service_cpu_shares"];

/// Sets what limits a container.
pub(super) fn limit(host: &mut HostConfig, limits: &Limits, of_service: bool) -> Result<(), ConfigError> {
    let key = |keys: Keys| keys[usize::from(of_service)];
    host.memory = memory(key(MEMORY), &limits.memory)?;
    host.memory_swap = swap(key(SWAP), &limits.memory_swap)?;
    host.memory_reservation = memory(key(RESERVATION), &limits.memory_reservation)?;
    host.nano_cpus = cpus(key(PROCESSORS), &limits.cpus)?;
    host.cpu_shares = at_least_zero(key(SHARES), limits.cpu_shares)?;
    host.cpuset_cpus = text(&limits.cpuset_cpus);
    // Services have no such key.
    host.cpuset_mems = text(&limits.cpuset_mems).filter(|_| !of_service);
    host.cgroup_parent = text(&limits.cgroup_parent);
    Ok(())
}

/// Everything that is wrong with limits.
pub(super) fn complaints(limits: &Limits, of_service: bool) -> Vec<ConfigError> {
    let key = |keys: Keys| keys[usize::from(of_service)];
    [
        memory(key(MEMORY), &limits.memory),
        swap(key(SWAP), &limits.memory_swap),
        memory(key(RESERVATION), &limits.memory_reservation),
        cpus(key(PROCESSORS), &limits.cpus),
        at_least_zero(key(SHARES), limits.cpu_shares),
    ]
    .into_iter()
    .filter_map(Result::err)
    .collect()
}

fn memory(key: &'static str, text: &str) -> Result<Option<i64>, ConfigError> {
    let error =
        |error: SizeError| ConfigError::new(key, text, format!("invalid size: '{text}': {error}"), SIZE);
    if text.is_empty() {
        return Ok(None);
    }
    sizes::bytes(text).map(Some).map_err(error)
}

/// Minus one lifts the engine's bound on swap.
fn swap(key: &'static str, text: &str) -> Result<Option<i64>, ConfigError> {
    if text == "-1" { Ok(Some(-1)) } else { memory(key, text) }
}

fn cpus(key: &'static str, text: &str) -> Result<Option<i64>, ConfigError> {
    let error = |error: SizeError| {
        let message = format!("failed to parse {text} as a rational number: {error}");
        ConfigError::new(key, text, message, CPUS)
    };
    if text.is_empty() {
        return Ok(None);
    }
    sizes::nano_cpus(text).map(Some).map_err(error)
}

/// A number that is no less than zero, which means that none is set.
pub(super) fn at_least_zero(key: &'static str, number: i64) -> Result<Option<i64>, ConfigError> {
    match number {
        ..0 => Err(ConfigError::new(key, number.to_string(), format!("{number} is negative"), "0 or more")),
        0 => Ok(None),
        number => Ok(Some(number)),
    }
}

/// How readily the kernel kills for lack of memory.
pub(super) fn oom_score(number: i64) -> Result<Option<i64>, ConfigError> {
    if !(-1000..=1000).contains(&number) {
        let message = format!("{number} is out of range");
        return Err(ConfigError::new("oom_score_adjust", number.to_string(), message, "-1000 to 1000"));
    }
    Ok((number != 0).then_some(number))
}
