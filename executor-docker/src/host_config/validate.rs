//! All that is wrong with settings, at once: what fails jobs, and what silently does not do what it says.

use super::{ConfigError, devices, gpus, logging, mac, network, resources, security, ulimits};
use crate::reference::Reference;
use crate::volumes::{Spec, clean};
use crate::{Settings, allow, policy};
use std::collections::BTreeSet;

const VOLUME: &str = "`/cache`, `/srv/data:/data:ro` or the like";
const IMAGE: &str = "the name of an image, such as `registry.example.com/group/app:1`";

/// Everything that can be found wrong without an engine, a job or a look at files. Variables are not replaced.
pub fn validate(settings: &Settings) -> Vec<ConfigError> {
    let mut found = Vec::new();
    found.extend(host(settings));
    found.extend(resources::complaints(&settings.limits, false));
    found.extend(resources::complaints(&settings.service_limits, true));
    found.extend(single_values(settings).into_iter().filter_map(Result::err));
    found.extend(each(&settings.devices, |device| devices::devices("devices", device)));
    for (pattern, texts) in &settings.services_devices {
        found.extend(pattern_complaint("services_devices", pattern));
        found.extend(each(texts, |device| devices::devices("services_devices", device)));
    }
    found.extend(ulimits::complaints(settings));
    found.extend(volumes(settings));
    found.extend(policies("pull_policy", &settings.pull_policy));
    found.extend(policies("allowed_pull_policies", &settings.allowed_pull_policies));
    for (key, patterns) in [
        ("allowed_images", &settings.allowed_images),
        ("allowed_services", &settings.allowed_services),
        ("allowed_privileged_images", &settings.allowed_privileged_images),
        ("allowed_privileged_services", &settings.allowed_privileged_services),
    ] {
        found.extend(patterns.iter().filter_map(|pattern| pattern_complaint(key, pattern)));
    }
    found.extend(images(settings));
    found
}

fn single_values(settings: &Settings) -> Vec<Result<(), ConfigError>> {
    let tmpfs = |key, paths: Vec<&String>| {
        let relative = paths.into_iter().find(|path| !path.starts_with('/'));
        relative.map_or(Ok(()), |path| {
            let message = format!("`{path}` is not an absolute path");
            Err(ConfigError::new(
                key,
                path,
                message,
                "paths in the container, such as `\"/tmp\" = \"rw,noexec\"`",
            ))
        })
    };
    vec![
        gpus::request("gpus", &settings.limits.gpus).map(drop),
        gpus::request("service_gpus", &settings.service_limits.gpus).map(drop),
        network::dns(settings).map(drop),
        network::extra_hosts(settings).map(drop),
        mac::check(settings),
        logging::check(settings),
        security::isolation(&settings.isolation).map(drop),
        resources::at_least_zero("shm_size", settings.shm_size).map(drop),
        resources::at_least_zero("network_mtu", settings.network_mtu).map(drop),
        resources::oom_score(settings.oom_score_adjust).map(drop),
        tmpfs("tmpfs", settings.tmpfs.keys().collect()),
        tmpfs("services_tmpfs", settings.services_tmpfs.keys().collect()),
        cache_dir(settings),
    ]
}

/// What is wrong with each of some items, looked at one by one.
fn each<T>(items: &[String], read: impl Fn(&[String]) -> Result<T, ConfigError>) -> Vec<ConfigError> {
    items.iter().filter_map(|item| read(std::slice::from_ref(item)).err()).collect()
}

fn host(settings: &Settings) -> Vec<ConfigError> {
    let mut found = Vec::new();
    let known = ["unix://", "tcp://", "http://", "https://"];
    let host = &settings.host;
    if !host.is_empty() && !known.iter().any(|scheme| host.starts_with(scheme) && host.len() > scheme.len()) {
        let message = format!("`{host}` is not an address of an engine that can be used");
        let expected = "`unix:///var/run/docker.sock`, `tcp://10.0.0.1:2376` or the like";
        found.push(ConfigError::new("host", host, message, expected));
    }
    let path = &settings.tls_cert_path;
    if !path.is_empty() && !settings.tls_verify && !host.is_empty() {
        let message = format!("`{path}` is not used without `tls_verify`");
        found.push(
            ConfigError::new("tls_cert_path", path, message, "`tls_verify = true` beside it").harmless(),
        );
    }
    found
}

fn cache_dir(settings: &Settings) -> Result<(), ConfigError> {
    let path = &settings.cache_dir;
    if path.is_empty() || path.starts_with('/') {
        return Ok(());
    }
    let expected = "a directory of the engine's machine, such as `/srv/cache`";
    Err(ConfigError::new("cache_dir", path, format!("`{path}` is not an absolute path"), expected))
}

/// Whether entries are entries does not depend on variables; that two of them are one may still come of them.
fn volumes(settings: &Settings) -> Vec<ConfigError> {
    let mut taken = BTreeSet::new();
    let mut complaint = |text: &str| match Spec::parse(text, &str::to_owned) {
        Err(error) => Some(error.to_string()),
        Ok(spec) => match clean(&spec.destination) {
            path if path == "/" => Some(format!("`{text}` would hide the whole container")),
            path if taken.contains(&path) => Some(format!("there are two volumes for `{path}`")),
            path => {
                taken.insert(path);
                None
            }
        },
    };
    let entries = settings.volumes.iter().filter(|text| !text.is_empty());
    entries.filter_map(|text| Some(ConfigError::new("volumes", text, complaint(text)?, VOLUME))).collect()
}

fn policies(key: &'static str, words: &[String]) -> Vec<ConfigError> {
    let expected = "`always`, `if-not-present` or `never`";
    let wrong = words
        .iter()
        .filter_map(|word| policy::configured(key, std::slice::from_ref(word)).err().zip(Some(word)));
    wrong.map(|(error, word)| ConfigError::new(key, word, error.to_string(), expected)).collect()
}

fn pattern_complaint(key: &'static str, pattern: &str) -> Option<ConfigError> {
    let complaint = |message: String, expected| ConfigError::new(key, pattern, message, expected).harmless();
    if !allow::is_pattern(pattern) {
        let expected = "a pattern such as `registry.example.com/group/**/*:*`";
        return Some(complaint(format!("`{pattern}` cannot be read and matches nothing"), expected));
    }
    pattern.starts_with('!').then(|| {
        let message = format!("`{pattern}` excludes nothing: no image begins with `!`");
        complaint(message, "patterns of what is allowed")
    })
}

fn images(settings: &Settings) -> Vec<ConfigError> {
    let complaint = |key, name: &str| {
        let message = match name {
            "" => "a service has no name and is left out".to_owned(),
            name => format!("`{name}` is no name of an image"),
        };
        let is_wrong = !name.contains('$') && Reference::parse(name).is_none();
        is_wrong.then(|| ConfigError::new(key, name, message, IMAGE).harmless())
    };
    let own = [("image", &settings.image), ("helper_image", &settings.helper_image)];
    let own = own.into_iter().filter(|(_, name)| !name.is_empty());
    let services = settings.services.iter().map(|service| ("services", &service.name));
    own.chain(services).filter_map(|(key, name)| complaint(key, name)).collect()
}

#[cfg(test)]
mod tests;
