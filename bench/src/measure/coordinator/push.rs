//! From a push to a script that runs.

use super::server::{Admin, Project, Server, runtime};
use crate::Result;
use crate::context::Context;
use crate::row::{Figure, Row, Target};
use crate::samples::Samples;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Most milliseconds.
const SOON: f64 = 400.0;

/// A job that says when it began.
const TEXT: &str = "hello:\n  script: ['date +began=%s%N', echo]\n";

/// `git push` of one commit, until the first line of the script of its first job runs on the runner of the same process,
/// with git, a login shell and all that a job has.
pub(crate) fn first_line(context: &Context) -> Result<Vec<Row>> {
    let server = Server::start(context, true)?;
    runtime()?.block_on(measure(context, &server))
}

async fn measure(context: &Context, server: &Server) -> Result<Vec<Row>> {
    let mut admin = Admin::at(server).await?;
    let project = Project::new(server, &mut admin, "pushed", TEXT).await?;
    finished(&mut admin, &project, 1).await?;
    let (mut times, mut pushes) = (Vec::new(), Vec::new());
    for round in 0..context.amount(15, 4) {
        project.commit("file", &format!("{round}\n"))?;
        let (clock, begin) = (SystemTime::now().duration_since(UNIX_EPOCH)?, Instant::now());
        project.push()?;
        pushes.push(begin.elapsed());
        let began = finished(&mut admin, &project, round + 2).await?;
        times.push(began.saturating_sub(clock));
    }
    let (times, pushes) = (Samples::new(times)?, Samples::new(pushes)?);
    let push = Figure::ms(pushes.median());
    Ok(vec![
        Row::plain("push: until the first line of the first job's script", Figure::ms(times.median()))
            .target(Target::AtMost(SOON), "")
            .note(format!("{}; `git push` itself took {push}", times.spread())),
    ])
}

/// Waits for the end of the newest of so many jobs. When its script began.
async fn finished(admin: &mut Admin, project: &Project, count: usize) -> Result<Duration> {
    let deadline = Instant::now() + Duration::from_secs(60);
    let path = format!("/projects/{}/jobs?per_page=100", project.id);
    loop {
        let jobs = admin.get(&path).await?;
        let jobs = jobs.as_array().ok_or("no list")?;
        let newest = jobs.first().filter(|_| jobs.len() >= count);
        match newest.and_then(|job| job["status"].as_str()) {
            Some("success") => {
                let id = newest.and_then(|job| job["id"].as_i64()).ok_or("a job without a number")?;
                let trace = admin.text(&format!("/projects/{}/jobs/{id}/trace", project.id)).await?;
                return began(&trace);
            }
            Some("failed" | "canceled") => return Err("a job failed".into()),
            _ if Instant::now() > deadline => return Err("a job does not end".into()),
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

fn began(trace: &str) -> Result<Duration> {
    let digits = trace.lines().find_map(|line| line.split_once("began=")?.1.get(..19)?.parse::<u64>().ok());
    Ok(Duration::from_nanos(digits.ok_or("a trace without its moment")?))
}
