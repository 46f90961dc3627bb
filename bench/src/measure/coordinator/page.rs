//! Pages.

use super::http::Connection;
use super::server::{Admin, Project, Server, TOKEN, runtime};
use crate::Result;
use crate::context::Context;
use crate::row::{Figure, Row, Target};
use crate::samples::Samples;
use std::fmt::Write as _;
use std::time::Instant;

/// Most milliseconds.
const SOON: f64 = 20.0;

/// Somebody who signed in.
#[derive(Debug)]
pub(super) struct Reader {
    connection: Connection,
    headers: String,
}

impl Reader {
    pub(super) async fn sign_in(server: &Server) -> Result<Self> {
        let mut connection = Connection::open(&server.host).await?;
        let form = format!("login=root&password={TOKEN}");
        let headers = "Content-Type: application/x-www-form-urlencoded\r\n";
        let answer = connection.ask("POST", "/users/sign_in", headers, form.as_bytes()).await?;
        let cookie = answer.header("set-cookie").and_then(|value| value.split(';').next());
        let cookie = cookie.ok_or_else(|| format!("status {} for signing in", answer.status))?;
        Ok(Self { connection, headers: format!("Cookie: {cookie}\r\nAccept: text/html\r\n") })
    }

    /// A page, which has to be there.
    pub(super) async fn read(&mut self, path: &str) -> Result<String> {
        let answer = self.connection.ask("GET", path, &self.headers, b"").await?;
        if answer.status != 200 {
            return Err(format!("status {} for {path}", answer.status).into());
        }
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }
}

/// The page of a pipeline of 200 jobs in five stages, half of which name what they need.
pub(crate) fn of_pipeline(context: &Context) -> Result<Vec<Row>> {
    let server = Server::start(context, false)?;
    runtime()?.block_on(measure(context, &server))
}

async fn measure(context: &Context, server: &Server) -> Result<Vec<Row>> {
    let mut admin = Admin::at(server).await?;
    let project = Project::new(server, &mut admin, "large", &large()?).await?;
    let pipeline = project.pipeline(&mut admin).await?;
    let path = format!("/{}/-/pipelines/{pipeline}", project.path);
    let mut reader = Reader::sign_in(server).await?;
    let mut times = Vec::new();
    let mut size = 0;
    for round in 0..=context.amount(100, 20) {
        let begin = Instant::now();
        let page = reader.read(&path).await?;
        let time = begin.elapsed();
        if !page.contains("job-4-39") {
            return Err("the page does not show its jobs".into());
        }
        size = page.len();
        if round > 0 {
            times.push(time);
        }
    }
    let times = Samples::new(times)?;
    Ok(vec![
        Row::plain("page: a pipeline of 200 jobs, until its last byte", Figure::ms(times.median()))
            .target(Target::AtMost(SOON), "")
            .note(format!("{}; {} kB, on one connection", times.spread(), size / 1000)),
    ])
}

fn large() -> Result<String> {
    let mut text = String::from("stages: [s0, s1, s2, s3, s4]\n");
    for stage in 0..5 {
        for number in 0..40 {
            write!(text, "job-{stage}-{number}:\n  stage: s{stage}\n  tags: [none]\n  script: [make]\n")?;
            if stage > 0 && number % 2 == 0 {
                writeln!(text, "  needs: [job-{}-{number}]", stage - 1)?;
            }
        }
    }
    Ok(text)
}
