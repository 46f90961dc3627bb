//! All decisions: what becomes of pushes, jobs, runners and buttons.

mod access;
mod acts;
mod bridge;
mod claim;
mod configuration;
mod create;
mod deploy;
mod environments;
mod evaluate;
mod flow;
mod housekeeping;
mod jobs;
mod keys;
mod live;
mod memory;
mod open;
mod payload;
mod pending;
mod ports;
mod projects;
mod queue;
mod redundant;
mod request;
mod requests;
mod roster;
mod runners;
mod sweep;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod topics;
mod variables;
mod views;

pub use open::{Kernel, Options};
pub use ports::{Clock, CommitFacts, Files, FindProject, Known, NoFiles, Repositories, SystemClock};
pub(crate) use projects::protects;
pub use requests::{
    Act, Acted, Created, Executing, Handout, JobAnswer, JobVerdict, JobWord, LatestJob, Machine, NewPipeline,
    Reason, RunnerError, RunnerOpinion, Topic,
};
pub use topics::Watcher;
