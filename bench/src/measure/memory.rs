//! What the service and a job hold in memory.

use super::log::LogJob;
use crate::Result;
use crate::context::Context;
use crate::procfs::status_kib;
use crate::rig::{Rig, Settings};
use crate::row::{Figure, Row, Target};
use crate::watch::Watch;
use kit::payload::Payload;

/// Most MiB of an idle service.
const IDLE: f64 = 12.0;
/// Most MiB of a job's process.
const JOB: f64 = 10.0;

/// A service that hangs in a request for a job: fresh, and after jobs.
pub(super) fn idle(context: &Context) -> Result<Vec<Row>> {
    let rig = Rig::start(&Settings::ours(context))?;
    let fresh = idle_row(&rig, "idle service, freshly started")?;
    for _ in 0..context.amount(30, 5) {
        rig.run(&Payload::new("nothing", &["true"]))?;
    }
    rig.wait_idle();
    let mut rows = vec![fresh, idle_row(&rig, "idle service, after some jobs")?];
    if let Some(peer) = Settings::peer(context) {
        let theirs = Rig::start(&peer)?;
        rows.push(Row::peer(resident(&theirs, "VmRSS")?, rows[0].measured));
    }
    Ok(rows)
}

fn idle_row(rig: &Rig, what: &str) -> Result<Row> {
    let own = resident(rig, "RssAnon")?;
    Ok(Row::plain(what, resident(rig, "VmRSS")?)
        .target(Target::AtMost(IDLE), "")
        .note(format!("{own} of it anonymous, the rest is the executable")))
}

fn resident(rig: &Rig, key: &str) -> Result<Figure> {
    let kib = status_kib(rig.pid(), key).ok_or("the service's memory cannot be read")?;
    Ok(Figure::kib(kib))
}

/// The process of a job that prints 100 MB, at its largest.
pub(super) fn job(context: &Context) -> Result<Vec<Row>> {
    let rig = Rig::start(&Settings::ours(context))?;
    let job = LogJob::build_output(&rig, context.amount(100_000_000, 30_000_000))?;
    let watch = Watch::start(rig.pid(), rig.executable().to_path_buf());
    rig.run(&job.payload)?;
    let used = watch.stop();
    if used.peak_kib == 0 {
        return Err("the job's process was not seen".into());
    }
    let row = Row::plain(
        format!("job that prints {} MB, at most", job.bytes / 1_000_000),
        Figure::kib(used.peak_kib),
    )
    .target(Target::AtMost(JOB), "")
    .note(format!("at most {} of it anonymous", Figure::kib(used.anonymous_kib)));
    Ok(vec![row])
}
