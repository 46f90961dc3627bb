//! The way into a control group.

use super::{CgroupKind, Group};
use rustix::fs::{Mode, OFlags, open};
use std::io;
use std::os::fd::OwnedFd;

/// Open descriptors that a new process enters a group by.
pub(crate) struct Entry {
    /// For a fork straight into the group (version 2, Linux 5.7): no lock that all forks of the machine wait for.
    pub(crate) directory: Option<OwnedFd>,
    /// For a process that moves itself, which may take some milliseconds.
    pub(crate) procs: OwnedFd,
}

impl Entry {
    /// Opens a group's.
    pub(crate) fn open(group: &Group) -> io::Result<Self> {
        let directory = match group.kind() {
            CgroupKind::V2 => Some(open(
                group.path(),
                OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
                Mode::empty(),
            )?),
            CgroupKind::Freezer | CgroupKind::Pids => None,
        };
        let procs = open(group.path().join("cgroup.procs"), OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { directory, procs })
    }
}
