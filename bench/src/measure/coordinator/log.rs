//! A long log in a real browser.

use super::server::{Admin, Project, Server, TOKEN, runtime};
use crate::Result;
use crate::context::Context;
use crate::row::{Figure, Row, Target};
use crate::samples::Samples;
use crate::skipped::Skipped;
use kit::browser::{Browser, Page};
use std::time::Duration;

/// Most milliseconds.
const SOON: f64 = 1000.0;
const TEXT: &str = "long:\n  script: [seq 100000]\n";

/// When its first lines are on the screen, since the address was entered.
const PAINTED: &str = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))";

/// A log of 100,000 lines, from its address in Chromium to its first lines on the screen, and from there to its last.
pub(crate) fn in_browser(context: &Context) -> Result<Vec<Row>> {
    let server = Server::start(context, true)?;
    runtime()?.block_on(measure(context, &server))
}

async fn measure(context: &Context, server: &Server) -> Result<Vec<Row>> {
    let browser = Browser::start().await.ok_or_else(|| Skipped::because("there is no Chromium"))?;
    let mut admin = Admin::at(server).await?;
    let project = Project::new(server, &mut admin, "long", TEXT).await?;
    let jobs = admin.get(&format!("/projects/{}/jobs", project.id)).await?;
    let job = jobs[0]["id"].as_i64().ok_or("a pipeline without a job")?;
    let url = format!("http://{}/{}/-/jobs/{job}", server.host, project.path);
    let page = browser.page().await;
    page.open(&format!("http://{}/", server.host)).await;
    page.fill("#login", "root").await;
    page.fill("#secret", TOKEN).await;
    page.follow("form button").await;
    page.open(&url).await;
    page.wait_for("document.querySelector('#status[data-finished]')").await;
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for round in 0..=context.amount(10, 3) {
        let times = once(&page, &url).await?;
        if round > 0 {
            first.push(times.0);
            last.push(times.1);
        }
    }
    let (first, last) = (Samples::new(first)?, Samples::new(last)?);
    Ok(vec![
        Row::plain("log of 100,000 lines: its first lines, in Chromium", Figure::ms(first.median()))
            .target(Target::AtMost(SOON), "")
            .note(first.spread()),
        Row::plain("  from there to its last line", Figure::ms(last.median())).note(last.spread()),
    ])
}

/// Opens the log anew, and goes to its end.
async fn once(page: &Page, url: &str) -> Result<(Duration, Duration)> {
    // From elsewhere, so that it is another document whatever was shown before.
    page.open("about:blank").await;
    page.open(url).await;
    page.wait_for("document.querySelector('#L20')?.checkVisibility()").await;
    let first = milliseconds(page, PAINTED).await?;
    page.wait_for("document.querySelectorAll('#log .part[data-line]').length > 90").await;
    let begin = milliseconds(page, "performance.now()").await?;
    page.click("#log-bottom").await;
    let end = "[...document.querySelectorAll('#log .part:last-child .x')].at(-1)?.getBoundingClientRect().bottom < innerHeight";
    page.wait_for(end).await;
    let end = milliseconds(page, PAINTED).await?;
    Ok((first, end.saturating_sub(begin)))
}

async fn milliseconds(page: &Page, js: &str) -> Result<Duration> {
    let number = page.eval(js).await.as_f64().ok_or("no time")?;
    Ok(Duration::from_secs_f64(number / 1e3))
}
