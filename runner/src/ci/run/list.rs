//! `--list`: the jobs of the pipeline.

use crate::ci::World;
use crate::ci::plan;
use crate::ci::session::Evaluated;
use std::io::Write as _;

/// Prints the pipeline's jobs by stage, as `ci plan` does.
pub(super) fn print(evaluated: &Evaluated, world: &World<'_>) {
    let mut out = String::new();
    plan::write_header(&mut out, evaluated, world.style);
    if let Some(pipeline) = evaluated.pipeline() {
        out.push('\n');
        plan::write_jobs(&mut out, pipeline, world.style);
    }
    let mut stdout = std::io::stdout().lock();
    // A reader that went away is no failure.
    let _ = stdout.write_all(out.as_bytes()).and_then(|()| stdout.flush());
}
