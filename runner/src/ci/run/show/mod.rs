//! What people and programs see of a run: a live view, lines, JSON, JUnit.
//!
//! Displays are told [`News`](super::news::News) and write. They read no clock but the one they are given, and what
//! they show of a job's log cannot steer the terminal.

mod board;
mod end;
mod json;
mod output;
mod plain;
mod tail;
mod trace;
mod words;

use super::args::OutputArgs;
use super::news::Show;
use crate::environment::Environment;
use crate::terminal::Style;
use end::End;
use json::Json;
use output::{Clock, Output};
use plain::Plain;
use std::path::Path;

/// The display that the flags and the terminal ask for. `folder` is the one of the run, for its logs.
pub(super) fn choose(output: &OutputArgs, environment: &Environment, folder: &Path) -> Box<dyn Show> {
    if output.json {
        return Box::new(Json::new(Output::stdout(), Output::stderr()));
    }
    let style = Style::of_stdout(environment);
    let end = End { folder: folder.to_owned() };
    Box::new(Plain::new(Output::stdout(), Output::stderr(), style, Clock::real(), end))
}

#[cfg(test)]
mod tests;
