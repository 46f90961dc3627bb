//! Runners, and which of them wait for jobs.

use super::keys::TokenHash;
use crate::model::{Runner, RunnerId};
use pipeline::Moment;
use protocol::Info;
use std::collections::{BTreeMap, HashMap};
use tokio::sync::oneshot;

/// How many requests wait at least before those that went away are looked for.
const MANY: usize = 64;

/// A runner, and the requests of its machines that wait.
pub(crate) struct Entry {
    pub(crate) runner: Runner,
    pub(crate) hash: TokenHash,
    version: u64,
    waiters: BTreeMap<u64, oneshot::Sender<()>>,
    /// What is written down of its machines: when each was seen, and what it said of itself.
    machines: HashMap<String, (Moment, Info)>,
}

/// All runners.
pub(crate) struct Roster {
    entries: BTreeMap<RunnerId, Entry>,
    tokens: HashMap<TokenHash, RunnerId>,
    /// What versions of queues begin with: those of an earlier process are none of this one's.
    boot: String,
    next: u64,
    /// The requests that wait, of all runners, those first that wait longest.
    order: BTreeMap<u64, RunnerId>,
    /// So many wait before those that went away are looked for.
    look_at: usize,
}

impl Roster {
    pub(crate) fn new(boot: String) -> Self {
        Self {
            entries: BTreeMap::new(),
            tokens: HashMap::new(),
            boot,
            next: 1,
            order: BTreeMap::new(),
            look_at: MANY,
        }
    }

