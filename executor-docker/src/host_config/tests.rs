use super::*;
use crate::Limits;
use bollard::models::HostConfigIsolationEnum;
use std::collections::BTreeMap;
use std::io;

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn pairs(key: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(key.to_owned(), value.to_owned())])
}

fn limits(of: &str) -> Limits {
    Limits {
        memory: "512m".into(),
        memory_swap: "1g".into(),
        memory_reservation: "128m".into(),
        cpus: "1/2".into(),
        cpuset_cpus: "0,1".into(),
        cpuset_mems: "0".into(),
        cpu_shares: 512,
        cgroup_parent: of.into(),
        gpus: "all".into(),
    }
}

/// Everything set that a container may show.
fn everything() -> Settings {
    Settings {
        privileged: true,
        limits: limits("jobs"),
        service_limits: limits("services"),
        runtime: "kata".into(),
        isolation: "default".into(),
        userns_mode: "host".into(),
        pid_mode: "host".into(),
        ipcmode: "shareable".into(),
        cap_add: texts(&["NET_ADMIN"]),
        cap_drop: texts(&["CHOWN"]),
        security_opt: texts(&["no-new-privileges"]),
        services_security_opt: texts(&["label=disable"]),
        devices: texts(&["/dev/fuse"]),
        device_cgroup_rules: texts(&["c 1:* r"]),
        services_devices: [("redis:*".to_owned(), texts(&["/dev/kvm"]))].into(),
        group_add: texts(&["docker"]),
        oom_score_adjust: 500,
        shm_size: 1 << 20,
        ulimit: pairs("nofile", "1:2"),
        sysctls: pairs("net.a", "1"),
        tmpfs: pairs("/tmp", "rw"),
        services_tmpfs: pairs("/run", "rw"),
        dns: texts(&["10.0.0.53"]),
        dns_search: texts(&["example.com"]),
        extra_hosts: texts(&["db:10.0.0.7"]),
        links: texts(&["old:db"]),
        network_mode: "mine".into(),
        volumes_from: texts(&["data:ro"]),
        volume_driver: "local".into(),
        ..Settings::default()
    }
}

fn no_files(_: &str) -> io::Result<String> {
    Err(io::Error::from(io::ErrorKind::NotFound))
}

fn of(settings: &Settings, role: Role<'_>) -> HostConfig {
    host_config(settings, role, true, &no_files).unwrap()
}

const BUILD: Role<'_> = Role::Build { image: "ruby:3" };
const SERVICE: Role<'_> = Role::Service { image: "redis" };

/// The names of what a container gets, as the engine knows them.
fn keys(host: &HostConfig) -> Vec<String> {
    let serde_json::Value::Object(map) = serde_json::to_value(host).unwrap() else { panic!("an object") };
    map.into_iter().map(|(key, _)| key).collect()
}

#[test]
fn each_role_gets_what_is_its_own() {
    let common = "CgroupParent CpuShares CpusetCpus Dns DnsSearch ExtraHosts Isolation LogConfig Memory \
                  MemoryReservation MemorySwap NanoCpus NetworkMode Privileged RestartPolicy Runtime SecurityOpt ShmSize \
                  Tmpfs UsernsMode";
    let jobs = "CpusetMems GroupAdd IpcMode Links OomKillDisable OomScoreAdj Sysctls Ulimits VolumeDriver VolumesFrom";
    let build = "CapAdd CapDrop DeviceCgroupRules DeviceRequests Devices Init PidMode";
    let services = "DeviceRequests Devices Init";
    for (role, groups) in
        [(BUILD, &[common, jobs, build][..]), (Role::Helper, &[common, jobs]), (SERVICE, &[common, services])]
    {
        let mut expected: Vec<&str> = groups.iter().flat_map(|group| group.split_whitespace()).collect();
        expected.sort_unstable();
        assert_eq!(keys(&of(&everything(), role)), expected, "{role:?}");
    }
}

#[test]
fn nothing_set_is_nothing_sent() {
    let host = of(&Settings::default(), BUILD);
    assert_eq!(keys(&host), ["Init", "LogConfig", "OomKillDisable", "Privileged", "RestartPolicy"]);
    assert_eq!((host.oom_kill_disable, host.privileged), (Some(false), Some(false)));
    assert_eq!(host.restart_policy.unwrap().name, Some(RestartPolicyNameEnum::NO));
    let helper = of(&Settings::default(), Role::Helper);
    assert_eq!(keys(&helper), ["LogConfig", "OomKillDisable", "Privileged", "RestartPolicy"]);
    let without = host_config(&Settings::default(), BUILD, false, &no_files).unwrap();
    assert_eq!(without.init, None);
}

