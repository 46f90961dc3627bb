//! How fast a container's output becomes trace.

use crate::Result;
use crate::context::Context;
use crate::docker::Containers;
use crate::rig::{Rig, Settings};
use crate::row::{Figure, Row, Target};
use crate::samples::by_turns;
use crate::text;
use crate::timing;
use kit::payload::Payload;

/// Most milliseconds of a job that prints 3,000,000 lines.
const ALLOWED: f64 = 3000.0;
/// How many lines that are.
const LINES: usize = 3_000_000;

/// A job that prints very many short lines, masked and stamped, against `docker run` that prints the same and
/// `docker run` that prints nothing.
pub(in crate::measure) fn short_lines(context: &Context) -> Result<Vec<Row>> {
    let containers = Containers::find(context)?;
    let folder = tempfile::tempdir()?;
    let bytes = text::short_lines(&folder.path().join("lines"), LINES)?;
    let volume = format!("{}:/bench:ro", folder.path().display());
    let rig = Rig::start(&Settings::ours(context).containers(containers.clone().volume(volume.clone())))?;
    let payload = Payload::new("prints", &["cat /bench/lines"])
        .image(containers.image())
        .variable("FF_TIMESTAMPS", "true");
    let secrets = text::secrets().into_iter().enumerate();
    let payload =
        secrets.fold(payload, |job, (number, value)| job.masked(&format!("SECRET_{number}"), &value));
    let print = || timing::program(&mut containers.command(&["--volume", &volume], &["cat", "/bench/lines"]));
    let mut trace = 0;
    let [job, printed, bare] = by_turns(
        context.amount(5, 3),
        [
            &mut || {
                let job = rig.run(&payload)?;
                rig.wait_idle();
                trace = job.inspect(|job| job.trace.len() as u64);
                let time = job.inspect(crate::rig::duration).ok_or("a job without an end")?;
                // The stand-in keeps all traces, and one is enough.
                job.forget_trace();
                Ok(time)
            },
            &mut || print(),
            &mut || containers.bare(),
        ],
    )?;
    if trace < bytes {
        return Err(format!("only {trace} bytes of trace for {bytes} of text").into());
    }
    let name = format!("docker: job that prints {LINES} short lines");
    let (time, printed) = (Figure::ms(job.median()), Figure::ms(printed.median()));
    let mut row = Row::ratio(name, time, "`docker run`, unread", printed);
    row.result = time;
    Ok(vec![
        row.target(Target::AtMost(ALLOWED), "")
            .note(format!("{:.0} MB of text, {:.0} MB of trace", bytes as f64 / 1e6, trace as f64 / 1e6))
            .note(format!("a `docker run` that prints nothing: {}", Figure::ms(bare.median())))
            .note(job.spread()),
    ])
}
