use super::*;
use crate::{Limits, ServiceSettings};

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn nonsense() -> Settings {
    let limits = |text: &str| Limits {
        memory: text.into(),
        memory_swap: text.into(),
        memory_reservation: text.into(),
        cpus: text.into(),
        cpu_shares: -1,
        gpus: text.into(),
        ..Limits::default()
    };
    let map = |key: &str, value: &str| [(key.to_owned(), value.to_owned())].into();
    Settings {
        host: "ssh://machine".into(),
        tls_cert_path: "/certs".into(),
        image: "Ruby".into(),
        helper_image: "a b".into(),
        limits: limits("lots"),
        service_limits: limits("many"),
        dns: texts(&["dns.example.com"]),
        extra_hosts: texts(&["db=10.0.0.1"]),
        mac_address: "x".into(),
        log_options: map("max-size", "1m"),
        isolation: "hyperv".into(),
        shm_size: -1,
        network_mtu: -5,
        oom_score_adjust: 2000,
        tmpfs: map("tmp", "rw"),
        services_tmpfs: map("run", "rw"),
        cache_dir: "cache".into(),
        devices: texts(&["/dev/a:/dev/b:r:x", "/dev/fuse", "fuse"]),
        services_devices: [("[".to_owned(), texts(&["kvm"]))].into(),
        ulimit: [("nofile".to_owned(), "lots".to_owned()), ("files".to_owned(), "1".to_owned())].into(),
        volumes: texts(&["/cache", "cache", "/", "/cache/", "/srv:/data:what"]),
        pull_policy: texts(&["always", "sometimes"]),
        allowed_pull_policies: texts(&["Never"]),
        allowed_images: texts(&["[a", "ruby:*", "!evil"]),
        allowed_services: texts(&["{a"]),
        allowed_privileged_images: texts(&["a\\"]),
        allowed_privileged_services: texts(&["[]"]),
        services: vec![
            ServiceSettings::default(),
            ServiceSettings { name: "$DB".into(), ..Default::default() },
        ],
        ..Settings::default()
    }
}

#[test]
fn all_that_is_wrong_is_named_at_once() {
    let found: Vec<String> = validate(&nonsense())
        .into_iter()
        .map(|error| format!("{}{error}", if error.fatal { "" } else { "harmless: " }))
        .collect();
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn settings_of_every_day_are_fine() {
    let limits = Limits {
        memory: "512m".into(),
        memory_swap: "-1".into(),
        cpus: "1.5".into(),
        gpus: "all".into(),
        ..Limits::default()
    };
    let settings = Settings {
        host: "unix:///run/podman/podman.sock".into(),
        image: "registry.example.com:5000/$GROUP/ruby".into(),
        limits: limits.clone(),
        service_limits: limits,
        volumes: texts(&[
            "/cache",
            "/certs/client",
            "/var/run/docker.sock:/var/run/docker.sock",
            "/srv/$X:/d/$X:ro",
        ]),
        pull_policy: texts(&["always", "if-not-present", "always"]),
        allowed_images: texts(&["**/*"]),
        ..Settings::default()
    };
    assert_eq!(validate(&settings), []);
    assert_eq!(validate(&Settings::default()), []);
}