    /// Forgets everybody. Those who wait are told to ask again.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.tokens.clear();
        self.order.clear();
    }

    pub(crate) fn put(&mut self, runner: Runner, hash: TokenHash) {
        let version = self.number();
        let id = runner.id;
        if let Some(entry) = self.entries.get_mut(&id) {
            self.tokens.remove(&entry.hash);
            (entry.runner, entry.hash, entry.version) = (runner, hash, version);
        } else {
            let (waiters, machines) = (BTreeMap::new(), HashMap::new());
            self.entries.insert(id, Entry { runner, hash, version, waiters, machines });
        }
        self.tokens.insert(hash, id);
    }

    pub(crate) fn remove(&mut self, id: RunnerId) {
        if let Some(entry) = self.entries.remove(&id) {
            self.tokens.remove(&entry.hash);
            self.order.retain(|_, of| *of != id);
        }
    }

    pub(crate) fn get(&self, id: RunnerId) -> Option<&Entry> {
        self.entries.get(&id)
    }

    pub(crate) fn of_token(&self, hash: &TokenHash) -> Option<&Entry> {
        self.entries.get(self.tokens.get(hash)?)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The version of a runner's queue, as it is told to the runner.
    pub(crate) fn version(&self, id: RunnerId) -> String {
        let version = self.entries.get(&id).map_or(0, |entry| entry.version);
        format!("{}{version:016x}", self.boot)
    }

    /// The queues of these runners have changed.
    pub(crate) fn bump(&mut self, which: impl Fn(&Runner) -> bool) {
        let version = self.number();
        for entry in self.entries.values_mut().filter(|entry| which(&entry.runner)) {
            entry.version = version;
        }
    }

    /// What is written down of a machine, as far as it is known here.
    pub(crate) fn machine(&self, id: RunnerId, name: &str) -> Option<&(Moment, Info)> {
        self.entries.get(&id)?.machines.get(name)
    }

    /// That is written down of a machine.
    pub(crate) fn noted(&mut self, id: RunnerId, name: String, at: Moment, info: Info) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.machines.insert(name, (at, info));
        }
    }

    /// A machine is no more.
    pub(crate) fn forget_machine(&mut self, id: RunnerId, name: &str) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.machines.remove(name);
        }
    }

    /// A request waits. Gives its number, and what it waits for.
    pub(crate) fn wait(&mut self, id: RunnerId) -> Option<(u64, oneshot::Receiver<()>)> {
        if self.order.len() >= self.look_at {
            self.forget_gone();
        }
        let number = self.number();
        let (wake, woken) = oneshot::channel();
        self.entries.get_mut(&id)?.waiters.insert(number, wake);
        self.order.insert(number, id);
        Some((number, woken))
    }

    /// Requests that went away before they knew their number.
    fn forget_gone(&mut self) {
        let Self { entries, order, .. } = self;
        for entry in entries.values_mut() {
            entry.waiters.retain(|_, wake| !wake.is_closed());
        }
        order.retain(|number, id| entries.get(id).is_some_and(|entry| entry.waiters.contains_key(number)));
        self.look_at = self.order.len().saturating_mul(2).max(MANY);
    }

    /// A request waits no more. False where it had been woken.
    pub(crate) fn forget(&mut self, id: RunnerId, number: u64) -> bool {
        self.order.remove(&number);
        self.entries.get_mut(&id).is_some_and(|entry| entry.waiters.remove(&number).is_some())
    }

    /// Wakes at most so many requests of runners that fit, those first that wait longest. What it takes does not grow
    /// with how many wait, unless they do not fit.
    pub(crate) fn wake(&mut self, mut count: usize, fits: impl Fn(&Runner) -> bool) {
        let Self { entries, order, .. } = self;
        let mut from = 0;
        while count > 0 {
            let next = order
                .range(from..)
                .find(|(_, id)| entries.get(id).is_some_and(|entry| fits(&entry.runner)))
                .map(|(number, id)| (*number, *id));
            let Some((number, id)) = next else { return };
            order.remove(&number);
            let wake = entries.get_mut(&id).and_then(|entry| entry.waiters.remove(&number));
            count -= usize::from(wake.is_some_and(|wake| wake.send(()).is_ok()));
            from = number + 1;
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

impl Entry {
    /// How many of its requests wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiters.values().filter(|wake| !wake.is_closed()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::testing::runner;

    fn roster(runners: i64) -> Roster {
        let mut roster = Roster::new("b".into());
        for id in 1..=runners {
            roster.put(runner(id), [u8::try_from(id).unwrap(); 32]);
        }
        roster
    }

    #[test]
    fn as_many_are_woken_as_there_are_jobs_and_the_gone_do_not_count() {
        let mut roster = roster(3);
        let (_, mut first) = roster.wait(RunnerId(2)).unwrap();
        let (_, gone) = roster.wait(RunnerId(1)).unwrap();
        let (_, mut third) = roster.wait(RunnerId(1)).unwrap();
        let (_, mut other) = roster.wait(RunnerId(3)).unwrap();
        drop(gone);
        roster.wake(2, |runner| runner.id != RunnerId(3));
        assert!(first.try_recv().is_ok() && third.try_recv().is_ok());
        assert!(other.try_recv().is_err());
        assert_eq!(roster.get(RunnerId(3)).unwrap().waiting(), 1);
    }

    #[test]
    fn versions_change_with_the_queue_and_with_the_runner() {
        let mut roster = roster(2);
        let before = (roster.version(RunnerId(1)), roster.version(RunnerId(2)));
        roster.bump(|runner| runner.id == RunnerId(1));
        assert_ne!(roster.version(RunnerId(1)), before.0);
        assert_eq!(roster.version(RunnerId(2)), before.1);
        roster.put(runner(2), [9; 32]);
        assert_ne!(roster.version(RunnerId(2)), before.1);
        assert!(roster.of_token(&[2; 32]).is_none() && roster.of_token(&[9; 32]).is_some());
    }

    #[test]
    fn those_that_went_away_do_not_pile_up() {
        let mut roster = roster(2);
        let (_, mut stays) = roster.wait(RunnerId(1)).unwrap();
        for _ in 0..10 * MANY {
            drop(roster.wait(RunnerId(2)).unwrap());
        }
        assert!(roster.order.len() <= 2 * MANY, "{}", roster.order.len());
        assert!(roster.get(RunnerId(2)).unwrap().waiters.len() <= 2 * MANY);
        roster.wake(1, |_| true);
        assert!(stays.try_recv().is_ok());
        roster.remove(RunnerId(2));
        assert!(roster.order.is_empty());
    }

    #[test]
    fn who_waits_no_more_is_not_woken() {
        let mut roster = roster(1);
        let (number, mut woken) = roster.wait(RunnerId(1)).unwrap();
        assert!(roster.forget(RunnerId(1), number));
        assert!(!roster.forget(RunnerId(1), number));
        roster.wake(1, |_| true);
        assert!(woken.try_recv().is_err());
    }
}
