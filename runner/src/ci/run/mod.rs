//! `ci run`: the pipeline of the work tree, here.
//!
//! The crate `pipeline` decides what runs next, the crate `job` runs it; here is what lies between: the choice of jobs,
//! the loop that turns ends of jobs into starts of others, child pipelines, signals, and the status to exit with.

pub(crate) mod args;
mod list;
#[allow(dead_code, unused_imports, reason = "used by what is being built")]
mod local;
mod made;
#[allow(dead_code, reason = "used by what is being built")]
mod news;
#[allow(dead_code, unused_imports, reason = "used by what is being built")]
mod show;

pub(crate) use args::RunArgs;

use super::World;
use crate::context::Context;
use crate::error::{CliError, exit_code};
use std::process::ExitCode;

/// Runs the pipeline, or says what it would be.
pub(super) fn run(args: &RunArgs, world: &World<'_>, _context: &Context) -> Result<ExitCode, CliError> {
    let made = match made::make(args, world)? {
        made::Outcome::Made(made) => made,
        made::Outcome::Nothing => return Ok(ExitCode::from(exit_code::SUCCESS)),
        made::Outcome::Refused => return Ok(ExitCode::from(exit_code::TROUBLE)),
    };
    if args.choice.list {
        list::print(&made.evaluated, world);
    }
    Ok(ExitCode::from(exit_code::SUCCESS))
}
