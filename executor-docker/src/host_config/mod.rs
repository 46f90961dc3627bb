//! What `[runners.docker]` makes of a container, apart from its image, its command and its volumes.
//!
//! Which container gets what is as with gitlab-runner, but for the helper container: only code of the runner's own
//! runs in it, so it is never privileged, has no devices and graphics processors, and keeps the engine's default
//! capabilities, which it needs to hand the job's directories over to the job's user.
//!
//! | Settings | Build | Helper | Services |
//! |---|---|---|---|
//! | name servers, hosts, mode of the network, runtime, isolation, `userns_mode`, `shm_size` | yes | yes | yes |
//! | limits, `cgroup_parent` | yes | yes | those of services |
//! | security options, file systems in memory | yes | yes | those of services |
//! | groups, limits of processes, kernel parameters, `ipcmode`, `links`, `volumes_from`, killing for lack of memory | yes | yes | no |
//! | devices, graphics processors | yes | no | those of services |
//! | `privileged` | by its list | no | by its list |
//! | capabilities, rules for devices, `pid_mode` | yes | no | no |

mod devices;
mod error;
mod gpus;
mod logging;
mod mac;
mod network;
mod resources;
mod security;
mod ulimits;
mod validate;

use crate::{Settings, allow, reference};
use bollard::models::{HostConfig, RestartPolicy, RestartPolicyNameEnum};
use std::collections::{BTreeMap, HashMap};

pub use error::ConfigError;
pub use mac::{MacAddress, mac_address};
pub use security::ReadFile;
pub use validate::validate;

/// What a container is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role<'a> {
    /// The job's image, by the name that the job or the configuration gives it, expanded.
    Build {
        /// The name.
        image: &'a str,
    },
    /// The runner's own tools.
    Helper,
    /// A service, by its image's name, expanded.
    Service {
        /// The name.
        image: &'a str,
    },
}

impl Role<'_> {
    fn is_service(self) -> bool {
        matches!(self, Self::Service { .. })
    }

    /// Whether it runs what others have written with the rights that the configuration gives to jobs.
    fn is_build(self) -> bool {
        matches!(self, Self::Build { .. })
    }
}

/// Everything that the settings say of a container of that role. Binds, the job's own network and the host names of
/// services are the caller's to add. `uses_init` puts an init process into build container and services;
/// `read_file` reads profiles of seccomp, which lie on the runner's machine.
///
/// # Errors
/// [`ConfigError`] names the first value that cannot be used.
pub fn host_config(
    settings: &Settings,
    role: Role<'_>,
    uses_init: bool,
    read_file: &ReadFile<'_>,
) -> Result<HostConfig, ConfigError> {
    let mut host = HostConfig {
        privileged: Some(is_privileged(settings, role)),
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::NO),
            maximum_retry_count: None,
        }),
        runtime: text(&settings.runtime),
        userns_mode: text(&settings.userns_mode),
        isolation: security::isolation(&settings.isolation)?,
        network_mode: text(&settings.network_mode),
        dns: list(&network::dns(settings)?),
        dns_search: list(&settings.dns_search),
        extra_hosts: list(&network::extra_hosts(settings)?),
        shm_size: resources::at_least_zero("shm_size", settings.shm_size)?,
        log_config: Some(logging::log_config(settings, role)?),
        init: (uses_init && role != Role::Helper).then_some(true),
        ..HostConfig::default()
    };
    match role {
        Role::Build { .. } | Role::Helper => for_jobs(settings, role, read_file, &mut host)?,
        Role::Service { image } => for_services(settings, image, read_file, &mut host)?,
    }
    Ok(host)
}

/// Whether a container is privileged.
///
/// The lists of privileged images are asked about the image that runs. gitlab-runner asks about the name in the
/// payload, which is empty where a job takes the default image.
pub fn is_privileged(settings: &Settings, role: Role<'_>) -> bool {
    match role {
        Role::Build { image } => {
            settings.privileged && allow::allows(&settings.allowed_privileged_images, image)
        }
        Role::Helper => false,
        Role::Service { image } => {
            settings.services_privileged.unwrap_or(settings.privileged)
                && allow::allows(&settings.allowed_privileged_services, image)
        }
    }
}

fn for_jobs(
    settings: &Settings,
    role: Role<'_>,
    read_file: &ReadFile<'_>,
    host: &mut HostConfig,
) -> Result<(), ConfigError> {
    resources::limit(host, &settings.limits, false)?;
    host.security_opt = list(&security::options("security_opt", &settings.security_opt, read_file)?);
    host.tmpfs = map(&settings.tmpfs);
    host.sysctls = map(&settings.sysctls);
    host.ulimits = list(&ulimits::ulimits(settings)?);
    host.group_add = list(&settings.group_add);
    host.ipc_mode = text(&settings.ipcmode);
    host.links = list(&settings.links);
    host.volumes_from = list(&settings.volumes_from);
    host.volume_driver = text(&settings.volume_driver);
    host.oom_kill_disable = Some(settings.oom_kill_disable);
    host.oom_score_adj = resources::oom_score(settings.oom_score_adjust)?;
    if role.is_build() {
        host.devices = list(&devices::devices("devices", &settings.devices)?);
        host.device_requests = gpus::request("gpus", &settings.limits.gpus)?.map(|request| vec![request]);
        host.device_cgroup_rules = list(&settings.device_cgroup_rules);
        host.cap_add = list(&settings.cap_add);
        host.cap_drop = list(&settings.cap_drop);
        host.pid_mode = text(&settings.pid_mode);
    }
    Ok(())
}

fn for_services(
    settings: &Settings,
    image: &str,
    read_file: &ReadFile<'_>,
    host: &mut HostConfig,
) -> Result<(), ConfigError> {
    resources::limit(host, &settings.service_limits, true)?;
    let options = &settings.services_security_opt;
    host.security_opt = list(&security::options("services_security_opt", options, read_file)?);
    host.tmpfs = map(&settings.services_tmpfs);
    host.devices = list(&devices::of_service(settings, &reference::with_version(image))?);
    let gpus = &settings.service_limits.gpus;
    host.device_requests = gpus::request("service_gpus", gpus)?.map(|request| vec![request]);
    Ok(())
}

fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn list<T: Clone>(items: &[T]) -> Option<Vec<T>> {
    (!items.is_empty()).then(|| items.to_vec())
}

fn map(items: &BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    (!items.is_empty()).then(|| items.clone().into_iter().collect())
}

#[cfg(test)]
mod tests;
