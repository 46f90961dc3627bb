//! How long programs and functions take.

use crate::Result;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs a function and says how long it took.
pub(crate) fn timed(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let begin = Instant::now();
    work()?;
    Ok(begin.elapsed())
}

/// Runs a function and says how much processor time its thread used. Other work on the machine does not count.
pub(crate) fn cpu_timed(work: impl FnOnce()) -> Result<Duration> {
    let now = || nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from);
    let begin = now()?;
    work();
    Ok(now()?.saturating_sub(begin))
}

/// Runs a program to its good end and says how long that took, its start included.
pub(crate) fn program(command: &mut Command) -> Result<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let begin = Instant::now();
    let status = command.status().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    let time = begin.elapsed();
    if status.success() { Ok(time) } else { Err(format!("{command:?} ended with {status}").into()) }
}

/// A program with the environment that the measured services have: `PATH` and a home that is empty.
pub(crate) fn bare(name: &str, home: &Path) -> Command {
    let mut command = Command::new(name);
    command.env_clear().env("HOME", home).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}
