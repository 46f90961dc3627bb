//! Jobs in containers, against bare `docker run`.
//!
//! A job costs at least what a container costs, and that is what the engine makes of it: several hundred milliseconds
//! or a fraction of that. So the reference of each figure is `docker run --rm IMAGE true` (or the like), by turns in
//! the same run, and targets are ratios to it. Bare `docker run` waits until its container is removed; the time of a job
//! ends with its accepted verdict, and is followed by clean-up, for which the next measurement waits, so that it burdens
//! nothing else. Throughput counts the clean-up of both.
//!
//! What is not measured: pulling images, and the first job of a runner that the engine has never seen, which brings the
//! runner's tools into the engine (a second or two, once for each version of the runner).

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
