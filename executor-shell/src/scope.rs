//! Which processes belong together, and where they are looked for.

use crate::cgroup::Group;
use crate::mark::Mark;
use crate::proc::{self, Stat};
use crate::target::Target;
use std::collections::{BTreeMap, HashMap};

/// Where processes are looked for besides the control group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Every descendant of this process.
    Descendants,
    /// Those descendants of this process that carry the mark or are in the process group, and their descendants.
    MarkedDescendants,
    /// Everything on this machine that carries the mark, and its descendants.
    Machine,
}

/// Processes that belong to a job or to a command.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) mark: Mark,
    pub(crate) group: Option<Group>,
    /// The process group of a running command.
    pub(crate) process_group: Option<i32>,
    pub(crate) reach: Reach,
}

impl Scope {
    /// All that are alive at this moment, by number.
    pub(crate) fn members(&self) -> BTreeMap<i32, Target> {
        let mut found = self.in_group();
        match self.reach {
            Reach::Descendants => walk(&mut found, true, &|_| true),
            Reach::MarkedDescendants => walk(&mut found, false, &|stat| self.is_marked(stat)),
            Reach::Machine => self.on_machine(&mut found),
        }
        found
    }

    fn in_group(&self) -> BTreeMap<i32, Target> {
        let Some(group) = &self.group else { return BTreeMap::new() };
        let seize = |pid| Some((pid, Target::seize(pid, |_| proc::is_in_cgroup(pid, group.job_name()))?));
        group.pids().into_iter().filter_map(seize).collect()
    }

    fn is_marked(&self, stat: &Stat) -> bool {
        self.process_group == Some(stat.group) || self.mark.is_in(&proc::environment(stat.pid))
    }

    fn on_machine(&self, found: &mut BTreeMap<i32, Target>) {
        let mut below: HashMap<i32, Vec<i32>> = HashMap::new();
        let mut next = Vec::new();
        let own = own_pid();
        for stat in proc::all() {
            below.entry(stat.parent).or_default().push(stat.pid);
            if stat.pid != own && self.is_marked(&stat) {
                next.push((stat.pid, None));
            }
        }
        for parent in found.keys() {
            let children = below.remove(parent).unwrap_or_default();
            next.extend(children.into_iter().map(|child| (child, Some(*parent))));
        }
        while let Some((pid, parent)) = next.pop() {
            let is_meant =
                |stat: &Stat| stat.pid != own && (parent == Some(stat.parent) || self.is_marked(stat));
            if !found.contains_key(&pid)
                && let Some(target) = Target::seize(pid, is_meant)
            {
                found.insert(pid, target);
            }
            if found.contains_key(&pid) {
                next.extend(
                    below.remove(&pid).unwrap_or_default().into_iter().map(|child| (child, Some(pid))),
                );
            }
        }
    }
}

/// Goes down the tree from this process: what `is_meant`, and all below it.
fn walk(found: &mut BTreeMap<i32, Target>, all: bool, is_meant: &dyn Fn(&Stat) -> bool) {
    let mut next = vec![(own_pid(), all)];
    while let Some((parent, inherited)) = next.pop() {
        for pid in proc::children(parent) {
            let known = found.contains_key(&pid);
            let seized = if known {
                None
            } else {
                Target::seize(pid, |stat| (inherited && stat.parent == parent) || is_meant(stat))
            };
            let is_member = known || seized.is_some();
            found.extend(seized.map(|target| (pid, target)));
            next.push((pid, is_member));
        }
    }
}

pub(crate) fn own_pid() -> i32 {
    rustix::process::getpid().as_raw_pid()
}
