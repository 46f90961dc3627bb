//! Letting somebody in by an address that works once: whoever started the coordinator opens it in a browser.

use super::limit::of_address;
use super::{Access, SignInError, SignedIn};
use crate::error::KernelError;
use crate::model::UserId;
use http::HeaderMap;
use protocol::Secret;
use ring::rand::{SecureRandom as _, SystemRandom};
use sha2::{Digest as _, Sha256};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Addresses that are good at a time; with one more the oldest is not any more.
const MOST: usize = 16;

/// Those that nobody used yet. They are in memory alone: a restart ends them.
#[derive(Debug, Default)]
pub(super) struct Entries {
    kept: Mutex<Vec<Entry>>,
}

/// What is known of one: not its text.
#[derive(Debug)]
struct Entry {
    hash: Vec<u8>,
    user: UserId,
    until: Instant,
}

impl Entries {
    /// A secret that lets somebody in once, for so long. Nothing where the system has no random numbers.
    pub(super) fn add(&self, user: UserId, lasts: Duration, now: Instant) -> Option<Secret> {
        let mut bytes = [0; 16];
        SystemRandom::new().fill(&mut bytes).ok()?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let until = now.checked_add(lasts)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|entry| entry.until > now);
        if kept.len() >= MOST {
            kept.remove(0);
        }
        kept.push(Entry { hash: hash(&text), user, until });
        Some(Secret::new(text))
    }

    /// Whom a secret lets in; the next time it lets nobody in.
    pub(super) fn take(&self, secret: &Secret, now: Instant) -> Option<UserId> {
        let hash = hash(secret.expose());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|entry| entry.until > now);
        let at = kept.iter().position(|entry| entry.hash == hash)?;
        Some(kept.remove(at).user)
    }
}

impl Access {
    /// An address that lets somebody in without a password, once, for as long as `lasts`: it shows the page at `path`
    /// (which begins with a slash) then. Whoever learns of it is let in.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub fn address_once(&self, user: UserId, path: &str, lasts: Duration) -> Result<Secret, KernelError> {
        let secret = self.inner.entries.add(user, lasts, Instant::now());
        let secret = secret.ok_or(KernelError::Internal("no randomness"))?;
        // A slash needs no escape here, and people have to read it.
        let path = crate::pages::escape_query(path).replace("%2F", "/");
        Ok(Secret::new(format!("{}/users/sign_in?once={}&return={path}", self.url(), secret.expose())))
    }

    /// Lets somebody in who has such an address.
    ///
    /// # Errors
    /// Where it is none, or was used before.
    pub(crate) async fn enter_once(
        &self,
        headers: &HeaderMap,
        address: IpAddr,
        secret: &Secret,
    ) -> Result<SignedIn, SignInError> {
        let (now, name) = (Instant::now(), of_address(address));
        self.inner.sign_ins_of_address.look(&name, now).map_err(SignInError::TooMany)?;
        let Some(user) = self.inner.entries.take(secret, now) else {
            let _ = self.inner.sign_ins_of_address.count(&name, now);
            return Err(SignInError::Wrong);
        };
        let user = self.inner.kernel.user(user).await?;
        let cookie = self.begin(headers, address, &user).await?;
        self.note("signed_in", Some(&user), &user.login, address).await;
        Ok(SignedIn { user, cookie })
    }
}

fn hash(text: &str) -> Vec<u8> {
    Sha256::digest(text).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_good_once_and_for_a_time() {
        let (entries, now) = (Entries::default(), Instant::now());
        let minute = Duration::from_secs(60);
        let one = entries.add(UserId::ROOT, minute, now).unwrap();
        let other = entries.add(UserId::ROOT, minute, now).unwrap();
        assert_ne!(one, other);
        assert_eq!(entries.take(&"nothing".into(), now), None);
        assert_eq!(entries.take(&one, now), Some(UserId::ROOT));
        assert_eq!(entries.take(&one, now), None);
        assert_eq!(entries.take(&other, now + minute), None);
    }

    #[test]
    fn there_are_few() {
        let (entries, now) = (Entries::default(), Instant::now());
        let lasts = Duration::from_secs(60);
        let first = entries.add(UserId::ROOT, lasts, now).unwrap();
        let mut last = None;
        for _ in 0..MOST {
            last = entries.add(UserId::ROOT, lasts, now);
        }
        assert_eq!(entries.take(&first, now), None);
        assert!(entries.take(&last.unwrap(), now).is_some());
    }
}
