//! Environments: the list, one of them, and what can be done to it.

use super::answer;
use super::entry::Case;
use crate::model::{EnvironmentFilter, EnvironmentState, Project};
use crate::pages::screens::{environment, environments};
use crate::pages::views::{Answer, Oops, Views};
use axum::response::Response;

/// The list: what is there, unless those that were stopped are asked for.
pub(super) async fn list<V: Views>(case: &Case<'_, V>, at: &Project) -> Answer<Response> {
    let query = &case.ask.query;
    let stopped = query.get("scope") == Some("stopped");
    let states = match stopped {
        true => vec![EnvironmentState::Stopped],
        false => vec![EnvironmentState::Available, EnvironmentState::Stopping],
    };
    let filter = EnvironmentFilter { search: query.some("search"), states, ..EnvironmentFilter::default() };
    let page = query.page(20);
    let list = case.views.environments(at, filter.clone(), page).await?;
    let search = filter.search.unwrap_or_default();
    Ok(answer::page(environments::page(case.ui, at, &list, &search, stopped, page)))
}

/// One of them, or something to be done to it.
pub(super) async fn one<V: Views>(
    case: &Case<'_, V>,
    at: &Project,
    id: i64,
    act: Option<&str>,
) -> Answer<Response> {
    let ui = case.ui;
    match (act, case.ask.post) {
        (None, false) => {
            let page = case.ask.query.page(20);
            let shown = case.views.environment(at, id, page).await?;
            Ok(answer::page(environment::page(ui, at, &shown, page)))
        }
        (Some("stop"), true) => {
            case.views.stop_environment(case.viewer, at, id).await?;
            Ok(answer::see_other(&ui.of(at, &format!("/-/environments/{id}?done=stopped"))))
        }
        (Some("delete"), true) => {
            case.views.delete_environment(case.viewer, at, id).await?;
            Ok(answer::see_other(&ui.of(at, "/-/environments?scope=stopped&done=deleted")))
        }
        _ => Err(Oops::NotFound),
    }
}
