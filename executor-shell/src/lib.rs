//! Runs a job's scripts as processes on this machine.
//!
//! Owns every process of the job, whatever it does to get away: they are kept together by a control group where
//! one can be written, by the process tree (the job's process adopts orphans), and by a mark in their
//! environment. When the job's own process dies, its [`Trail`] is enough to find and end what it left.
//!
//! Does not switch users and does not read the runner's environment: both are given.

mod cgroup;
mod command_run;
mod converse;
mod drain;
mod feed;
mod image;
mod leader;
mod mark;
mod proc;
mod reaper;
mod scope;
mod settings;
mod shell_executor;
mod spawn;
mod sweep;
mod target;
mod trail;

pub use cgroup::{CgroupChoice, CgroupKind, Cgroups};
pub use settings::{Settings, Shell};
pub use shell_executor::ShellExecutor;
pub use trail::{EndError, Report, Trail, TrailError, end_leftovers};
