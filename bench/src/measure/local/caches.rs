//! Large caches of local runs.

use super::{ci_run, configured, output_of};
use crate::Result;
use crate::context::Context;
use crate::row::{Figure, Row, Target};
use crate::samples::Samples;
use crate::text;
use std::time::Duration;

/// Most milliseconds to restore a gigabyte.
const ALLOWED: f64 = 1_500.0;
const FILES: usize = 10_000;
const BYTES: usize = 100_000;

/// A job that finds its cache where another job of the same run left it, less the same job without one.
pub(super) fn restore(context: &Context) -> Result<Vec<Row>> {
    let (files, bytes) = (context.amount(FILES, FILES / 10), BYTES);
    let source = tempfile::tempdir()?;
    text::folder(&source.path().join("cached"), files, bytes)?;
    let cache = "  cache:\n    key: large\n    paths: [cached/]";
    let configuration = format!(
        "stages: [save, use]\n\
         save:\n  stage: save\n  script: ['test -e cached || cp -a {} .']\n{cache}\n\
         plain:\n  stage: use\n  script: [echo]\n\
         restored:\n  stage: use\n  needs: [save, plain]\n  script: ['test -e cached']\n{cache}\n    policy: pull\n",
        source.path().join("cached").display()
    );
    let checkout = configured(100, &configuration)?;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for round in 0..=context.amount(3, 1) {
        let events = output_of(ci_run(context, &checkout).arg("--json"))?;
        if round > 0 {
            with.push(duration_of(&events, "restored")?);
            without.push(duration_of(&events, "plain")?);
        }
    }
    let (with, without) = (Samples::new(with)?, Samples::new(without)?);
    let what = format!("ci run: a cache of {} MB in {files} files, restored", files * bytes / 1_000_000);
    let row = Row::added(what, Figure::ms(with.median()), "without", Figure::ms(without.median()));
    Ok(vec![row.target(Target::AtMost(ALLOWED), "").note(with.spread())])
}

/// How long a job took, by the events of its run.
fn duration_of(events: &str, job: &str) -> Result<Duration> {
    let events = events.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut ends = events.filter(|event| event["event"] == "job_finished");
    let end = ends.find(|event| event["job"] == job).ok_or("the job is in no event")?;
    let seconds = end["duration"].as_f64().ok_or("the job has no duration")?;
    Ok(Duration::from_secs_f64(seconds))
}
