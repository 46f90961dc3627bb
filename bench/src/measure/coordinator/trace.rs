//! How fast traces are taken.

use super::crowd::Asker;
use super::http::Connection;
use super::server::{Admin, Project, Server, runtime};
use crate::Result;
use crate::context::Context;
use crate::row::{Figure, Row, Target};
use crate::text::Lines;
use std::rc::Rc;
use std::time::Instant;
use tokio::task::{JoinSet, LocalSet};

/// Jobs that write at once.
const JOBS: usize = 50;
/// Bytes of one request.
const PIECE: usize = 1 << 20;
/// Least MB a second.
const SPEED: f64 = 200.0;

/// Fifty jobs that send their traces at the same time, a mebibyte a request.
pub(crate) fn intake(context: &Context) -> Result<Vec<Row>> {
    let server = Server::start(context, false)?;
    let tasks = LocalSet::new();
    tasks.block_on(&runtime()?, measure(context, &server))
}

async fn measure(context: &Context, server: &Server) -> Result<Vec<Row>> {
    let pieces = context.amount(20, 4);
    let mut admin = Admin::at(server).await?;
    let text = format!("batch:\n  tags: [batch]\n  parallel: {JOBS}\n  script: [make]\n");
    Project::new(server, &mut admin, "traces", &text).await?;
    let mut asker = Asker::new(&server.host, &admin.runner("batch").await?, 0).await?;
    let piece: Rc<[u8]> = Lines::new(1).text(PIECE).into();
    let mut tasks = JoinSet::new();
    let mut jobs = Vec::new();
    for _ in 0..JOBS {
        let job = asker.ask().await?.ok_or("too few jobs")?;
        jobs.push((job, Connection::open(&server.host).await?));
    }
    let begin = Instant::now();
    for (job, mut connection) in jobs {
        let piece = piece.clone();
        tasks.spawn_local(async move {
            let path = format!("/api/v4/jobs/{}/trace", job.job);
            for number in 0..pieces {
                let from = number * piece.len();
                let to = from + piece.len() - 1;
                let headers = format!(
                    "JOB-TOKEN: {}\r\nContent-Range: {from}-{to}\r\nContent-Type: text/plain\r\n",
                    job.token
                );
                let answer = connection.ask("PATCH", &path, &headers, &piece).await?;
                let stored = answer.header("range").unwrap_or_default();
                if answer.status != 202 || stored != format!("0-{}", to + 1) {
                    return Err(format!("status {}, stored {stored}", answer.status).into());
                }
            }
            crate::Result::Ok(())
        });
    }
    while let Some(sent) = tasks.join_next().await {
        sent??;
    }
    let bytes = (JOBS * pieces * PIECE) as u64;
    let speed = Figure::speed(bytes, begin.elapsed());
    let memory = server.memory("VmHWM")?;
    Ok(vec![
        Row::plain(format!("trace intake, {JOBS} jobs at once"), speed)
            .target(Target::AtLeast(SPEED), "")
            .note(format!("{} MB, 1 MiB a request; at most {memory} resident", bytes / 1_000_000)),
    ])
}
