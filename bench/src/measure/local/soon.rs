//! How soon something is to be seen.

use super::{FILES, ci_run, configured};
use crate::Result;
use crate::context::Context;
use crate::row::{Figure, Row, Target};
use crate::samples::{Samples, by_turns};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Most milliseconds from the command to the first line of a job.
const FIRST: f64 = 120.0;
/// Most milliseconds from the end of the last need to the start of a job.
const NEXT: f64 = 10.0;
/// What the job prints.
const WORD: &str = "here-it-is";

/// From the command to the first line that a job prints.
pub(crate) fn first_line(context: &Context) -> Result<Vec<Row>> {
    let checkout = configured(FILES, &hundred_lines()?)?;
    let mut once = || {
        let begin = Instant::now();
        let mut child = ci_run(context, &checkout).arg("--logs").stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let seen = lines.by_ref().map_while(std::io::Result::ok).any(|line| line.ends_with(WORD));
        let time = begin.elapsed();
        lines.for_each(drop);
        let status = child.wait()?;
        if seen && status.success() { Ok(time) } else { Err(format!("no line of a job; {status}").into()) }
    };
    let [times] = by_turns(context.amount(20, 5), [&mut once])?;
    let what = format!("ci run: first line of a job, 100 lines, {FILES} files");
    let row = Row::plain(what, Figure::ms(times.median())).target(Target::AtMost(FIRST), "");
    Ok(vec![row.note(times.spread())])
}

/// From the end of the last need of a job, as it is told, to the first command of its script.
pub(crate) fn next_job(context: &Context) -> Result<Vec<Row>> {
    const CHAIN: usize = 10;
    let mut text = String::from("job-0:\n  script: [echo]\n");
    for number in 1..=CHAIN {
        let needs = number - 1;
        writeln!(text, "job-{number}:\n  needs: [job-{needs}]\n  script: ['date +began=%s%N']")?;
    }
    let checkout = configured(FILES, &text)?;
    let mut waits = Vec::new();
    for _ in 0..context.amount(5, 2) {
        let mut child = ci_run(context, &checkout).arg("--json").stdout(Stdio::piped()).spawn()?;
        let mut ends = Vec::new();
        for line in BufReader::new(child.stdout.take().ok_or("no output")?).lines() {
            let event: serde_json::Value = serde_json::from_str(&line?)?;
            if event["event"] != "job_finished" {
                continue;
            }
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
            let log = event["log"].as_str().ok_or("a job without a log")?;
            ends.push((now, log.to_owned()));
        }
        child.wait()?;
        for pair in ends.windows(2) {
            let [(ended, _), (_, log)] = pair else { continue };
            // A job that began before its need's end was read of here began at once.
            waits.push(began(log)?.saturating_sub(*ended));
        }
    }
    let times = Samples::new(waits)?;
    let row = Row::plain("ci run: a job after the end of its last need", Figure::ms(times.median()));
    Ok(vec![row.target(Target::AtMost(NEXT), "").note(times.spread())])
}

/// When the script of a job ran, by its log.
fn began(log: &str) -> Result<Duration> {
    let mut text = String::new();
    std::fs::File::open(log)?.take(1 << 20).read_to_string(&mut text)?;
    let digits = text.lines().find_map(|line| line.split_once("began=")?.1.get(..19)?.parse::<u64>().ok());
    Ok(Duration::from_nanos(digits.ok_or("a log without its moment")?))
}

/// A configuration of 100 lines whose jobs can run anywhere.
fn hundred_lines() -> Result<String> {
    let mut text = String::from("stages: [build, test]\nvariables:\n  MODE: quick\n");
    writeln!(text, "default:\n  retry: 1\nfirst:\n  stage: build\n  script: [echo {WORD}]")?;
    for number in 0.. {
        let job = format!(
            "job-{number}:\n  stage: test\n  variables:\n    NUMBER: \"{number}\"\n  rules:\n    - if: $MODE == \"slow\"\n    \
             - if: $CI_COMMIT_TAG\n  script:\n    - echo $NUMBER\n"
        );
        if text.lines().count() + job.lines().count() > 100 {
            break;
        }
        text += &job;
    }
    Ok(text)
}
