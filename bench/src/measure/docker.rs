//! Jobs in containers, against bare `docker run`.
//!
//! A job costs at least what a container costs, and that is the engine's affair: 0.2 s on one machine and 0.5 s on the
//! next. So the reference of each figure is `docker run --rm IMAGE true` (or the like), by turns in the same run, and
//! targets are ratios to it.
//!
//! - A job's time goes from its payload being handed out to its final update being accepted. Clean-up follows; the next
//!   measurement waits for it, so that it burdens nothing else. `docker run --rm` waits until its container is removed,
//!   so a job can be done in less. What clean-up costs shows in `docker-many`, where it counts on both sides, and in
//!   the gap between two jobs that `docker-second` tells.
//! - A job with sources, cache or artifacts has a second container beside the script's. Two starts at once take an
//!   engine longer than one, on few cores most of all: that is most of what a warm fetch adds.
//! - Engine requests are counted by a proxy before the engine's socket, starts by the engine's own events, both with
//!   clean-up, of jobs that find what earlier jobs leave. They are the same in every run; times are not.
//! - The figure of a service is what it adds to a job; its reference, how long the same image takes from `docker run`
//!   until it accepts a connection. It may be less than that, since it starts while other things go on.
//!
//! What is not measured: pulling images, and the first job of a runner that the engine has never seen, which brings the
//! runner's tools into the engine (a second or two, once for each version of the runner).
//!
//! What jobs leave in the engine is removed, but for the runner's tools. `--own-engine` measures with an engine that
//! nobody else keeps busy.

mod job;
mod log;
mod many;
mod requests;
mod service;
mod sources;

pub(super) use job::{after_another, whole};
pub(super) use log::short_lines;
pub(super) use many::at_once;
pub(super) use requests::count;
pub(super) use service::late;
