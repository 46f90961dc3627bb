//! A coordinator with its runner, while nothing happens.

use super::http::Connection;
use super::page::Reader;
use super::server::{Admin, Project, Server, runtime};
use crate::Result;
use crate::context::Context;
use crate::procfs;
use crate::row::{Figure, Row, Target, Unit};
use crate::samples::Samples;
use std::time::{Duration, Instant};

/// Most MiB.
const MEMORY: f64 = 40.0;
/// Most milliseconds from its start to its first answer.
const START: f64 = 200.0;
/// Most MB of the executable.
const SIZE: f64 = 30.0;
/// Most of a processor, in percent: below what the kernel counts in.
const BUSY: f64 = 0.1;

const TEXT: &str = "hello:\n  script: [echo hello]\n";

/// Start, memory after a job and all pages, processor time of some quiet seconds, and the executable's size.
pub(crate) fn at_rest(context: &Context) -> Result<Vec<Row>> {
    let runtime = runtime()?;
    let mut starts = Vec::new();
    for _ in 0..context.amount(10, 3) {
        let begin = Instant::now();
        let server = Server::start(context, true)?;
        runtime.block_on(alive(&server))?;
        starts.push(begin.elapsed());
    }
    let starts = Samples::new(starts)?;
    let server = Server::start(context, true)?;
    let pages = runtime.block_on(use_once(&server))?;
    let (memory, own) = (server.memory("VmRSS")?, server.memory("RssAnon")?);
    let quiet = Duration::from_secs(context.amount(20, 5) as u64);
    // What a page view sets off is over.
    std::thread::sleep(Duration::from_secs(2));
    let used = || procfs::cpu_time(server.pid()).ok_or("its processor time cannot be read");
    let before = used()?;
    std::thread::sleep(quiet);
    let busy = (used()? - before).as_secs_f64() / quiet.as_secs_f64() * 100.0;
    let size = context.runner.metadata()?.len() as f64 / 1e6;
    Ok(vec![
        Row::plain("coordinator: from its start to its first answer", Figure::ms(starts.median()))
            .target(Target::AtMost(START), "")
            .note(format!("with a new data folder and a runner; {}", starts.spread())),
        Row::plain("coordinator: memory with its runner, after a job and all pages", memory)
            .target(Target::AtMost(MEMORY), "")
            .note(format!("{own} of it anonymous; {pages} pages were read")),
        Row::plain("coordinator: processor while nothing happens", Figure::of(busy, Unit::Percent))
            .target(Target::AtMost(BUSY), "")
            .note(format!("within {} s", quiet.as_secs())),
        Row::plain("coordinator: size of the executable", Figure::of(size, Unit::MB))
            .target(Target::AtMost(SIZE), ""),
    ])
}

async fn alive(server: &Server) -> Result<()> {
    let answer = Connection::open(&server.host).await?.ask("GET", "/-/health", "", b"").await?;
    if answer.status == 200 { Ok(()) } else { Err(format!("status {}", answer.status).into()) }
}

/// Runs one job and reads every page once. How many there are.
async fn use_once(server: &Server) -> Result<usize> {
    let mut admin = Admin::at(server).await?;
    let project = Project::new(server, &mut admin, "quiet", TEXT).await?;
    let path = format!("/projects/{}/jobs", project.id);
    let deadline = Instant::now() + Duration::from_secs(60);
    let job = loop {
        let jobs = admin.get(&path).await?;
        match jobs[0]["status"].as_str() {
            Some("success") => break jobs[0]["id"].clone(),
            Some("failed") => return Err("its job failed".into()),
            _ if Instant::now() > deadline => return Err("its job does not end".into()),
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    let of_project = [
        "",
        "/-/pipelines",
        "/-/pipelines/1",
        "/-/pipelines/new",
        "/-/jobs",
        "/-/jobs/JOB",
        "/-/ci/editor",
        "/-/environments",
        "/-/runners",
        "/-/variables",
        "/-/settings",
        "/-/audit",
    ];
    let others =
        ["/", "/projects/new", "/admin/runners", "/admin/runners/new", "/admin/variables", "/admin/audit"];
    let mut reader = Reader::sign_in(server).await?;
    let job = job.to_string();
    for place in of_project {
        reader.read(&format!("/{}{}", project.path, place.replace("JOB", &job))).await?;
    }
    for place in others {
        reader.read(place).await?;
    }
    Ok(of_project.len() + others.len())
}
