//! Takes away the exit status of orphans that end during the job.
//!
//! The job's process adopts what its commands leave (`PR_SET_CHILD_SUBREAPER`); without this, each of them would
//! stay as a zombie until the end of the job.

use crate::proc::{self, Stat};
use crate::sweep::reap_children;
use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

/// Children whose exit status is waited for elsewhere, and all process groups that the job's commands ever had.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leaders(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    running: BTreeSet<i32>,
    groups: BTreeSet<i32>,
}

impl Leaders {
    pub(crate) fn add(&self, pid: i32) {
        let mut known = self.lock();
        known.running.insert(pid);
        known.groups.insert(pid);
    }

    pub(crate) fn remove(&self, pid: i32) {
        self.lock().running.remove(&pid);
    }

    pub(crate) fn contains(&self, pid: i32) -> bool {
        self.lock().running.contains(&pid)
    }

    /// Whether a process group is, or was, that of a command.
    fn has_group(&self, group: i32) -> bool {
        self.lock().groups.contains(&group)
    }

    /// Gives all of them up.
    pub(crate) fn clear(&self) {
        self.lock().running.clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which children are the job's orphans.
#[derive(Clone, Debug)]
pub(crate) struct Orphans {
    pub(crate) leaders: Leaders,
    /// Every child is the job's.
    pub(crate) all: bool,
    /// What is in the group of this name is the job's.
    pub(crate) group: Option<String>,
}

impl Orphans {
    /// Takes away the exit status of those that ended.
    pub(crate) fn reap(&self) {
        reap_children(|stat| !self.leaders.contains(stat.pid) && (self.all || self.is_own(stat)));
    }

    /// Whether a child of a process that serves others, too, is the job's. Its process group tells also where there are
    /// no control groups; what left both is taken away when this process ends.
    fn is_own(&self, stat: &Stat) -> bool {
        // Who leads a group is waited for by whoever started it, should its number have been a command's before.
        (stat.pid != stat.group && self.leaders.has_group(stat.group)) || self.is_in_group(stat.pid)
    }

    fn is_in_group(&self, pid: i32) -> bool {
        self.group.as_ref().is_some_and(|name| proc::is_in_cgroup(pid, name))
    }
}

/// A task that reaps as orphans end, until it is dropped.
#[derive(Debug)]
pub(crate) struct Reaper(JoinHandle<()>);

impl Reaper {
    pub(crate) fn start(orphans: Orphans) -> io::Result<Self> {
        let mut ended = signal(SignalKind::child())?;
        Ok(Self(tokio::spawn(async move {
            while ended.recv().await.is_some() {
                orphans.reap();
            }
        })))
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        self.0.abort();
    }
}
