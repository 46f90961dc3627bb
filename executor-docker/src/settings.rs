//! What `[runners.docker]` says, as the executor reads it.
//!
//! The names are those of the configuration file, the meaning is gitlab-runner's. Texts are as written: sizes,
//! devices, volumes and the like are understood where they are used.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The keys of `[runners.docker]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Address of the engine; empty: the environment's, else the usual socket.
    pub host: String,
    /// Whether the engine's certificate is verified, which also makes the connection use TLS.
    pub tls_verify: bool,
    /// Directory with `ca.pem`, `cert.pem` and `key.pem`.
    pub tls_cert_path: String,
    /// The image of jobs that name none.
    pub image: String,
    /// Host name of the build container.
    pub hostname: String,
    /// The user that commands of the build container run as; wins over the job's.
    pub user: String,
    /// Users that jobs may ask for; empty: any.
    pub allowed_users: Vec<String>,
    /// Additional groups.
    pub group_add: Vec<String>,
    /// Whether all containers are privileged.
    pub privileged: bool,
    /// Whether services are, where that differs.
    pub services_privileged: Option<bool>,
    /// Whether jobs may not replace an image's entrypoint.
    pub disable_entrypoint_overwrite: bool,
    /// Whether volumes end with the job.
    pub disable_cache: bool,
    /// Directory of the engine's machine that takes the place of named volumes.
    pub cache_dir: String,
    /// Volumes, each `[SOURCE:]DESTINATION[:OPTIONS]`.
    pub volumes: Vec<String>,
    /// Containers whose volumes are mounted too.
    pub volumes_from: Vec<String>,
    /// Driver of volumes.
    pub volume_driver: String,
    /// Options of that driver.
    pub volume_driver_ops: BTreeMap<String, String>,
    /// Whether anonymous volumes stay.
    pub volume_keep: bool,
    /// The mode of the network, empty for the engine's bridge or a network of the job.
    pub network_mode: String,
    /// Whether the job's network has IPv6 addresses.
    pub enable_ipv6: bool,
    /// Largest packet of the job's network in bytes; 0: the engine's choice.
    pub network_mtu: i64,
    /// Hardware address of every container.
    pub mac_address: String,
    /// Name servers.
    pub dns: Vec<String>,
    /// Domains to search.
    pub dns_search: Vec<String>,
    /// Entries of `/etc/hosts`, `name:address`.
    pub extra_hosts: Vec<String>,
    /// Links to containers of the operator's.
    pub links: Vec<String>,
    /// Services of every job, started before the job's own.
    pub services: Vec<ServiceSettings>,
    /// Most services of a job; negative: any number.
    pub services_limit: Option<i64>,
    /// Longest wait for services to be ready, in seconds; 0: 30 s; negative: no wait.
    pub wait_for_services_timeout: i64,
    /// Images that jobs may use; empty: any.
    pub allowed_images: Vec<String>,
    /// Services that jobs may use; empty: any.
    pub allowed_services: Vec<String>,
    /// Images that are privileged where `privileged` is set; empty: all.
    pub allowed_privileged_images: Vec<String>,
    /// Services that are privileged; empty: all.
    pub allowed_privileged_services: Vec<String>,
    /// Pull policies in the order to try.
    pub pull_policy: Vec<String>,
    /// Pull policies that jobs may ask for; empty: those of `pull_policy`.
    pub allowed_pull_policies: Vec<String>,
    /// The helper container's image, instead of the runner's own.
    pub helper_image: String,
    /// Resources of build and helper container.
    pub limits: Limits,
    /// Resources of services.
    pub service_limits: Limits,
    /// OCI runtime.
    pub runtime: String,
    /// Isolation technology: empty or `default` on Linux.
    pub isolation: String,
    /// Name space of users: `host`.
    pub userns_mode: String,
    /// Name space of processes of the build container.
    pub pid_mode: String,
    /// Name space for shared memory.
    pub ipcmode: String,
    /// Capabilities added.
    pub cap_add: Vec<String>,
    /// Capabilities taken away.
    pub cap_drop: Vec<String>,
    /// Security options.
    pub security_opt: Vec<String>,
    /// Security options of services.
    pub services_security_opt: Vec<String>,
    /// Devices, `HOST[:CONTAINER[:PERMISSIONS]]`.
    pub devices: Vec<String>,
    /// Rules for devices.
    pub device_cgroup_rules: Vec<String>,
    /// Devices of services, by a pattern of their image.
    pub services_devices: BTreeMap<String, Vec<String>>,
    /// Whether the kernel may not kill for lack of memory.
    pub oom_kill_disable: bool,
    /// How readily it does.
    pub oom_score_adjust: i64,
    /// Bytes of `/dev/shm`; 0: the engine's choice.
    pub shm_size: i64,
    /// Limits of processes, `SOFT[:HARD]`.
    pub ulimit: BTreeMap<String, String>,
    /// Kernel parameters.
    pub sysctls: BTreeMap<String, String>,
    /// File systems in memory: path and options.
    pub tmpfs: BTreeMap<String, String>,
    /// The same for services.
    pub services_tmpfs: BTreeMap<String, String>,
    /// Labels of containers.
    pub container_labels: BTreeMap<String, String>,
    /// Options of the log driver: `env` and `labels`.
    pub log_options: BTreeMap<String, String>,
}

/// Resources of containers; empty texts and zeros set no limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Memory, a number and a unit.
    pub memory: String,
    /// Memory and swap together.
    pub memory_swap: String,
    /// Soft limit of memory.
    pub memory_reservation: String,
    /// Number of processors, a rational number.
    pub cpus: String,
    /// Which processors.
    pub cpuset_cpus: String,
    /// Which memory nodes; not for services.
    pub cpuset_mems: String,
    /// Relative weight.
    pub cpu_shares: i64,
    /// Parent control group.
    pub cgroup_parent: String,
    /// Graphics processors, as the docker command line writes them.
    pub gpus: String,
}

/// One `[[runners.docker.services]]`. `Debug` shows no values of variables: they may be secret.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceSettings {
    /// The image.
    pub name: String,
    /// Further host names.
    pub alias: String,
    /// Replaces the image's entrypoint.
    pub entrypoint: Vec<String>,
    /// Replaces the image's command.
    pub command: Vec<String>,
    /// Variables, `NAME=value`.
    pub environment: Vec<String>,
}

impl fmt::Debug for ServiceSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> =
            self.environment.iter().map(|item| item.split('=').next().unwrap_or_default()).collect();
        f.debug_struct("ServiceSettings")
            .field("name", &self.name)
            .field("alias", &self.alias)
            .field("entrypoint", &self.entrypoint)
            .field("command", &self.command)
            .field("environment", &names)
            .finish()
    }
}

impl Settings {
    /// How long services may take to be ready; none: they are not waited for.
    pub fn service_patience(&self) -> Option<Duration> {
        match self.wait_for_services_timeout {
            ..0 => None,
            0 => Some(Duration::from_secs(30)),
            seconds => Some(Duration::from_secs(seconds.unsigned_abs())),
        }
    }
}
