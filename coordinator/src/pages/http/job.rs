//! Jobs: the page, the log, artifacts, and what can be done to one.

use super::entry::Case;
use super::{answer, files, live, log};
use crate::kernel::{Act, Topic};
use crate::model::Project;
use crate::pages::screens::job::page;
use crate::pages::views::{Answer, Oops, Views};
use axum::response::Response;
use pipeline::{JobId, Status};

/// A job, a part of it, or something to be done to it.
pub(super) async fn answer<V: Views>(
    case: &Case<'_, V>,
    at: &Project,
    id: JobId,
    rest: &[String],
) -> Answer<Response> {
    let words: Vec<&str> = rest.iter().map(String::as_str).collect();
    if case.ask.post {
        return act(case, at, id, &words).await;
    }
    match words.as_slice() {
        [] => show(case, at, id).await,
        ["events"] => events(case, at, id).await,
        ["artifacts", more @ ..] => files::answer(case, at, id, more).await,
        ["raw"] => {
            let file = case.views.trace(at, id).await?;
            let name = case.ask.query.ticked("download").then(|| format!("job-{id}.log"));
            log::raw(file, name.as_deref())
        }
        ["log" | "tail", ..] => part(case, at, id, &words).await,
        _ => Err(Oops::NotFound),
    }
}

async fn show<V: Views>(case: &Case<'_, V>, at: &Project, id: JobId) -> Answer<Response> {
    let shown = case.views.job(at, id).await?;
    let view = match case.views.trace(at, id).await? {
        Some(file) if shown.has_trace => Some(log::view(case.ui, file, &case.ask.query).await?),
        _ => None,
    };
    Ok(answer::page(page(case.ui, at, &shown, view.as_ref())))
}

async fn events<V: Views>(case: &Case<'_, V>, at: &Project, id: JobId) -> Answer<Response> {
    let shown = case.views.job(at, id).await?;
    let mut topics = vec![
        ("page", case.views.watch(Topic::Job(id))),
        ("page", case.views.watch(Topic::Pipeline(shown.view.row.pipeline))),
    ];
    // Why it waits depends on what runners there are.
    if matches!(shown.view.row.status, Status::Created | Status::Pending) {
        topics.push(("page", case.views.watch(Topic::Runners)));
    }
    if !shown.view.row.status.is_complete() {
        topics.push(("log", case.views.watch(Topic::Trace(id))));
    }
    Ok(live::stream(case, topics))
}

async fn part<V: Views>(case: &Case<'_, V>, at: &Project, id: JobId, words: &[&str]) -> Answer<Response> {
    let file = case.views.trace(at, id).await?.ok_or(Oops::NotFound)?;
    match words {
        ["log"] => log::rows(case.ui, file, &case.ask.query).await,
        ["log", "index"] => log::index(file).await,
        ["log", "find"] => log::find(file, &case.ask.query).await,
        ["tail"] => log::tail(case.ui, file).await,
        _ => Err(Oops::NotFound),
    }
}

async fn act<V: Views>(case: &Case<'_, V>, at: &Project, id: JobId, words: &[&str]) -> Answer<Response> {
    let force = case.ask.query.get("force") == Some("1");
    let (act, done) = match words {
        ["play"] => (Act::Play { job: id, variables: case.ask.form.variables() }, "started"),
        ["retry"] => (Act::Retry(id), "retried"),
        ["cancel"] => (Act::CancelJob { job: id, force }, "canceled"),
        ["unschedule"] => (Act::Unschedule(id), "unscheduled"),
        ["erase"] => (Act::Erase(id), "erased"),
        ["artifacts", "keep"] => (Act::KeepArtifacts(id), "kept"),
        ["artifacts", "delete"] => (Act::DeleteArtifacts(id), "deleted"),
        _ => return Err(Oops::NotFound),
    };
    let acted = case.views.act(case.viewer, at, act).await?;
    let to = case.ui.job(at, acted.job.unwrap_or(id));
    Ok(answer::see_other(&format!("{to}?done={done}")))
}
