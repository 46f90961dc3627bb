//! The built binary as a process of its own, in a directory of its own.

mod config;
mod fifo;
mod leftovers;
mod place;
mod process;
mod service;

pub use config::{Config, Section, toml_literal};
pub use fifo::Fifo;
pub use leftovers::{Leftovers, runner_above};
pub use place::Place;
pub use service::Service;

use std::path::{Path, PathBuf};

/// The built binary: `RUNNER_BINARY`, or `runner` in the target folder that the tests were built into.
///
/// # Panics
/// When it has not been built.
#[track_caller]
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("RUNNER_BINARY") {
        return PathBuf::from(path);
    }
    let test = std::env::current_exe().expect("the path of the test executable");
    // target/<profile>/deps/it-… or target/<profile>/examples/…
    let profile = test.parent().and_then(Path::parent).expect("a test executable lies in a target folder");
    let binary = profile.join("runner");
    let hint = "run `cargo build -p runner` first, or name one in RUNNER_BINARY";
    assert!(binary.is_file(), "{} does not exist: {hint}", binary.display());
    binary
}
