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

/// A service that hangs in a request for a job: fresh, after jobs, and with a coordinator that speaks HTTPS.
pub(super) fn idle(context: &Context) -> Result<Vec<Row>> {
    let ours = Settings::ours(context);
    let rig = Rig::start(&ours)?;
    let mut rows = vec![idle_row(&rig, "idle service, freshly started")?];
    run_some(context, &rig)?;
    rows.push(idle_row(&rig, "idle service, after some jobs")?);
    let rig = Rig::start(&ours.tls())?;
    run_some(context, &rig)?;
    rows.push(idle_row(&rig, "idle service, after some jobs, over HTTPS")?);
    if let Some(peer) = Settings::peer(context) {
        let theirs = Rig::start(&peer)?;
        run_some(context, &theirs)?;
        rows.push(Row::peer(resident(&theirs, "VmRSS")?, rows[1].measured).note("over HTTP"));
    }
    Ok(rows)
}

fn run_some(context: &Context, rig: &Rig) -> Result<()> {
    for _ in 0..context.amount(20, 5) {
        rig.run(&Payload::new("nothing", &["true"]))?;
    }
    rig.wait_idle();
    Ok(())
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
    let bytes = context.amount(100_000_000, 30_000_000);
    let what = format!("job that prints {} MB, at its largest", bytes / 1_000_000);
    let ours = Settings::ours(context);
    Ok(vec![
        job_row(&ours, bytes, what.clone())?,
        job_row(&ours.tls(), bytes, format!("{what}, over HTTPS"))?,
    ])
}

fn job_row(settings: &Settings, bytes: usize, what: String) -> Result<Row> {
    let rig = Rig::start(settings)?;
    let job = LogJob::build_output(&rig, bytes)?;
    let watch = Watch::start(rig.pid(), rig.executable().to_path_buf());
    rig.run(&job.payload)?;
    let used = watch.stop();
    if used.peak_kib == 0 {
        return Err("the job's process was not seen".into());
    }
    Ok(Row::plain(what, Figure::kib(used.peak_kib))
        .target(Target::AtMost(JOB), "")
        .note(format!("at most {} of it anonymous", Figure::kib(used.anonymous_kib))))
}
