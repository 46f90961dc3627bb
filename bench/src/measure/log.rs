//! How fast a job's output becomes trace.

use crate::Result;
use crate::context::Context;
use crate::procfs;
use crate::program::in_path;
use crate::rig::{Rig, Settings};
use crate::row::{Figure, Row, Target};
use crate::samples::{Samples, by_turns};
use crate::text::{self, Lines};
use crate::timing::cpu_timed;
use crate::watch::Watch;
use kit::payload::Payload;
use std::time::Duration;
use trace::mask::{DEFAULT_TOKEN_PREFIXES, MaskSet, Masker};

/// Least MB/s of a job's whole log path on one core.
const PATH: f64 = 150.0;
/// Least MB/s of the masker.
const MASKER: f64 = 500.0;
/// What one read from a pipe brings.
const CHUNK: usize = 64 * 1024;

/// A job that prints a file, with twenty masked values and time stamps.
pub(super) struct LogJob {
    /// The job.
    pub(super) payload: Payload,
    /// How much it prints.
    pub(super) bytes: u64,
    has_secrets: bool,
}

impl LogJob {
    /// Lines as builds print them.
    pub(super) fn build_output(rig: &Rig, bytes: usize) -> Result<Self> {
        let path = rig.place().shared("output");
        Lines::with_secrets(1, text::secrets()).file(&path, bytes)?;
        Ok(Self { payload: payload(&path.to_string_lossy()), bytes: bytes as u64, has_secrets: true })
    }

    /// So many very short lines.
    fn short_lines(rig: &Rig, count: usize) -> Result<Self> {
        let path = rig.place().shared("lines");
        let bytes = text::short_lines(&path, count)?;
        Ok(Self { payload: payload(&path.to_string_lossy()), bytes, has_secrets: false })
    }
}

fn payload(path: &str) -> Payload {
    let print = format!("cat '{path}'");
    let job = Payload::new("prints", &[&print]).variable("FF_TIMESTAMPS", "true");
    let secrets = text::secrets().into_iter().enumerate();
    secrets.fold(job, |job, (number, value)| job.masked(&format!("SECRET_{number}"), &value))
}

/// Long and short lines through a whole job to the stand-in.
pub(super) fn through_a_job(context: &Context) -> Result<Vec<Row>> {
    let ours = Settings::ours(context);
    let peer = Settings::peer(context);
    let bytes = context.amount(120_000_000, 30_000_000);
    let lines = context.amount(3_000_000, 500_000);
    let mut rows = Vec::new();
    let build = |rig: &Rig| LogJob::build_output(rig, bytes);
    let short = |rig: &Rig| LogJob::short_lines(rig, lines);

    let run = measure(&ours, build, 5)?;
    rows.push(
        Row::plain("log: build output, per second of the job's CPU", run.per_cpu())
            .target(Target::AtLeast(PATH), "")
            .note(run.account()),
    );
    if in_path("taskset").is_some() {
        let pinned = measure(&ours.clone().one_core(), build, 3)?;
        rows.push(
            Row::plain("log: the same, job and `cat` on one core, wall clock", pinned.per_wall())
                .target(Target::AtLeast(PATH), "")
                .note(pinned.account()),
        );
    }
    rows.push(Row::plain("log: the same, all cores, wall clock", run.per_wall()));
    rows.extend(peer_row(peer.as_ref(), build, &run)?);
    let run = measure(&ours, short, 3)?;
    rows.push(
        Row::plain(format!("log: {lines} short lines, wall clock"), run.per_wall()).note(run.account()),
    );
    rows.extend(peer_row(peer.as_ref(), short, &run)?);
    Ok(rows)
}

fn peer_row(
    peer: Option<&Settings>,
    job: impl Fn(&Rig) -> Result<LogJob>,
    ours: &LogRun,
) -> Result<Option<Row>> {
    let Some(settings) = peer else { return Ok(None) };
    let theirs = measure(settings, job, 1)?;
    let row = Row::peer(Figure::ms(theirs.wall.median()), Figure::ms(ours.wall.median()));
    Ok(Some(row.note(theirs.account())))
}

