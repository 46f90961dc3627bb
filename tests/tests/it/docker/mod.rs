//! Jobs in containers, end to end.

mod chain;
mod deploys;
mod dind;
mod engine_faults;
mod hostile;
mod inside;
mod kills;
mod limits;
mod neighbours;
mod own;
pub(crate) mod pipelines;
pub(crate) mod project;
mod remote;
mod requests;
pub(crate) mod rig;
mod services;
mod stuck;
mod users;
mod volumes;
