//! Ranges of IPv4 addresses.

use std::net::Ipv4Addr;

/// Whether a range such as `172.16.0.0/12` holds an address.
pub(super) fn holds(range: &str, address: Ipv4Addr) -> bool {
    let Some((base, bits)) = range.split_once('/') else { return false };
    let (Ok(base), Ok(bits)) = (base.parse::<Ipv4Addr>(), bits.parse::<u32>()) else { return false };
    let Some(host_bits) = 32_u32.checked_sub(bits) else { return false };
    let network = |address: Ipv4Addr| u32::from(address).checked_shr(host_bits).unwrap_or(0);
    network(base) == network(address)
}

/// The first address in a range that a machine may have.
pub(super) fn first(range: &str) -> Option<Ipv4Addr> {
    let base: Ipv4Addr = range.split_once('/')?.0.parse().ok()?;
    u32::from(base).checked_add(1).map(Ipv4Addr::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let bridge = Ipv4Addr::new(172, 17, 0, 1);
        assert!(holds("172.16.0.0/12", bridge));
        assert!(holds("0.0.0.0/0", bridge));
        assert!(holds("172.17.0.1/32", bridge));
        assert!(!holds("127.0.0.0/8", bridge));
        assert_eq!(first("172.17.0.0/16"), Some(bridge));
        assert_eq!(first("fd00::/64"), None);
        for odd in ["::1/128", "172.17.0.1", "172.17.0.1/33", ""] {
            assert!(!holds(odd, bridge), "{odd}");
        }
    }
}
