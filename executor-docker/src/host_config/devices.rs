//! Devices of containers.

use super::ConfigError;
use crate::{Settings, allow};
use bollard::models::DeviceMapping;

const EXPECTED: &str = "a device as `/dev/fuse`, `/dev/sda:/dev/xvda` or `/dev/sda:/dev/xvda:r`";

/// Reads devices, each `HOST[:CONTAINER[:PERMISSIONS]]`, or `HOST:PERMISSIONS` as the docker command line has it too.
pub(super) fn devices(key: &'static str, texts: &[String]) -> Result<Vec<DeviceMapping>, ConfigError> {
    texts.iter().map(|text| device(key, text)).collect()
}

/// The devices of a service: those of every pattern that matches its image, which is to have a version.
pub(super) fn of_service(settings: &Settings, image: &str) -> Result<Vec<DeviceMapping>, ConfigError> {
    let mut all = Vec::new();
    for (pattern, texts) in &settings.services_devices {
        if allow::matches_any(std::slice::from_ref(pattern), image) {
            all.extend(devices("services_devices", texts)?);
        }
    }
    Ok(all)
}

fn device(key: &'static str, text: &str) -> Result<DeviceMapping, ConfigError> {
    let error = |why: &str| {
        ConfigError::new(key, text, format!("failed to parse device string {text:?}: {why}"), EXPECTED)
    };
    let parts: Vec<&str> = text.split(':').collect();
    let (host, container, permissions) = match *parts.as_slice() {
        [host] => (host, host, "rwm"),
        [host, permissions] if are_permissions(permissions) => (host, host, permissions),
        [host, container] => (host, container, "rwm"),
        [host, container, permissions] => (host, container, permissions),
        _ => return Err(error("too many colons")),
    };
    if !host.starts_with('/') || !container.starts_with('/') {
        return Err(error("a path is not absolute"));
    }
    if !are_permissions(permissions) {
        return Err(error("the permissions are not made of r, w and m"));
    }
    Ok(DeviceMapping {
        path_on_host: Some(host.to_owned()),
        path_in_container: Some(container.to_owned()),
        cgroup_permissions: Some(permissions.to_owned()),
    })
}

fn are_permissions(text: &str) -> bool {
    let each_once = |c: char| "rwm".contains(c) && text.matches(c).count() == 1;
    !text.is_empty() && text.chars().all(each_once)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_completed() {
        for (text, parts) in [
            ("/dev/fuse", ["/dev/fuse", "/dev/fuse", "rwm"]),
            ("/dev/fuse:r", ["/dev/fuse", "/dev/fuse", "r"]),
            ("/dev/a:/dev/b", ["/dev/a", "/dev/b", "rwm"]),
            ("/dev/a:/dev/b:mw", ["/dev/a", "/dev/b", "mw"]),
        ] {
            let device = device("devices", text).unwrap();
            let found = [device.path_on_host, device.path_in_container, device.cgroup_permissions];
            assert_eq!(found.map(Option::unwrap), parts, "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        let message = |text: &str| device("devices", text).unwrap_err().message;
        assert_eq!(message("/a:/b:r:x"), "failed to parse device string \"/a:/b:r:x\": too many colons");
        for text in ["", "fuse", "/a:b", "/a:", "/a:/b:", "/a:/b:x", "/a:/b:rr"] {
            assert!(message(text).starts_with("failed to parse device string "), "{text}");
        }
    }

    #[test]
    fn every_pattern_adds_its_devices() {
        let mut settings = Settings::default();
        for (pattern, device) in
            [("redis:*", "/dev/a"), ("*", "/dev/b"), ("other", "/dev/c"), ("[", "/dev/d")]
        {
            settings.services_devices.insert(pattern.into(), vec![device.into()]);
        }
        let found = of_service(&settings, "redis:latest").unwrap();
        let mut paths: Vec<String> = found.into_iter().filter_map(|device| device.path_on_host).collect();
        paths.sort();
        assert_eq!(paths, ["/dev/a", "/dev/b"]);
    }
}
