//! Files that want to take all memory or time.

use super::mib;
use crate::Result;
use crate::context::Context;
use crate::procfs::status_kib;
use crate::row::{Figure, Row, Target};
use crate::timing::bare;
use nix::unistd::Pid;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Most milliseconds until a file is refused.
const TIME: f64 = 1000.0;
/// Most MiB that takes.
const MEMORY: f64 = 200.0;

/// Each is refused, in a bounded time and with bounded memory.
pub(crate) fn files(context: &Context) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let texts = [
        ("a million brackets", "[".repeat(1_000_000)),
        ("an alias bomb", alias_bomb()),
        ("10 MB of jobs", jobs(10_000_000)),
        ("a regular expression of 10^9 states", regex_bomb()),
        ("a bomb of references", reference_bomb()),
        ("a chain of includes without end", "include: .gitlab-ci.yml\na: {script: x}\n".to_owned()),
    ];
    for (what, text) in texts {
        let (time, peak) = refused(context, &text)?;
        let name = format!("hostile: {what}");
        rows.push(Row::plain(&name, Figure::ms(time)).target(Target::AtMost(TIME), ""));
        rows.push(Row::plain("  its memory", mib(peak)).target(Target::AtMost(MEMORY), ""));
    }
    Ok(rows)
}

/// Checks a file that must be refused: how long it took, and the most resident memory seen, KiB.
fn refused(context: &Context, text: &str) -> Result<(Duration, u64)> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join(".gitlab-ci.yml"), text)?;
    let mut command = bare(&context.runner.to_string_lossy(), folder.path());
    command.args(["ci", "lint", "--repo"]).arg(folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
    let begin = Instant::now();
    let mut child = command.stderr(Stdio::null()).spawn()?;
    let pid = Pid::from_raw(child.id().cast_signed());
    let mut peak = 0;
    let status = loop {
        // The kernel keeps the peak while the process lives: the last look misses what is younger than a look.
        peak = status_kib(pid, "VmHWM").unwrap_or(0).max(peak);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_micros(200));
    };
    if status.code() == Some(1) {
        Ok((begin.elapsed(), peak))
    } else {
        Err(format!("it ended with {status}").into())
    }
}

fn alias_bomb() -> String {
    let level = |level: usize| {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        format!(".a{level}: &a{level} [{aliases}]\n")
    };
    let levels: String = (1..30).map(level).collect();
    format!(".a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n{levels}a: {{script: *a29}}\n")
}

fn jobs(bytes: usize) -> String {
    let job = |number: usize| format!("job-{number}:\n  script:\n    - echo {number}\n");
    (0..bytes / job(0).len()).map(job).collect()
}

fn regex_bomb() -> String {
    "a: {script: x, rules: [{if: '$A =~ /((((a{0,1000}){0,1000}){0,1000}){0,1000})b/'}]}\n".to_owned()
}

fn reference_bomb() -> String {
    let level = |level: usize| {
        let below = format!("!reference [.r{}, script]", level - 1);
        format!(".r{level}: {{script: [{below}, {below}]}}\n")
    };
    let levels: String = (1..60).map(level).collect();
    format!(".r0: {{script: [a, b]}}\n{levels}a: {{script: !reference [.r59, script]}}\n")
}
