//! The inner command that is one job: from its order to the accepted verdict.
//!
//! A service starts one such process a job. It holds the lock of the job's folder for its life, takes the
//! order, drives executor and engine, reports to the coordinator itself, and removes the record when the
//! verdict was accepted. So a service may end, crash or be replaced meanwhile.

mod agent;
mod assignment;
mod docker;
mod error_line;
mod executors;
mod folder;
mod noted;
mod process;
mod record;
mod refusal;
mod replay;
mod signals;
mod stage;
mod unsupported;
mod user;

pub(crate) use agent::agent;
pub(crate) use assignment::{Assignment, Coordinator, Logging, ShellSettings, trail};
pub(crate) use docker::{DockerOrder, engine_environment, executor as docker_executor, name_network, reach};
pub(crate) use error_line::error_line;
pub(crate) use executors::AnyExecutor;
pub(crate) use folder::{JobFolder, JobLock, Locking};
pub(crate) use process::run;
pub(crate) use record::{Record, RecordError};
pub(crate) use refusal::refusal;
pub(crate) use replay::replay;
pub(crate) use stage::stage;
pub(crate) use unsupported::unsupported;
pub(crate) use user::Account;

/// Name of the inner command; its only argument is the job's folder.
pub(crate) const COMMAND: &str = "job-process";

/// Name of the inner command that is a container's main process.
pub(crate) const AGENT: &str = "agent";

/// For tests of other modules.
#[cfg(test)]
pub(crate) mod testing {
    pub(crate) use super::assignment::tests::assignment;
}
