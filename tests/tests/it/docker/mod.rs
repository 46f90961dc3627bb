//! Jobs in containers, end to end.

mod deploys;
mod dind;
mod engine_faults;
mod hostile;
mod inside;
mod kills;
mod limits;
mod neighbours;
pub(crate) mod pipelines;
pub(crate) mod project;
mod remote;
mod requests;
pub(crate) mod rig;
mod services;
mod stuck;
mod users;
mod volumes;
