//! Control groups: what is in one cannot leave it by forking, and can be ended as one.
//!
//! A job has a group below the runner's own, each of its commands one below the job's. They are there to hold
//! processes together, not to limit them.

mod detect;
mod entry;
mod group;

pub use detect::{CgroupChoice, Cgroups};
pub(crate) use entry::Entry;
pub(crate) use group::Group;

use serde::{Deserialize, Serialize};

/// A way to keep processes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CgroupKind {
    /// Version 2: joined at the fork, ended by `cgroup.kill`.
    V2,
    /// The freezer of version 1: frozen, killed, thawed.
    Freezer,
    /// The pids controller of version 1: kept from forking, killed.
    Pids,
}

impl CgroupKind {
    /// The controller's name in version 1.
    fn controller(self) -> Option<&'static str> {
        match self {
            Self::V2 => None,
            Self::Freezer => Some("freezer"),
            Self::Pids => Some("pids"),
        }
    }
}
