//! Pages of no project.

use super::entry::Case;
use super::route::Admin;
use super::{answer, runner, variable};
use crate::model::Project;
use crate::pages::screens::audit as screen;
use crate::pages::views::{Answer, Views};
use axum::response::Response;

/// The answer for a place.
pub(super) async fn answer<V: Views>(case: &Case<'_, V>, place: &Admin) -> Answer<Response> {
    match place {
        Admin::Runners => runner::list(case, None).await,
        Admin::RunnersEvents => Ok(runner::events(case)),
        Admin::NewRunner => runner::new(case, None).await,
        Admin::RegistrationToken => runner::registration(case).await,
        Admin::Runner(id) => runner::one(case, *id).await,
        Admin::RunnerAct(id, word) => runner::act(case, *id, word).await,
        Admin::Variables => variable::answer(case, None).await,
        Admin::DeleteVariable => variable::delete(case, None).await,
        Admin::Audit => audit(case, None).await,
    }
}

/// What was done.
pub(super) async fn audit<V: Views>(case: &Case<'_, V>, project: Option<&Project>) -> Answer<Response> {
    let page = case.ask.query.page(50);
    let list = case.views.audit(project, page).await?;
    Ok(answer::page(screen::page(case.ui, project, &list, page)))
}
