//! `[runners.docker]`: from checked values to the settings of the executor, and complaints about what they mean.

use super::model::DOCKER;
use super::reading::{Node, Span, Value};
use crate::diagnostic::Diagnostic;
use executor_docker::host_config::{ConfigError, validate};
use executor_docker::{Limits, ServiceSettings, Settings};

/// The settings of a section. For the docker executor, complaints are added about all of them that cannot be used
/// or do not do what they say; to others, they mean nothing.
pub(super) fn resolve(section: &Node, executor: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Settings> {
    if executor == DOCKER {
        diagnostics.extend(["builds_dir", "cache_dir"].iter().filter_map(|key| directory(section, key)));
    }
    let node = section.table("docker")?;
    let settings = settings(node);
    if executor == DOCKER {
        diagnostics.extend(validate(&settings).into_iter().map(|error| complaint(error, node)));
    }
    Some(settings)
}

/// What keeps a section of the docker executor from being used: complaints about its settings without the others.
/// A section of another executor has none.
pub(super) fn faults(section: &Node) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    resolve(section, &section.text("executor").unwrap_or_default(), &mut diagnostics);
    diagnostics.retain(Diagnostic::is_error);
    diagnostics
}

/// Directories in a container are not relative to anything here.
fn directory(section: &Node, key: &str) -> Option<Diagnostic> {
    let path = section.text(key)?;
    let fault = match path.trim_end_matches('/') {
        "" => "is the root of the container",
        path if !path.starts_with('/') => "is not an absolute path",
        _ => return None,
    };
    let diagnostic = Diagnostic::error(format!("`{key}` {fault}: `{path}`")).at(section.span_of(key));
    Some(
        diagnostic
            .expected(format!("expected a directory in the container, such as `/{}`", &key[..key.len() - 4])),
    )
}

fn complaint(error: ConfigError, node: &Node) -> Diagnostic {
    let message = format!("`runners.docker.{}`: {}", error.key, error.message);
    let diagnostic = if error.fatal { Diagnostic::error(message) } else { Diagnostic::warning(message) };
    diagnostic.at(span(&error, node)).expected(format!("expected {}", error.expected))
}

/// A service is a table of its own; everything else is found by its key.
fn span(error: &ConfigError, node: &Node) -> Span {
    let service =
        node.tables(error.key).iter().find(|table| table.text("name").unwrap_or_default() == error.value);
    service.map_or_else(|| node.span_of(error.key), |table| table.span_of("name"))
}

fn settings(node: &Node) -> Settings {
    let text = |name| node.text(name).unwrap_or_default();
    let on = |name| node.boolean(name).unwrap_or(false);
    let number = |name| node.integer(name).unwrap_or(0);
    Settings {
        host: text("host"),
        tls_verify: on("tls_verify"),
        tls_cert_path: text("tls_cert_path"),
        image: text("image"),
        hostname: text("hostname"),
        user: text("user"),
        allowed_users: node.texts("allowed_users"),
        group_add: node.texts("group_add"),
        privileged: on("privileged"),
        services_privileged: node.boolean("services_privileged"),
        disable_entrypoint_overwrite: on("disable_entrypoint_overwrite"),
        disable_cache: on("disable_cache"),
        cache_dir: text("cache_dir"),
        volumes: node.texts("volumes"),
        volumes_from: node.texts("volumes_from"),
        volume_driver: text("volume_driver"),
        volume_driver_ops: node.text_map("volume_driver_ops"),
        volume_keep: on("volume_keep"),
        network_mode: text("network_mode"),
        enable_ipv6: on("enable_ipv6"),
        network_mtu: number("network_mtu"),
        mac_address: text("mac_address"),
        dns: node.texts("dns"),
        dns_search: node.texts("dns_search"),
        extra_hosts: node.texts("extra_hosts"),
        links: node.texts("links"),
        services: node.tables("services").iter().map(service).collect(),
        services_limit: node.integer("services_limit"),
        wait_for_services_timeout: number("wait_for_services_timeout"),
        allowed_images: node.texts("allowed_images"),
        allowed_services: node.texts("allowed_services"),
        allowed_privileged_images: node.texts("allowed_privileged_images"),
        allowed_privileged_services: node.texts("allowed_privileged_services"),
        pull_policy: policies(node, "pull_policy"),
        allowed_pull_policies: policies(node, "allowed_pull_policies"),
        helper_image: text("helper_image"),
        limits: limits(node, str::to_owned),
        service_limits: limits(node, |name| format!("service_{name}")),
        runtime: text("runtime"),
        isolation: text("isolation"),
        userns_mode: text("userns_mode"),
        pid_mode: text("pid_mode"),
        ipcmode: text("ipcmode"),
        cap_add: node.texts("cap_add"),
        cap_drop: node.texts("cap_drop"),
        security_opt: node.texts("security_opt"),
        services_security_opt: node.texts("services_security_opt"),
        devices: node.texts("devices"),
        device_cgroup_rules: node.texts("device_cgroup_rules"),
        services_devices: match node.get("services_devices") {
            Some(Value::TextsMap(map)) => map.clone(),
            _ => std::collections::BTreeMap::new(),
        },
        oom_kill_disable: on("oom_kill_disable"),
        oom_score_adjust: number("oom_score_adjust"),
        shm_size: number("shm_size"),
        ulimit: node.text_map("ulimit"),
        sysctls: node.text_map("sysctls"),
        tmpfs: node.text_map("tmpfs"),
        services_tmpfs: node.text_map("services_tmpfs"),
        container_labels: node.text_map("container_labels"),
        log_options: node.text_map("log_options"),
    }
}

