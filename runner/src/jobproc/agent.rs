//! The inner command that is the main process of a job's container: it does what the job's process orders through
//! standard input and output.
//!
//! Every job waits for its start, and what it writes to standard error becomes part of the job's log: it reads no
//! configuration and keeps no log.

use executor_docker::agent::{Graces, Hello, oom_score_of_commands, serve};
use executor_shell::{Cgroups, Settings, Shell, ShellExecutor, Trail, TrailError};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

/// Serves until the job is over, or the host is gone.
pub(crate) fn agent() -> ExitCode {
    match begin().and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("runner agent: {error}");
            ExitCode::FAILURE
        }
    }
}

type Failure = Box<dyn std::error::Error>;

/// What marks the processes of this container: in its own name space of processes nobody else's can be met.
fn begin() -> Result<Trail, Failure> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    let id = bytes.iter().fold(String::new(), |mut id, byte| {
        // Writing to a string does not fail.
        let _ = write!(id, "{byte:02x}");
        id
    });
    Trail::new(&id, &Cgroups::default()).map_err(|error: TrailError| error.into())
}

fn run(trail: Trail) -> Result<(), Failure> {
    let runtime = super::process::runtime()?;
    let home = std::env::var_os("HOME");
    let result =
        runtime.block_on(serve(home, |hello, graces| ShellExecutor::new(settings(trail, hello, graces))));
    // Threads that wait for standard input end with the process.
    runtime.shutdown_background();
    Ok(result?)
}

fn settings(trail: Trail, hello: &Hello, graces: Graces) -> Settings {
    // Without one the agent refuses scripts itself.
    let shell = hello.shell.clone().unwrap_or_else(|| PathBuf::from("/bin/sh"));
    let own_score =
        fs::read_to_string("/proc/self/oom_score_adj").ok().and_then(|text| text.trim().parse().ok());
    Settings {
        shell: Shell::At(shell),
        login: false,
        graceful_kill: graces.graceful,
        force_kill: graces.force,
        oom_score: Some(oom_score_of_commands(own_score.unwrap_or(0))),
        // What the image and its entrypoint have set.
        environment: executor_docker::agent::restored(std::env::vars_os()),
        ..Settings::new(trail)
    }
}
