//! Where containers find the machine that they run on.

use crate::Engine;
use bollard::models::IpamConfig;
use bollard::query_parameters::InspectNetworkOptions;
use std::net::Ipv4Addr;

/// The engine's network for containers that ask for none.
const DEFAULT: &str = "bridge";

impl Engine {
    /// The engine's machine as containers in the default network reach it. Nothing where the engine has no such
    /// network, or is reached in another way than by a socket of this machine: then it may be on another one.
    pub async fn gateway(&self) -> Option<Ipv4Addr> {
        self.address.strip_prefix("unix://")?;
        let network = self.docker.inspect_network(DEFAULT, None::<InspectNetworkOptions>).await.ok()?;
        network.ipam?.config?.iter().find_map(gateway)
    }
}

/// An engine that chose the range itself does not always tell the gateway: it takes the first address.
fn gateway(range: &IpamConfig) -> Option<Ipv4Addr> {
    if let Some(told) = range.gateway.as_deref().filter(|told| !told.is_empty()) {
        return told.parse().ok();
    }
    let (network, bits) = range.subnet.as_deref()?.split_once('/')?;
    let (network, bits): (Ipv4Addr, u32) = (network.parse().ok()?, bits.parse().ok()?);
    let mask = u32::MAX.checked_shl(32_u32.checked_sub(bits)?).unwrap_or(0);
    (bits < 31).then(|| Ipv4Addr::from_bits((network.to_bits() & mask) + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(told: Option<&str>, subnet: Option<&str>) -> Option<Ipv4Addr> {
        let text = |text: Option<&str>| text.map(str::to_owned);
        gateway(&IpamConfig { gateway: text(told), subnet: text(subnet), ..IpamConfig::default() })
    }

    #[test]
    fn it_is_told_or_the_first() {
        assert_eq!(of(Some("10.1.2.3"), Some("10.1.0.0/16")), Some(Ipv4Addr::new(10, 1, 2, 3)));
        assert_eq!(of(None, Some("172.17.0.0/16")), Some(Ipv4Addr::new(172, 17, 0, 1)));
        assert_eq!(of(Some(""), Some("10.0.0.77/24")), Some(Ipv4Addr::new(10, 0, 0, 1)));
        for none in
            [None, Some(""), Some("10.0.0.0"), Some("fd00::/64"), Some("10.0.0.0/33"), Some("10.0.0.0/31")]
        {
            assert_eq!(of(None, none), None, "{none:?}");
        }
        assert_eq!(of(Some("fd00::1"), None), None);
    }
}
