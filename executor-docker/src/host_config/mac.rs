//! The hardware address of containers.

use super::ConfigError;
use crate::Settings;

/// The first version of the engine's interface that takes an address.
const FIRST: (usize, usize) = (1, 44);

/// What becomes of `mac_address`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MacAddress {
    /// None is set.
    None,
    /// It belongs to the container's place in its network.
    Endpoint(String),
    /// The engine is too old, as gitlab-runner sees it: the text is a warning for the job's log.
    TooOld(String),
}

/// Decides by the version of the interface that is spoken with the engine.
///
/// # Errors
/// [`ConfigError`] if it is no address; with an old engine, it does not matter what it is.
pub fn mac_address(settings: &Settings, version: (usize, usize)) -> Result<MacAddress, ConfigError> {
    let address = &settings.mac_address;
    if address.is_empty() {
        return Ok(MacAddress::None);
    }
    if version < FIRST {
        let (major, minor) = FIRST;
        return Ok(MacAddress::TooOld(format!(
            "mac_address is ignored: it needs version {major}.{minor} of the Docker API, the engine has {}.{}",
            version.0, version.1
        )));
    }
    check(settings)?;
    Ok(MacAddress::Endpoint(address.clone()))
}

pub(super) fn check(settings: &Settings) -> Result<(), ConfigError> {
    let address = &settings.mac_address;
    if address.is_empty() || is_address(address) {
        return Ok(());
    }
    let message = format!("invalid MAC address {address:?}");
    Err(ConfigError::new("mac_address", address, message, "an address such as `02:42:ac:11:00:02`"))
}

/// Six bytes in pairs of digits between colons or hyphens, or three times two bytes between dots.
fn is_address(text: &str) -> bool {
    let groups = |separator: char, count: usize, digits: usize| {
        let groups: Vec<&str> = text.split(separator).collect();
        let good = |group: &&str| group.len() == digits && group.bytes().all(|byte| byte.is_ascii_hexdigit());
        groups.len() == count && groups.iter().all(good)
    };
    groups(':', 6, 2) || groups('-', 6, 2) || groups('.', 3, 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str, version: (usize, usize)) -> Result<MacAddress, ConfigError> {
        mac_address(&Settings { mac_address: address.into(), ..Settings::default() }, version)
    }

    #[test]
    fn addresses() {
        for good in ["02:42:ac:11:00:02", "02-42-AC-11-00-02", "0242.ac11.0002"] {
            assert_eq!(of(good, (1, 44)), Ok(MacAddress::Endpoint(good.into())));
        }
        for bad in [
            "x",
            "02:42:ac:11:00",
            "02:42:ac:11:00:0g",
            "02:42:ac-11:00:02",
            "+2:42:ac:11:00:02",
            "0242ac110002",
        ] {
            assert_eq!(of(bad, (1, 50)).unwrap_err().message, format!("invalid MAC address {bad:?}"));
        }
        assert_eq!(of("", (1, 50)), Ok(MacAddress::None));
        assert!(matches!(of("x", (1, 41)), Ok(MacAddress::TooOld(_))));
    }
}
