//! Many waiting runners, many queued jobs.

use super::crowd::{Asker, Came};
use super::server::{Admin, Project, Server, runtime};
use crate::Result;
use crate::context::Context;
use crate::row::{Figure, Row, Target, Unit};
use crate::samples::Samples;
use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::{JoinSet, LocalSet, spawn_local};

/// Runners that wait, and jobs that are queued for others.
const RUNNERS: usize = 1_000;
const QUEUED: usize = 20_000;
/// Jobs of one pipeline, and projects that they are spread over.
const JOBS: usize = 200;
const PROJECTS: usize = 10;
/// Runners that ask at the same time for what is queued.
const ASKING: usize = 16;
/// Jobs a second that become pending while their latency is measured: the throughput that is asked for.
const RATE: u32 = 500;

/// Least jobs a second.
const SPEED: f64 = 500.0;
/// Most milliseconds of 99 in 100 hand-outs.
const SLOWEST: f64 = 50.0;
/// Most MiB.
const MEMORY: f64 = 250.0;

/// Throughput for runners that ask while others wait, latency for runners that wait, and memory, all of one process.
pub(crate) fn many(context: &Context) -> Result<Vec<Row>> {
    let server = Server::start(context, false)?;
    let tasks = LocalSet::new();
    tasks.block_on(&runtime()?, measure(context, &server))
}

async fn measure(context: &Context, server: &Server) -> Result<Vec<Row>> {
    let queued = context.amount(QUEUED, QUEUED / 10);
    let mut admin = Admin::at(server).await?;
    fill(server, &mut admin, queued).await?;
    let manual = manual_jobs(server, &mut admin, context.amount(10, 3)).await?;
    let mut came = wait_for_jobs(server, &mut admin, context.amount(RUNNERS, RUNNERS / 10)).await?;
    let mut rows = Vec::new();
    rows.extend(asking(context, server, &mut admin, ASKING).await?);
    rows.push(arriving(server, manual, &mut came).await?);
    rows.extend(asking(context, server, &mut admin, RUNNERS).await?.into_iter().take(1));
    let (most, now) = (server.memory("VmHWM")?, server.memory("VmRSS")?);
    rows.push(
        Row::plain("hand-out: the coordinator's memory, at its largest", most)
            .target(Target::AtMost(MEMORY), "")
            .note(format!("{queued} jobs queued at the beginning, {now} in the end")),
    );
    Ok(rows)
}

/// Queues jobs that no waiting runner takes.
async fn fill(server: &Server, admin: &mut Admin, queued: usize) -> Result<()> {
    let text = format!("batch:\n  tags: [batch]\n  parallel: {JOBS}\n  script: [make, make check]\n");
    for number in 0..PROJECTS {
        let project = Project::new(server, admin, &format!("batch-{number}"), &text).await?;
        for _ in 1..queued / JOBS / PROJECTS {
            project.pipeline(admin).await?;
        }
    }
    Ok(())
}

/// Jobs that waiting runners take once somebody starts them: the addresses for that, with their numbers.
async fn manual_jobs(server: &Server, admin: &mut Admin, pipelines: usize) -> Result<Vec<(i64, String)>> {
    let text = format!(
        "live:\n  tags: [live]\n  parallel: {JOBS}\n  when: manual\n  script: [make]\n\
         other:\n  tags: [none]\n  script: [make]\n"
    );
    let project = Project::new(server, admin, "live", &text).await?;
    for _ in 1..pipelines {
        project.pipeline(admin).await?;
    }
    let mut all = Vec::new();
    for page in 1.. {
        let path = format!("/projects/{}/jobs?per_page=100&scope=manual&page={page}", project.id);
        let found = admin.get(&path).await?;
        let ids: Vec<i64> =
            found.as_array().ok_or("no list")?.iter().filter_map(|job| job["id"].as_i64()).collect();
        if ids.is_empty() {
            break;
        }
        all.extend(ids.into_iter().map(|id| (id, format!("/projects/{}/jobs/{id}/play", project.id))));
    }
    Ok(all)
}

