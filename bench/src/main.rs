//! Measures the finished program against what this machine can do, in one run.
//!
//! ```text
//! cargo run --release -p bench                 everything, as a table
//! cargo run --release -p bench -- --quick      less of everything, for continuous integration
//! cargo run --release -p bench -- cache log    some of it; --list names all
//! cargo run --release -p bench -- --real-time  before all other work, for a busy machine
//! cargo run --release -p bench -- --own-engine with a Docker engine that nobody else uses
//! ```
//!
//! Times of a shared machine mean little by themselves, so every figure has a reference that is measured in the
//! same run, by turns where both are short: a bare `bash`, a bare `git fetch`, the `zip` program, a bare
//! `docker run`. Where there is a `gitlab-runner` in PATH (or `--peer` names one) it does the same jobs of the shell
//! executor. Where something is missing (a Docker engine, an image), what needs it is reported as skipped.
//!
//! - [`measure`]: what is measured, one idea a file;
//! - [`rig`]: a service and the coordinator stand-in of the crate `tests` that gives it jobs;
//! - [`row`] and [`table`]: one figure with its reference and target, and how all are shown.

mod cli;
mod context;
mod docker;
mod measure;
mod post;
mod procfs;
mod program;
mod rig;
mod row;
mod samples;
mod skipped;
mod table;
mod text;
mod timing;
mod tls_front;
mod tree;
mod watch;

use std::process::ExitCode;

/// What can go wrong in a measurement is only ever shown.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    cli::run().unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(2)
    })
}
