//! Whole pipelines of trivial jobs: against gitlab-ci-local, and against nothing but their scripts.

use super::{FILES, ci_run, configured, output_of};
use crate::Result;
use crate::context::Context;
use crate::procfs::status_kib;
use crate::program::in_path;
use crate::row::{Figure, Row, Target};
use crate::samples::by_turns;
use crate::timing::{bare, program};
use nix::unistd::Pid;
use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

/// How many times faster than gitlab-ci-local at least.
const FASTER: f64 = 4.0;
/// Most MiB of memory.
const MEMORY: f64 = 25.0;
/// Most milliseconds that a job takes longer than its script in a bare bash.
const OVERHEAD: f64 = 6.0;
/// Jobs of the larger pipeline, and its stages.
const JOBS: usize = 20;
const STAGES: usize = 5;

/// One trivial job, and twenty in five stages, with both programs.
pub(crate) fn peer(context: &Context) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (what, text) in [("one job", stages(1, 1)?), ("20 jobs in 5 stages", stages(JOBS, STAGES)?)] {
        let checkout = configured(FILES, &text)?;
        let mut ours = ci_run(context, &checkout);
        let memory = peak(&mut ours)?;
        let Some(executable) = in_path("gitlab-ci-local") else {
            let [times] = by_turns(context.amount(10, 3), [&mut || program(&mut ours)])?;
            let row = Row::plain(format!("ci run: {what}"), Figure::ms(times.median()));
            rows.push(row.note("there is no gitlab-ci-local in PATH to compare with"));
            rows.push(Row::plain("  its memory", Figure::kib(memory)).target(Target::AtMost(MEMORY), ""));
            continue;
        };
        let mut theirs = bare(&executable.to_string_lossy(), checkout.home());
        theirs.current_dir(checkout.path());
        let their_memory = peak(&mut theirs)?;
        let rounds = context.amount(10, 3);
        let [our_times, their_times] =
            by_turns(rounds, [&mut || program(&mut ours), &mut || program(&mut theirs)])?;
        let (our, their) = (Figure::ms(our_times.median()), Figure::ms(their_times.median()));
        let mut row = Row::ratio(format!("ci run: {what}, {FILES} files"), our, "gitlab-ci-local", their);
        row.result = their.over(our);
        rows.push(row.target(Target::AtLeast(FASTER), "times as fast").note(our_times.spread()));
        let row =
            Row::ratio("  its memory", Figure::kib(memory), "gitlab-ci-local", Figure::kib(their_memory));
        rows.push(Row { result: row.measured, ..row }.target(Target::AtMost(MEMORY), ""));
    }
    Ok(rows)
}

/// What a job costs over its script in a bash: many jobs, one after another, less a pipeline of one.
pub(crate) fn overhead(context: &Context) -> Result<Vec<Row>> {
    let (many, one) = (configured(FILES, &stages(JOBS, JOBS)?)?, configured(FILES, &stages(1, 1)?)?);
    let mut whole = ci_run(context, &many);
    let mut single = ci_run(context, &one);
    let mut scripts = || {
        let mut total = Duration::ZERO;
        for _ in 1..JOBS {
            total += program(Command::new("bash").args(["-c", "echo hello"]))?;
        }
        Ok(total)
    };
    let rounds = context.amount(10, 3);
    let [whole, single, scripts] =
        by_turns(rounds, [&mut || program(&mut whole), &mut || program(&mut single), &mut scripts])?;
    let others = u32::try_from(JOBS - 1)?;
    let each = whole.median().saturating_sub(single.median()) / others;
    let row = Row::added(
        "ci run: one more job",
        Figure::ms(each),
        "bare bash",
        Figure::ms(scripts.median() / others),
    );
    let note = format!("{JOBS} jobs in a row: {}; one: {}", whole.spread(), single.spread());
    Ok(vec![row.target(Target::AtMost(OVERHEAD), "").note(note)])
}

/// So many jobs in so many stages.
fn stages(jobs: usize, stages: usize) -> Result<String> {
    let names: Vec<String> = (0..stages).map(|stage| format!("s{stage}")).collect();
    let mut text = format!("stages: [{}]\n", names.join(", "));
    for job in 0..jobs {
        writeln!(text, "job-{job}:\n  stage: s{}\n  script: [echo hello]", job * stages / jobs)?;
    }
    Ok(text)
}

/// The most resident memory of a run, KiB.
fn peak(command: &mut Command) -> Result<u64> {
    // Whatever is done once only is done now.
    output_of(command)?;
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let pid = Pid::from_raw(child.id().cast_signed());
    let mut peak = 0;
    let status = loop {
        // The kernel keeps the peak while the process lives: the last look misses what is younger than a look.
        peak = status_kib(pid, "VmHWM").unwrap_or(0).max(peak);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_micros(500));
    };
    if status.success() { Ok(peak) } else { Err(format!("it ended with {status}").into()) }
}
