//! Ends processes until none is left.
//!
//! Waits for processes by their handles; meant for a thread that may block.

use crate::proc::{self, Stat};
use crate::scope::{Scope, own_pid};
use crate::target::{self, Target};
use rustix::process::{Pid, Signal};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often what was stopped is followed by another look for what it forked before.
const LOOKS: usize = 16;

/// How long one round of kills is waited for before the next look.
const ROUND: Duration = Duration::from_millis(100);

/// What is to be ended, and with how much patience.
#[derive(Clone, Debug)]
pub(crate) struct Sweep {
    pub(crate) scope: Scope,
    /// Until when processes may end by themselves after `SIGTERM`; killed at once without.
    pub(crate) grace: Option<Instant>,
    /// The process group that has got its `SIGTERM` before.
    pub(crate) asked: Option<i32>,
    /// After the first `SIGKILL`, before what is left is given up.
    pub(crate) force: Duration,
    /// A child whose exit status another waits for.
    pub(crate) keep: Option<i32>,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    /// How many processes ended.
    pub(crate) ended: usize,
    /// Processes that do not end: number and name.
    pub(crate) left: Vec<(i32, String)>,
}

impl Sweep {
    /// Ends everything in the scope.
    pub(crate) fn run(&self) -> Swept {
        let mut seen = BTreeMap::new();
        if let Some(until) = self.grace {
            self.ask(until, &mut seen);
        }
        let deadline = Instant::now() + self.force;
        let left = loop {
            let members = self.kill(&mut seen);
            if members.is_empty() {
                break Vec::new();
            }
            let round = deadline.min(Instant::now() + ROUND);
            let gone = wait_for_all(members.values(), round);
            self.reap(members.values());
            if !gone && Instant::now() >= deadline {
                break self.name_left();
            }
        };
        Swept { ended: seen.len().saturating_sub(left.len()), left }
    }

    /// Asks everything to end, and what turns up while that is waited for.
    fn ask(&self, until: Instant, seen: &mut BTreeMap<i32, u64>) {
        loop {
            let members = self.scope.members();
            if members.is_empty() {
                return;
            }
            for target in members.values() {
                let is_new = seen.insert(target.stat.pid, target.stat.start) != Some(target.stat.start);
                if is_new && self.asked != Some(target.stat.group) {
                    target.send(Signal::TERM);
                }
                // What is stopped cannot obey.
                target.send(Signal::CONT);
            }
            let gone = wait_for_all(members.values(), until);
            self.reap(members.values());
            if !gone && Instant::now() >= until {
                return;
            }
        }
    }

    /// Kills what is there, forks included that happen meanwhile; returns what it found.
    fn kill(&self, seen: &mut BTreeMap<i32, u64>) -> BTreeMap<i32, Target> {
        // Before the group is held, which may be their end: they count.
        let mut found = self.scope.members();
        if let Some(group) = &self.scope.group {
            group.hold();
        }
        self.stop_all(&mut found);
        for target in found.values() {
            seen.insert(target.stat.pid, target.stat.start);
            target.send(Signal::KILL);
        }
        if let Some(group) = &self.scope.group {
            group.release();
        }
        found
    }

    /// Where no group holds them: what is stopped forks no more, so that looks come to an end.
    fn stop_all(&self, found: &mut BTreeMap<i32, Target>) {
        for target in found.values() {
            target.send(Signal::STOP);
        }
        for _ in 0..LOOKS {
            let mut now = self.scope.members();
            now.retain(|pid, target| {
                found.get(pid).is_none_or(|known| known.stat.start != target.stat.start)
            });
            if now.is_empty() {
                return;
            }
            for target in now.values() {
                target.send(Signal::STOP);
            }
            found.extend(now);
        }
    }

    /// Takes away the exit status of what has become our child.
    fn reap<'a>(&self, targets: impl Iterator<Item = &'a Target>) {
        for target in targets.filter(|target| Some(target.stat.pid) != self.keep) {
            target.reap();
        }
    }

    fn name_left(&self) -> Vec<(i32, String)> {
        self.scope.members().into_keys().map(|pid| (pid, proc::name(pid))).collect()
    }
}

/// Waits until all have ended; whether they have.
fn wait_for_all<'a>(mut targets: impl Iterator<Item = &'a Target>, until: Instant) -> bool {
    targets.all(|target| target.wait(until))
}

/// Takes away the exit status of every child that ended, but for those another waits for.
pub(crate) fn reap_children(is_meant: impl Fn(&Stat) -> bool) {
    for pid in proc::children(own_pid()) {
        if proc::stat(pid).is_some_and(|stat| !stat.is_alive() && is_meant(&stat))
            && let Some(pid) = Pid::from_raw(pid)
        {
            target::reap(pid);
        }
    }
}
