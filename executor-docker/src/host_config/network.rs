//! Name servers and host names.

use super::ConfigError;
use crate::Settings;
use std::net::IpAddr;

/// The name servers.
pub(super) fn dns(settings: &Settings) -> Result<Vec<String>, ConfigError> {
    match settings.dns.iter().find(|address| address.parse::<IpAddr>().is_err()) {
        Some(address) => Err(ConfigError::new(
            "dns",
            address,
            format!("invalid DNS server address {address:?}"),
            "IP addresses, such as `10.0.0.53`",
        )),
        None => Ok(settings.dns.clone()),
    }
}

/// Entries for `/etc/hosts`.
pub(super) fn extra_hosts(settings: &Settings) -> Result<Vec<String>, ConfigError> {
    match settings.extra_hosts.iter().find(|entry| !is_entry(entry)) {
        Some(entry) => Err(ConfigError::new(
            "extra_hosts",
            entry,
            format!("`{entry}` names no host and address"),
            "a name, a colon and an address, such as `db.example.com:10.0.0.7`",
        )),
        None => Ok(settings.extra_hosts.clone()),
    }
}

/// `host-gateway` is the engine's word for the address of its machine.
fn is_entry(entry: &str) -> bool {
    let Some((name, address)) = entry.split_once(':') else { return false };
    let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
    !name.is_empty() && (bare == "host-gateway" || bare.parse::<IpAddr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries() {
        for good in ["a:10.0.0.1", "a:::1", "a:[::1]", "a.b:host-gateway"] {
            assert!(is_entry(good), "{good}");
        }
        for bad in ["", "a", "a:", ":10.0.0.1", "a=10.0.0.1", "a:b", "10.0.0.1:a"] {
            assert!(!is_entry(bad), "{bad}");
        }
    }

    #[test]
    fn name_servers_are_addresses() {
        let settings =
            Settings { dns: vec!["10.0.0.1".into(), "dns.example.com".into()], ..Settings::default() };
        assert_eq!(dns(&settings).unwrap_err().message, "invalid DNS server address \"dns.example.com\"");
    }
}
