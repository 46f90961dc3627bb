//! Settings of a project.

use super::answer;
use super::entry::Case;
use crate::model::{Project, ProjectChange};
use crate::pages::screens::settings;
use crate::pages::text::Text;
use crate::pages::views::{Answer, Oops, Views};
use axum::response::Response;
use http::StatusCode;

/// The form, or what it sent.
pub(super) async fn answer<V: Views>(case: &Case<'_, V>, at: &Project) -> Answer<Response> {
    if !case.ask.post {
        let groups = case.views.resource_groups(at).await?;
        return Ok(answer::page(settings::page(case.ui, at, &groups, None)));
    }
    match case.views.update_project(case.viewer, at.id, change(case)).await {
        Ok(()) => Ok(answer::see_other(&case.ui.of(at, "/-/settings?done=saved"))),
        Err(Oops::Refused(why)) => refused(case, at, &why).await,
        Err(other) => Err(other),
    }
}

async fn refused<V: Views>(case: &Case<'_, V>, at: &Project, why: &str) -> Answer<Response> {
    let groups = case.views.resource_groups(at).await?;
    let page = settings::page(case.ui, at, &groups, Some(why));
    Ok(answer::html(StatusCode::UNPROCESSABLE_ENTITY, page))
}

/// The order of a resource group.
pub(super) async fn resource_group<V: Views>(case: &Case<'_, V>, at: &Project) -> Answer<Response> {
    let form = &case.ask.form;
    if !case.ask.post {
        return Err(Oops::NotFound);
    }
    let mode = settings::MODES.into_iter().find(|(_, word, _)| form.get("process_mode") == Some(*word));
    let (mode, ..) = mode.ok_or(Oops::NotFound)?;
    let name = form.get("key").unwrap_or_default();
    case.views.set_resource_group(case.viewer, at, name, mode).await?;
    Ok(answer::see_other(&case.ui.of(at, "/-/settings?done=saved")))
}

fn change<V: Views>(case: &Case<'_, V>) -> ProjectChange {
    let form = &case.ask.form;
    let list = |name: &str| {
        let lines = form.get(name).unwrap_or_default().lines().map(str::trim);
        Some(lines.filter(|line| !line.is_empty()).map(str::to_owned).collect())
    };
    ProjectChange {
        name: form.some("name"),
        description: Some(form.text("description")),
        default_branch: form.some("default_branch"),
        visibility: form.some("visibility"),
        config_path: Some(form.text("ci_config_path")),
        timeout: form.number::<u64>("timeout_minutes").map(|minutes| minutes.saturating_mul(60)),
        git_depth: form.number("git_depth"),
        git_fetch: Some(form.ticked("git_fetch")),
        auto_cancel: Some(form.ticked("auto_cancel")),
        builds_enabled: Some(form.ticked("builds_enabled")),
        instance_runners: Some(form.ticked("instance_runners")),
        keep_latest_artifacts: Some(form.ticked("keep_latest_artifacts")),
        separate_caches: Some(form.ticked("separate_caches")),
        clear_caches: false,
        protected_branches: list("protected_branches"),
        protected_tags: list("protected_tags"),
    }
}

/// New caches from now on.
pub(super) async fn clear_caches<V: Views>(case: &Case<'_, V>, at: &Project) -> Answer<Response> {
    if !case.ask.post {
        return Err(Oops::NotFound);
    }
    let change = ProjectChange { clear_caches: true, ..ProjectChange::default() };
    case.views.update_project(case.viewer, at.id, change).await?;
    Ok(answer::see_other(&case.ui.of(at, "/-/settings?done=saved")))
}

/// Removes the project.
pub(super) async fn delete<V: Views>(case: &Case<'_, V>, at: &Project) -> Answer<Response> {
    if !case.ask.post {
        return Err(Oops::NotFound);
    }
    if !case.ask.form.text("confirm").eq_ignore_ascii_case(&at.path) {
        return refused(case, at, case.ui.t(Text::NotThePath)).await;
    }
    case.views.delete_project(case.viewer, at.id).await?;
    Ok(answer::see_other(&case.ui.href("/?done=deleted")))
}