fn limits(node: &Node, key: impl Fn(&str) -> String) -> Limits {
    let text = |name| node.text(&key(name)).unwrap_or_default();
    Limits {
        memory: text("memory"),
        memory_swap: text("memory_swap"),
        memory_reservation: text("memory_reservation"),
        cpus: text("cpus"),
        cpuset_cpus: text("cpuset_cpus"),
        cpuset_mems: text("cpuset_mems"),
        cpu_shares: node.integer(&key("cpu_shares")).unwrap_or(0),
        cgroup_parent: text("cgroup_parent"),
        gpus: text("gpus"),
    }
}

/// `pull_policy = ""` says as little as no `pull_policy`.
fn policies(node: &Node, name: &str) -> Vec<String> {
    node.texts(name).into_iter().filter(|word| !word.is_empty()).collect()
}

fn service(node: &Node) -> ServiceSettings {
    ServiceSettings {
        name: node.text("name").unwrap_or_default(),
        alias: node.text("alias").unwrap_or_default(),
        entrypoint: node.texts("entrypoint"),
        command: node.texts("command"),
        environment: node.texts("environment").into_iter().filter(|item| item.contains('=')).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::schema::{Kind, RUNNERS, Status, Table};
    use std::collections::BTreeMap;

    fn docker() -> &'static Table {
        match RUNNERS.key("docker").map(|key| key.kind) {
            Some(Kind::Table(table)) => table,
            _ => panic!("a table"),
        }
    }

    /// A value that says something, other than what any key's absence means.
    fn some(kind: Kind) -> Value {
        let text = || "text=".to_owned();
        match kind {
            Kind::Text => Value::Text(text()),
            Kind::Integer => Value::Integer(7),
            Kind::Boolean | Kind::Switch => Value::Boolean(true),
            Kind::Texts | Kind::TextOrTexts => Value::Texts(vec![text()]),
            Kind::TextMap => Value::TextMap(BTreeMap::from([(text(), text())])),
            Kind::TextsMap => Value::TextsMap(BTreeMap::from([(text(), vec![text()])])),
            Kind::Tables(table) => Value::Tables(vec![everything(table)]),
            other => panic!("no key has {other:?}"),
        }
    }

    fn everything(table: &'static Table) -> Node {
        let mut node = Node::default();
        for key in table.keys.iter().filter(|key| key.status == Status::Honoured) {
            node.set(key.name, some(key.kind));
        }
        node
    }

    #[test]
    fn every_key_that_is_honoured_arrives() {
        for key in docker().keys {
            let mut node = Node::default();
            node.set(key.name, some(key.kind));
            let arrives = settings(&node) != Settings::default();
            assert_eq!(arrives, key.status == Status::Honoured, "{}", key.name);
        }
    }

    #[test]
    fn all_keys_fill_all_settings() {
        let all = serde_json::to_value(settings(&everything(docker()))).unwrap();
        let nothing = serde_json::to_value(Settings::default()).unwrap();
        let same = |all: &serde_json::Value, nothing: &serde_json::Value| -> Vec<String> {
            let fields = all.as_object().unwrap().iter();
            fields
                .filter(|(name, value)| nothing[name.as_str()] == **value)
                .map(|(name, _)| name.clone())
                .collect()
        };
        assert_eq!(same(&all, &nothing), [""; 0]);
        assert_eq!(same(&all["limits"], &nothing["limits"]), [""; 0]);
        // Services have no such key.
        assert_eq!(same(&all["service_limits"], &nothing["service_limits"]), ["cpuset_mems"]);
        let service = serde_json::to_value(ServiceSettings::default()).unwrap();
        assert_eq!(same(&all["services"][0], &service), [""; 0]);
    }
}