/// Runners that hang in a request each. Says what comes to any of them.
async fn wait_for_jobs(
    server: &Server,
    admin: &mut Admin,
    runners: usize,
) -> Result<UnboundedReceiver<Came>> {
    let (tell, came) = unbounded_channel();
    for number in 0..runners {
        let mut asker = Asker::new(&server.host, &admin.runner("live").await?, number).await?;
        if asker.ask().await?.is_some() {
            return Err("a job for a runner that was to wait".into());
        }
        let tell = tell.clone();
        spawn_local(async move {
            if let Err(error) = asker.wait(tell).await {
                eprintln!("a waiting runner gave up: {error}");
            }
        });
    }
    // Until the last of them hangs in its request.
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(came)
}

/// Runners that ask one request after another, each for a job, and end it: throughput, and how long requests take.
async fn asking(context: &Context, server: &Server, admin: &mut Admin, at_once: usize) -> Result<Vec<Row>> {
    let jobs = context.amount(5_000, 500);
    let mut askers = Vec::new();
    let mut token = String::new();
    for number in 0..at_once {
        if number % (at_once / ASKING) == 0 {
            token = admin.runner("batch").await?;
        }
        askers.push(Asker::new(&server.host, &token, number).await?);
    }
    let left = Rc::new(Cell::new(jobs));
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for asker in askers {
        tasks.spawn_local(asker.take(left.clone()));
    }
    let mut times = Vec::new();
    while let Some(taken) = tasks.join_next().await {
        times.extend(taken??);
    }
    let speed = Figure::of(times.len() as f64 / begin.elapsed().as_secs_f64(), Unit::PerSecond);
    let samples = Samples::new(times)?;
    let slow = Figure::ms(samples.at(99));
    let what = format!("hand-out: {at_once} runners ask at once, jobs taken and ended");
    Ok(vec![
        Row::plain(what, speed)
            .target(Target::AtLeast(SPEED), "")
            .note(format!("requests for jobs: {}, 99 % {slow}; beside all that wait", samples.spread())),
        Row::plain(format!("hand-out: 99 % of requests for a job, {at_once} at once"), slow)
            .target(Target::AtMost(SLOWEST), ""),
    ])
}

/// Jobs become pending at a steady rate: from the request that starts each to its payload at the runner that waited.
async fn arriving(
    server: &Server,
    manual: Vec<(i64, String)>,
    came: &mut UnboundedReceiver<Came>,
) -> Result<Row> {
    const PLAYERS: usize = 8;
    let count = manual.len();
    let begin = Instant::now() + Duration::from_millis(50);
    let mut tasks = JoinSet::new();
    for player in 0..PLAYERS {
        let mine: Vec<_> = manual.iter().cloned().enumerate().skip(player).step_by(PLAYERS).collect();
        let mut admin = Admin::at(server).await?;
        tasks.spawn_local(async move {
            let mut sent = Vec::new();
            for (number, (job, path)) in mine {
                let due = begin + Duration::from_secs(1) * u32::try_from(number)? / RATE;
                tokio::time::sleep_until(due.into()).await;
                // One that is late because the answer before it was late counts from when it was due.
                sent.push((job, due));
                admin.post(&path, &serde_json::json!({})).await?;
            }
            crate::Result::Ok(sent)
        });
    }
    let mut arrived = HashMap::new();
    while arrived.len() < count {
        let next = tokio::time::timeout(Duration::from_secs(60), came.recv()).await?;
        let job = next.ok_or("nobody waits")?;
        arrived.insert(job.job, job.at);
    }
    let took = begin.elapsed();
    let mut times = Vec::new();
    while let Some(sent) = tasks.join_next().await {
        for (job, due) in sent?? {
            let at = arrived.get(&job).ok_or("a job that nobody got")?;
            times.push(at.saturating_duration_since(due));
        }
    }
    let samples = Samples::new(times)?;
    let rate = Figure::of(count as f64 / took.as_secs_f64(), Unit::PerSecond);
    Ok(Row::plain(
        "hand-out: 99 % of jobs, from the call that starts it to a waiting runner",
        Figure::ms(samples.at(99)),
    )
    .target(Target::AtMost(SLOWEST), "")
    .note(format!("{rate} started by calls to the API, which count; {}", samples.spread())))
}
