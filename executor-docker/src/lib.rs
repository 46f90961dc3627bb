//! Runs a job's scripts in containers of a Docker engine.
//!
//! A job has one *build container*, made from the job's image, whose lifetime is the job; one *helper
//! container* where stages need the runner's own tools; and its services. In the first two the runner's own
//! executable is at work as an agent, which starts commands as the host asks for it, so that no command costs a
//! container or a request of the engine.

mod aftermath;
pub mod agent;
pub mod allow;
pub mod auth;
mod bring;
pub mod connect;
mod container;
mod converse;
mod executor;
mod foreword;
mod gateway;
mod hints;
pub mod host_config;
pub mod names;
mod network;
mod ping;
mod place;
pub mod platform;
pub mod policy;
mod preparing;
mod profile;
pub mod pull;
pub mod reaper;
pub mod reference;
pub mod removal;
pub mod services;
pub mod settings;
pub mod sizes;
#[cfg(test)]
mod testing;
pub mod tools;
mod voice;
pub mod volumes;
pub mod work;

pub use connect::{ConnectError, Engine, EngineEnvironment};
pub use executor::{DockerExecutor, Means};
pub use settings::{Limits, ServiceSettings, Settings};
pub use work::{Ask, Credentials, Expand, Identity, Variable, Work};
