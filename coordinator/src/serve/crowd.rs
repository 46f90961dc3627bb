//! How many connections an address has: one must not take the places of all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Crowd(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A connection that counts until it goes.
#[derive(Debug)]
pub(crate) struct Counted {
    crowd: Crowd,
    address: IpAddr,
}

impl Crowd {
    /// Counts a connection of an address; nothing where it has `most` already.
    pub(super) fn join(&self, address: IpAddr, most: usize) -> Option<Counted> {
        let address = crate::access::of_address(address);
        let mut crowd = self.lock();
        let count = crowd.entry(address).or_default();
        if *count >= most.max(1) {
            return None;
        }
        *count += 1;
        Some(Counted { crowd: self.clone(), address })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut crowd = self.crowd.lock();
        if let Some(count) = crowd.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                crowd.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_and_leaves_nothing_behind() {
        let crowd = Crowd::default();
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let first = crowd.join(one, 2).unwrap();
        let second = crowd.join(one, 2).unwrap();
        assert!(crowd.join(one, 2).is_none());
        let third = crowd.join(other, 2).unwrap();
        drop(first);
        let fourth = crowd.join(one, 2).unwrap();
        drop((second, third, fourth));
        assert!(crowd.lock().is_empty());
    }
}