/// What runs of one job took.
struct LogRun {
    bytes: u64,
    trace_bytes: u64,
    wall: Samples,
    cpu: Samples,
}

impl LogRun {
    fn per_wall(&self) -> Figure {
        Figure::speed(self.bytes, self.wall.median())
    }

    fn per_cpu(&self) -> Figure {
        Figure::speed(self.bytes, self.cpu.median())
    }

    fn account(&self) -> String {
        let mb = |bytes: u64| bytes as f64 / 1e6;
        let (wall, cpu) = (Figure::ms(self.wall.median()), Figure::ms(self.cpu.median()));
        let (text, trace) = (mb(self.bytes), mb(self.trace_bytes));
        format!("{text:.0} MB of text, {trace:.0} MB of trace, {wall} by the clock, {cpu} of CPU")
    }
}

/// Each round has a rig of its own, since the stand-in keeps all traces.
fn measure(settings: &Settings, job: impl Fn(&Rig) -> Result<LogJob>, rounds: usize) -> Result<LogRun> {
    let (mut wall, mut cpu, mut sizes) = (Vec::new(), Vec::new(), (0, 0));
    for _ in 0..rounds {
        let rig = Rig::start(settings)?;
        let job = job(&rig)?;
        rig.run(&Payload::new("warm", &["true"]))?;
        let service = || procfs::cpu_time(rig.pid()).unwrap_or_default();
        let before = service();
        let watch = Watch::start(rig.pid(), rig.executable().to_path_buf());
        let handle = rig.run(&job.payload)?;
        // gitlab-runner works in the service, ours in a child of it.
        let used: Duration = watch.stop().cpu + service().saturating_sub(before);
        cpu.push(used);
        wall.push(handle.inspect(crate::rig::duration).ok_or("a job without an end")?);
        let trace = handle.inspect(|job| job.trace.len() as u64);
        if trace < job.bytes * 9 / 10 {
            return Err(format!("only {trace} bytes of trace for {} of text", job.bytes).into());
        }
        if job.has_secrets && !handle.inspect(|job| is_masked(&job.trace)) {
            return Err("the trace is not masked".into());
        }
        sizes = (job.bytes, trace);
    }
    Ok(LogRun { bytes: sizes.0, trace_bytes: sizes.1, wall: Samples::new(wall)?, cpu: Samples::new(cpu)? })
}

/// Whether values were masked; the beginning of a trace tells.
fn is_masked(trace: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&trace[..trace.len().min(2_000_000)]);
    text.contains("[MASKED]") && text::secrets().iter().all(|secret| !text.contains(secret.as_str()))
}

/// Twenty values and the usual tokens, looked for in build output.
pub(super) fn masker(context: &Context) -> Result<Vec<Row>> {
    let bytes = context.amount(64_000_000, 32_000_000);
    let text = Lines::with_secrets(1, text::secrets()).text(bytes);
    let masks = MaskSet::new(text::secrets(), DEFAULT_TOKEN_PREFIXES)?;
    let mut written = 0;
    let mut mask = || {
        cpu_timed(|| {
            let mut masker = Masker::new(masks.clone());
            text.chunks(CHUNK).for_each(|chunk| masker.write(chunk, |bytes| written += bytes.len()));
            masker.close(|bytes| written += bytes.len());
        })
    };
    let [times] = by_turns(context.amount(9, 5), [&mut mask])?;
    if written == 0 {
        return Err("nothing came out".into());
    }
    let row =
        Row::plain("masker alone, 20 values, per second of CPU", Figure::speed(bytes as u64, times.median()))
            .target(Target::AtLeast(MASKER), "")
            .note(times.spread());
    Ok(vec![row])
}
