//! The conversation between a job and its coordinator.
//!
//! A [`Reporter`] runs beside the engine: it says that the job runs, sends the trace piece by piece while it
//! grows, learns from the answers whether the job is to stop, and at last delivers the rest of the trace and
//! the verdict until they are accepted. [`dead`] does the last part for a job whose process is gone.
//!
//! A byte of the trace is only ever sent at its own offset, and the coordinator's count of what it has stored
//! wins over ours, whichever way it differs:
//! - behind: everything from there on is sent again (it lost some, or the trace was reset);
//! - ahead, within the trace: an answer was lost, what is stored is skipped;
//! - beyond the trace's end: it holds bytes that are not ours. They cannot be replaced and ours must not follow
//!   them in a wrong place, so nothing is sent until the trace has grown past that point. The verdict does not
//!   wait for that, and its checksum tells the coordinator of the difference. (gitlab-runner never gets to its
//!   verdict then.)
//!
//! Rules and names follow gitlab-runner's `network/trace.go`. Deliberate differences: a section's end or a
//! pause in the output sends what is there, a backlog is sent without pauses also while the job runs, a silent
//! job is kept alive more often, and the verdict is repeated for a day instead of ten times.

mod chunks;
mod coordinator;
mod dead;
mod ending;
mod pace;
mod reaction;
mod reporter;
mod source;

#[cfg(test)]
mod tests;

pub use coordinator::Coordinator;
pub use dead::dead;
pub use ending::Reported;
pub use reporter::{Reporter, Start};
pub use source::TraceSource;

use protocol::{Info, Secret};
use std::time::Duration;

/// The job that is reported.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its number.
    pub id: i64,
    /// Its token.
    pub token: Secret,
    /// What the runner says of itself.
    pub info: Info,
    /// Whether the job traces itself for debugging (`CI_DEBUG_TRACE`, `CI_DEBUG_SERVICES`).
    pub debug_trace: bool,
}

/// How long the end of a job is tried for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Persistence {
    /// The verdict is repeated for so long.
    pub verdict: Duration,
    /// If the rest of the trace cannot be delivered within this time, the verdict goes without it.
    pub trace: Duration,
}

/// A day for the verdict; half an hour for the trace, so that a coordinator that takes no trace still hears how
/// the job ended.
impl Default for Persistence {
    fn default() -> Self {
        Self { verdict: Duration::from_secs(24 * 3600), trace: Duration::from_secs(30 * 60) }
    }
}
