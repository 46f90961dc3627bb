//! How often a password may be tried. Attempts are counted before they are looked at, or many at once would all be
//! looked at; those that were right are given back.

use super::{Access, of_address};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// So many times as often as from one address may an account's password be tried from all of them: enough that nobody
/// keeps its owner out, and far too few to guess it.
pub(super) const EVERYWHERE: u32 = 100;
/// The most of a name that counts.
const LONGEST: usize = 255;

/// The name of an account as attempts are counted under it.
pub(super) fn account(login: &str) -> String {
    login.trim().to_lowercase().chars().take(LONGEST).collect()
}

impl Access {
    /// Counts an attempt with a password; says how long to wait where there were too many.
    pub(super) fn attempt(&self, account: &str, address: IpAddr) -> Result<(), Duration> {
        let (now, name) = (Instant::now(), of_address(address));
        self.inner.sign_ins_of_address.count(&name, now)?;
        self.inner.sign_ins_of_account.count(&(account.to_owned(), name), now)?;
        self.inner.sign_ins_everywhere.count(&account.to_owned(), now)
    }

    /// The password was right: the attempt does not count.
    pub(super) fn was_right(&self, account: &str, address: IpAddr) {
        let name = of_address(address);
        self.inner.sign_ins_of_address.give_back(&name);
        self.inner.sign_ins_of_account.give_back(&(account.to_owned(), name));
        self.inner.sign_ins_everywhere.give_back(&account.to_owned());
    }
}
