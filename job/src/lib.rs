//! One job from payload to verdict.
//!
//! A job is an [`Order`]: the payload, what the runner's section says, and who runs it. The engine drives an
//! executor through the stages, writes the trace, and ends in a verdict. Who takes trace and verdict (a
//! coordinator, a terminal) is decided by the caller.

mod artifacts;
mod blocking;
mod cache;
mod capture;
mod control;
mod engine;
mod expansion;
mod facts;
mod files;
mod order;
mod outcome;
mod sources;
mod stage_error;
mod store;
#[cfg(test)]
mod testing;
mod transfer;
mod tuning;
mod verdict;

pub mod git;
pub mod go_duration;
pub mod notice;
pub mod report;
pub mod script;
pub mod stage;
pub mod variables;

pub use cache::{CacheArchive, archives as cache_archives};
pub use control::{AbortCause, Control};
pub use engine::{Failed, Remains, run, run_with};
pub use order::{Order, Settings, TlsFiles};
pub use outcome::{FailedCommand, Outcome};
pub use sources::Sources;
pub use stage::needs_helper;
pub use stage_error::StageError;
pub use store::{Kept, Store};
pub use transfer::Transfer;
pub use verdict::Verdict;