#[test]
fn values_arrive() {
    let build = of(&everything(), BUILD);
    assert_eq!((build.memory, build.memory_swap), (Some(512 << 20), Some(1 << 30)));
    assert_eq!((build.nano_cpus, build.cpu_shares), (Some(500_000_000), Some(512)));
    assert_eq!(build.cgroup_parent.as_deref(), Some("jobs"));
    assert_eq!(build.isolation, Some(HostConfigIsolationEnum::DEFAULT));
    assert_eq!(build.security_opt, Some(texts(&["no-new-privileges"])));
    assert_eq!(build.tmpfs.unwrap()["/tmp"], "rw");
    assert_eq!(build.ulimits.unwrap()[0].hard, Some(2));
    assert_eq!(build.device_requests.unwrap()[0].count, Some(-1));
    assert_eq!(build.network_mode.as_deref(), Some("mine"));
    let service = of(&everything(), SERVICE);
    assert_eq!(service.cgroup_parent.as_deref(), Some("services"));
    assert_eq!(service.security_opt, Some(texts(&["label=disable"])));
    assert_eq!(service.tmpfs.unwrap()["/run"], "rw");
    assert_eq!(service.devices.unwrap()[0].path_on_host.as_deref(), Some("/dev/kvm"));
    assert_eq!(of(&everything(), Role::Service { image: "cache/redis" }).devices, None);
}

#[test]
fn logs_are_kept_where_somebody_reads_them() {
    let log = |settings: &Settings, role| of(settings, role).log_config.unwrap();
    for role in [BUILD, Role::Helper] {
        assert_eq!(log(&Settings::default(), role).typ.as_deref(), Some("none"));
    }
    let service = log(&Settings::default(), SERVICE);
    assert_eq!(service.typ.as_deref(), Some("json-file"));
    let config = service.config.unwrap();
    assert_eq!((config["max-size"].as_str(), config["max-file"].as_str()), ("20m", "5"));
    let settings = Settings { log_options: pairs("labels", "team"), ..Settings::default() };
    for role in [BUILD, SERVICE] {
        let log = log(&settings, role);
        assert_eq!(log.typ.as_deref(), Some("json-file"));
        assert_eq!(log.config.unwrap()["labels"], "team");
    }
    let settings = Settings { log_options: pairs("x", "1"), ..Settings::default() };
    let error = host_config(&settings, BUILD, false, &no_files).unwrap_err();
    assert_eq!(
        error.message,
        "invalid log options: only [\"env\" \"labels\"] are allowed, but found: [\"x\"]"
    );
}

#[test]
fn who_is_privileged() {
    let settings =
        |privileged, services_privileged| Settings { privileged, services_privileged, ..Settings::default() };
    for (privileged, services, build, service) in [
        (false, None, false, false),
        (true, None, true, true),
        (true, Some(false), true, false),
        (false, Some(true), false, true),
    ] {
        let settings = settings(privileged, services);
        assert_eq!(is_privileged(&settings, BUILD), build);
        assert_eq!(is_privileged(&settings, SERVICE), service);
        assert!(!is_privileged(&settings, Role::Helper));
    }
    let settings = Settings {
        allowed_privileged_images: texts(&["docker:*"]),
        allowed_privileged_services: texts(&["docker:*-dind"]),
        ..settings(true, None)
    };
    assert!(!is_privileged(&settings, BUILD));
    assert!(is_privileged(&settings, Role::Build { image: "docker:24" }));
    assert!(!is_privileged(&settings, Role::Service { image: "docker:24" }));
    assert!(is_privileged(&settings, Role::Service { image: "docker:24-dind" }));
}

#[test]
fn the_first_wrong_value_is_named() {
    let settings =
        Settings { limits: Limits { memory: "lots".into(), ..Limits::default() }, ..Settings::default() };
    let error = host_config(&settings, BUILD, false, &no_files).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`memory`: invalid size: 'lots': there is no number (expected a number and a unit, such as `512m` or `1.5g`)"
    );
    assert!(host_config(&settings, SERVICE, false, &no_files).is_ok());
    let settings = Settings { security_opt: texts(&["seccomp=/none"]), ..Settings::default() };
    assert_eq!(host_config(&settings, Role::Helper, false, &no_files).unwrap_err().key, "security_opt");
}
