//! `runner ci run`: how soon jobs begin, what each costs, and the same pipelines with gitlab-ci-local.

mod caches;
mod pipelines;
mod soon;
mod trees;

use crate::Result;
use crate::context::Context;
use crate::row::Row;
use crate::timing::bare;
pub(super) use pipelines::{overhead, peer};
pub(super) use soon::{first_line, next_job};
use std::process::Command;
use trees::Checkout;

/// `runner ci run` on the shell in a checkout, with state and caches of its own.
fn ci_run(context: &Context, checkout: &Checkout) -> Command {
    let mut command = bare(&context.runner.to_string_lossy(), checkout.home());
    command.args(["ci", "run", "--executor", "shell"]).current_dir(checkout.path());
    command
}

/// A snapshot of 50,000 small files, taken by a run that finds nothing of an earlier one.
pub(super) fn snapshot(context: &Context) -> Result<Vec<Row>> {
    trees::snapshot(context)
}

/// A gigabyte of cache, restored from what was just saved.
pub(super) fn restore(context: &Context) -> Result<Vec<Row>> {
    caches::restore(context)
}

/// How many files a work tree has where nothing else is said.
const FILES: usize = 2_000;

/// Writes a configuration and commits it.
fn configured(files: usize, text: &str) -> Result<Checkout> {
    let checkout = Checkout::new(files)?;
    std::fs::write(checkout.path().join(".gitlab-ci.yml"), text)?;
    checkout.commit()?;
    Ok(checkout)
}

/// Runs a command to its good end; its output, for those who look for something in it.
fn output_of(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?} ended with {}: {text}{complaint}", output.status).into())
}
