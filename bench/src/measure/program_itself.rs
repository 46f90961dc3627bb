//! The executable.

use crate::Result;
use crate::context::Context;
use crate::row::{Figure, Row, Target, Unit};
use crate::samples::by_turns;
use crate::timing::program;
use std::process::Command;

/// Most MB of the file.
const SIZE: f64 = 30.0;
/// Most milliseconds of a start.
const START: f64 = 10.0;

/// How large it is, and how long `--version` takes.
pub(super) fn size_and_start(context: &Context) -> Result<Vec<Row>> {
    let size = context.runner.metadata()?.len() as f64 / 1e6;
    let mut version = Command::new(&context.runner);
    version.arg("--version");
    let [times] = by_turns(context.amount(50, 15), [&mut || program(&mut version)])?;
    Ok(vec![
        Row::plain("size of the executable", Figure::of(size, Unit::MB)).target(Target::AtMost(SIZE), ""),
        Row::plain("runner --version", Figure::ms(times.median()))
            .target(Target::AtMost(START), "")
            .note(times.spread()),
    ])
}
