//! How often something may be tried: buckets that fill up again, one for each name, in bounded memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Names that are remembered at a time.
const REMEMBERED: usize = 10_000;

/// Counts attempts under names (addresses, accounts).
#[derive(Debug)]
pub(crate) struct Limiter<K> {
    /// Attempts in a minute, and at once.
    most: u32,
    buckets: Mutex<HashMap<K, Bucket>>,
    remembered: usize,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Attempts that are left.
    left: f64,
    /// As of when.
    at: Instant,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { most: per_minute, buckets: Mutex::default(), remembered: REMEMBERED }
    }

    /// Counts an attempt; says how long to wait where there were too many.
    pub(crate) fn count(&self, name: &K, now: Instant) -> Result<(), Duration> {
        self.take(name, now, true)
    }

    /// Whether there were too many attempts, without counting one.
    pub(crate) fn look(&self, name: &K, now: Instant) -> Result<(), Duration> {
        self.take(name, now, false)
    }

    /// Forgets one attempt under this name.
    pub(crate) fn give_back(&self, name: &K) {
        if let Some(bucket) = self.lock().get_mut(name) {
            bucket.left = f64::from(self.most).min(bucket.left + 1.0);
        }
    }

    fn take(&self, name: &K, now: Instant, really: bool) -> Result<(), Duration> {
        let rate = f64::from(self.most) / 60.0;
        let full = f64::from(self.most);
        let mut buckets = self.lock();
        let mut bucket = buckets.get(name).copied().unwrap_or(Bucket { left: full, at: now });
        bucket.left = full.min(bucket.left + now.saturating_duration_since(bucket.at).as_secs_f64() * rate);
        bucket.at = now;
        if bucket.left < 1.0 {
            return Err(Duration::from_secs_f64(((1.0 - bucket.left) / rate.max(0.001)).ceil()));
        }
        if really {
            bucket.left -= 1.0;
            if buckets.len() >= self.remembered && !buckets.contains_key(name) {
                make_room(&mut buckets, now, rate, full);
            }
            buckets.insert(name.clone(), bucket);
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<K, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets those that are full again. Where that is none, forgets all but the emptiest half: whoever floods us with
/// names must not push out the one whose attempts count.
fn make_room<K: Hash + Eq + Clone>(buckets: &mut HashMap<K, Bucket>, now: Instant, rate: f64, full: f64) {
    let level = |bucket: &Bucket| bucket.left + now.saturating_duration_since(bucket.at).as_secs_f64() * rate;
    let before = buckets.len();
    buckets.retain(|_, bucket| level(bucket) < full);
    if buckets.len() * 10 > before * 9 {
        let mut all: Vec<(K, Bucket)> = buckets.drain().collect();
        all.sort_by(|(_, one), (_, other)| level(one).total_cmp(&level(other)));
        all.truncate(before / 2);
        buckets.extend(all);
    }
}

/// The name that an address counts under: of IPv6, the network that one customer has.
pub(crate) fn of_address(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_too_many_attempts_one_waits() {
        let (limiter, start) = (Limiter::new(3), Instant::now());
        for _ in 0..3 {
            assert_eq!(limiter.count(&"ana", start), Ok(()));
        }
        assert_eq!(limiter.count(&"ana", start), Err(Duration::from_secs(20)));
        assert_eq!(limiter.look(&"ana", start), Err(Duration::from_secs(20)));
        assert_eq!(limiter.count(&"bo", start), Ok(()));
        let later = start + Duration::from_secs(21);
        assert_eq!(limiter.count(&"ana", later), Ok(()));
        assert!(limiter.count(&"ana", later).is_err());
        limiter.give_back(&"ana");
        assert_eq!(limiter.count(&"ana", later), Ok(()));
        assert!(limiter.count(&"ana", later).is_err());
        for _ in 0..10 {
            limiter.give_back(&"bo");
        }
        assert_eq!((0..10).filter(|_| limiter.count(&"bo", later).is_ok()).count(), 3, "no more than all");
    }

    #[test]
    fn looking_does_not_count() {
        let (limiter, now) = (Limiter::new(1), Instant::now());
        for _ in 0..5 {
            assert_eq!(limiter.look(&1, now), Ok(()));
        }
        assert_eq!(limiter.count(&1, now), Ok(()));
        assert!(limiter.look(&1, now).is_err());
    }

    #[test]
    fn a_flood_of_names_neither_fills_memory_nor_frees_the_one_that_counts() {
        let (mut limiter, now) = (Limiter::new(3), Instant::now());
        limiter.remembered = 100;
        for _ in 0..3 {
            assert_eq!(limiter.count(&0, now), Ok(()));
        }
        for name in 1..10_000 {
            assert_eq!(limiter.count(&name, now), Ok(()));
            assert!(limiter.lock().len() <= 100);
        }
        assert!(limiter.count(&0, now).is_err());
    }

    #[test]
    fn addresses_of_one_network_count_together() {
        let of = |text: &str| of_address(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1:2:3"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
        assert_ne!(of("10.0.0.2"), of("10.0.0.1"));
    }
}
