//! What `[runners.docker]` limits and hardens, as a job finds it.

use super::rig::{Rig, says, shown};
use crate::support::LONG;
use kit::docker::Engine;
use kit::payload::Payload;
use kit::runner::{Config, Section, Service};
use serde_json::json;

#[test]
fn limits_hold_inside() {
    let limited = Rig::start("rig/busybox", |section| {
        section
            .docker("memory", "64m")
            .docker("memory_swap", "64m")
            .docker("cpus", "0.5")
            .docker("cpuset_cpus", "0")
            .docker("shm_size", 8_388_608)
            .docker("ulimit", json!({ "nofile": "100:200" }))
            .docker("sysctls", json!({ "net.ipv4.ip_unprivileged_port_start": "80" }))
            .docker("cap_drop", vec!["CHOWN", "NET_RAW"])
            .docker("cap_add", vec!["SYS_PTRACE"])
            .docker("security_opt", vec!["no-new-privileges"])
            .docker("devices", vec!["/dev/null:/dev/nought:r"])
            .docker("tmpfs", json!({ "/fast": "rw,size=1m" }))
            .docker("dns", vec!["192.0.2.53"])
            .docker("dns_search", vec!["example.test"])
            .docker("extra_hosts", vec!["other.test:192.0.2.7"])
            .docker("hostname", "box")
            .docker("volumes", vec!["/cache", "/etc/hostname:/mnt/read:ro"])
            .docker("container_labels", json!({ "of.test": "$CI_JOB_ID" }))
            .docker("group_add", vec!["4242"])
    });
    let Some(rig) = limited else { return };
    let script = [
        "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max",
        "echo cpus $(nproc)",
        "df -k /dev/shm /fast | awk '{ print $NF, $2 }'",
        "ulimit -n; ulimit -Hn",
        "cat /proc/sys/net/ipv4/ip_unprivileged_port_start",
        "touch owned && { chown 1 owned 2>/dev/null && echo could chown || echo could not chown; }",
        "grep NoNewPrivs /proc/self/status",
        "echo x 2>/dev/null > /dev/nought || echo device is read-only",
        "cat /etc/resolv.conf; grep other.test /etc/hosts; hostname",
        "touch /mnt/read 2>/dev/null || echo volume is read-only",
        "id -G",
    ];
    let log = rig.succeeds(&Payload::new("limits", &script));
    says(&log, &["67108864", "cpus 1", "/dev/shm 8192", "/fast 1024", "100\n", "200\n", "could not chown"]);
    says(&log, &["NoNewPrivs:\t1", "nameserver 192.0.2.53", "search example.test", "192.0.2.7", "box"]);
    says(&log, &["volume is read-only", "4242", "device is read-only"]);
    rig.finish();
}

#[test]
fn running_out_of_memory_is_named_with_the_limit() {
    let small = |section: kit::runner::Section| section.docker("memory", "40m").docker("memory_swap", "40m");
    let Some(rig) = Rig::start("rig/base", small) else { return };
    for (script, code) in
        [("head -c 200m /dev/zero | tail | wc -c", 137), ("x=$(head -c 200m /dev/zero | tr '\\0' x)", 137)]
    {
        let (log, last) = rig.fails(&Payload::new("oom", &[script]));
        assert_eq!(
            (last.failure_reason.as_deref(), last.exit_code),
            (Some("script_failure"), Some(code)),
            "{script}"
        );
        says(&log, &["out of memory", "the container's limit of 40 MiB"]);
    }
    // Somebody's own 137 is not that.
    let (log, _) = rig.fails(&Payload::new("own", &["exit 137"]));
    assert!(!shown(&log).contains("out of memory"), "{log:?}");
    rig.finish();
}

#[test]
fn nonsense_in_the_configuration_is_named_when_it_is_loaded() {
    let Some(engine) = Engine::require() else { return };
    for (key, value) in [
        ("memory", json!("lots")),
        ("cpus", json!("some")),
        ("volumes", json!(["nonsense"])),
        ("devices", json!(["a:b:c:d"])),
        ("dns", json!(["not an address"])),
        ("ulimit", json!({ "nofile": "many" })),
        ("pull_policy", json!("sometimes")),
    ] {
        let section = Section::with_docker("http://127.0.0.1:9", "glrt-kitkitkit", "rig/busybox");
        let section = section.docker("host", engine.host()).docker(key, value.clone());
        let mut service = Service::start(&Config::with_section(section));
        assert!(!service.wait(LONG).success(), "{key} = {value}");
        let log = service.log();
        assert!(log.contains(key) && log.contains("configuration cannot be used"), "{key} = {value}:\n{log}");
    }
}

#[test]
fn what_is_not_there_fails_the_job_that_needs_it() {
    for (key, value, named) in [
        ("security_opt", json!(["seccomp=/no/such/file"]), "/no/such/file"),
        ("devices", json!(["/dev/no-such-device"]), "/dev/no-such-device"),
        ("network_mode", json!("no-such-network"), "no-such-network"),
        ("runtime", json!("no-such-runtime"), "no-such-runtime"),
        ("volumes_from", json!(["no-such-container"]), "no-such-container"),
    ] {
        let Some(rig) = Rig::start("rig/busybox", |section| section.docker(key, value.clone())) else {
            return;
        };
        let (log, _) = rig.fails(&Payload::new("lacks", &["true"]));
        says(&log, &[named, "ERROR: Job failed"]);
        rig.finish();
    }
}
