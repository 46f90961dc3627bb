//! The `runner` program: takes jobs from GitLab and runs them, as gitlab-runner does.

mod ci;
mod cli;
mod commands;
mod config;
mod context;
mod diagnostic;
mod endpoint;
mod environment;
mod error;
mod excerpt;
mod info;
mod jobproc;
mod logging;
mod paths;
mod recording;
mod service;
mod system_id;
mod terminal;
mod version;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::main(std::env::args_os().collect(), environment::Environment::of_process())
}
