//! Runners: the list, one of them, the forms.

use super::entry::Case;
use super::{answer, live};
use crate::kernel::Topic;
use crate::model::{AccessLevel, NewRunner, Project, RunnerChange, RunnerId, RunnerKind};
use crate::pages::screens::{registration, runner_form, runner_token, runners};
use crate::pages::views::{Answer, Oops, Views};
use axum::response::Response;
use http::StatusCode;

/// All runners, or those of a project.
pub(super) async fn list<V: Views>(case: &Case<'_, V>, project: Option<&Project>) -> Answer<Response> {
    let list = case.views.runners(project).await?;
    Ok(answer::page(runners::page(case.ui, project, &list)))
}

/// Their changes.
pub(super) fn events<V: Views>(case: &Case<'_, V>) -> Response {
    live::stream(case, vec![("page", case.views.watch(Topic::Runners))])
}

/// One.
pub(super) async fn one<V: Views>(case: &Case<'_, V>, id: RunnerId) -> Answer<Response> {
    let item = case.views.runner(id).await?;
    Ok(answer::page(runners::one(case.ui, &item)))
}

/// A new one.
pub(super) async fn new<V: Views>(case: &Case<'_, V>, project: Option<&Project>) -> Answer<Response> {
    let (ui, form) = (case.ui, &case.ask.form);
    if !case.ask.post {
        return Ok(answer::page(runner_form::form(ui, project, None, None)));
    }
    let new = NewRunner {
        kind: if project.is_some() { RunnerKind::ProjectType } else { RunnerKind::InstanceType },
        projects: project.map(|project| project.id).into_iter().collect(),
        tags: tags(&form.text("tag_list")),
        run_untagged: form.ticked("run_untagged"),
        access_level: access(form.ticked("protected")),
        locked: form.ticked("locked"),
        paused: form.ticked("paused"),
        maximum_timeout: form.number("maximum_timeout"),
        maintenance_note: form.text("maintenance_note"),
        user: case.viewer.user,
        ..NewRunner::instance(form.text("description"))
    };
    match case.views.create_runner(case.viewer, new).await {
        Ok((id, token)) => Ok(answer::page(runner_token::page(ui, project, id, &token, true))),
        Err(Oops::Refused(why)) => Ok(answer::html(
            StatusCode::UNPROCESSABLE_ENTITY,
            runner_form::form(ui, project, None, Some(&why)),
        )),
        Err(other) => Err(other),
    }
}

/// The token that runners register themselves with. It is shown to whoever presses a button for it, and that is noted.
pub(super) async fn registration<V: Views>(case: &Case<'_, V>) -> Answer<Response> {
    if !case.ask.post {
        return Ok(answer::page(registration::page(case.ui, None)));
    }
    let another = case.ask.form.get("reset") == Some("1");
    let token = case.views.registration_token(case.viewer, another).await?;
    Ok(answer::page(registration::page(case.ui, Some((&token, another)))))
}

/// What is done to one, or its form.
pub(super) async fn act<V: Views>(case: &Case<'_, V>, id: RunnerId, word: &str) -> Answer<Response> {
    let page = case.ui.href(&format!("/admin/runners/{id}"));
    if !case.ask.post {
        return match word {
            "edit" => {
                let item = case.views.runner(id).await?;
                Ok(answer::page(runner_form::form(case.ui, None, Some(&item.view.runner), None)))
            }
            "events" => Ok(events(case)),
            _ => Err(Oops::NotFound),
        };
    }
    let pause = |paused: bool| RunnerChange { paused: Some(paused), ..RunnerChange::default() };
    match word {
        "pause" => case.views.update_runner(case.viewer, id, pause(true)).await?,
        "resume" => case.views.update_runner(case.viewer, id, pause(false)).await?,
        "reset_token" => {
            let token = case.views.reset_runner(case.viewer, id).await?;
            return Ok(answer::page(runner_token::page(case.ui, None, id, &token, false)));
        }
        "delete" => {
            case.views.delete_runner(case.viewer, id).await?;
            return Ok(answer::see_other(&case.ui.href("/admin/runners?done=deleted")));
        }
        "edit" => match case.views.update_runner(case.viewer, id, change(case)).await {
            Err(Oops::Refused(why)) => {
                let item = case.views.runner(id).await?;
                let form = runner_form::form(case.ui, None, Some(&item.view.runner), Some(&why));
                return Ok(answer::html(StatusCode::UNPROCESSABLE_ENTITY, form));
            }
            other => other?,
        },
        _ => return Err(Oops::NotFound),
    }
    Ok(answer::see_other(&format!("{page}?done=saved")))
}

fn change<V: Views>(case: &Case<'_, V>) -> RunnerChange {
    let form = &case.ask.form;
    RunnerChange {
        description: Some(form.text("description")),
        tags: Some(tags(&form.text("tag_list"))),
        run_untagged: Some(form.ticked("run_untagged")),
        access_level: Some(access(form.ticked("protected"))),
        locked: Some(form.ticked("locked")),
        paused: Some(form.ticked("paused")),
        maximum_timeout: Some(form.number("maximum_timeout")),
        maintenance_note: Some(form.text("maintenance_note")),
        projects: None,
    }
}

fn tags(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

fn access(protected: bool) -> AccessLevel {
    if protected { AccessLevel::RefProtected } else { AccessLevel::NotProtected }
}
