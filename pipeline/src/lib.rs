//! A pipeline in motion, as GitLab's: the statuses of its jobs, what may start next, and the payload each job gets.
//!
//! Nothing here reads a file, a clock or the network. A [`Blueprint`] is made of what `ci-yaml` evaluated; a
//! [`Pipeline`] takes [`Event`]s and gives [`Action`]s; a [`Template`](blueprint::Template) becomes a payload when
//! its job starts.

mod event;
mod id;
mod spec;
mod status;

pub use event::{Action, End, Event, How};
pub use id::{JobId, Moment, PipelineId};
pub use spec::{AutoCancel, Kind, Need, OnNewCommit, Retry, Spec, Strategy, When};
pub use status::Status;
