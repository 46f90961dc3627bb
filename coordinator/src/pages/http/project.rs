//! Pages of a project.

use super::entry::Case;
use super::route::Place;
use super::{admin, answer, environment, files, job, live, pipeline, runner, settings, variable};
use crate::kernel::Topic;
use crate::model::{JobFilter, NewProject, Project};
use crate::pages::screens::{editor, jobs, project, projects};
use crate::pages::views::{Answer, Oops, Views};
use ::pipeline::Status;
use axum::response::Response;

/// The answer for a place of a project.
pub(super) async fn answer<V: Views>(case: &Case<'_, V>, at: &Project, place: &Place) -> Answer<Response> {
    let ui = case.ui;
    match place {
        Place::Overview => Ok(answer::page(project::page(ui, at, &case.views.overview(at).await?))),
        Place::Events => Ok(live::stream(case, vec![("page", case.views.watch(Topic::Project(at.id)))])),
        Place::Pipelines => pipeline::list(case, at).await,
        Place::NewPipeline => pipeline::new(case, at).await,
        Place::Pipeline(id, rest) => pipeline::answer(case, at, *id, rest).await,
        Place::Jobs => job_list(case, at).await,
        Place::Job(id, rest) => job::answer(case, at, *id, rest).await,
        Place::Editor => edit(case, at).await,
        Place::Environments => environment::list(case, at).await,
        Place::Environment(id, act) => environment::one(case, at, *id, act.as_deref()).await,
        Place::LatestArtifacts(words) => files::latest(case, at, words).await,
        Place::Runners => runner::list(case, Some(at)).await,
        Place::RunnersEvents => Ok(runner::events(case)),
        Place::NewRunner => runner::new(case, Some(at)).await,
        Place::Variables => variable::answer(case, Some(at)).await,
        Place::DeleteVariable => variable::delete(case, Some(at)).await,
        Place::Settings => settings::answer(case, at).await,
        Place::ClearCaches => settings::clear_caches(case, at).await,
        Place::ResourceGroup => settings::resource_group(case, at).await,
        Place::Delete => settings::delete(case, at).await,
        Place::Audit => admin::audit(case, Some(at)).await,
    }
}

/// A new project.
pub(super) async fn create<V: Views>(case: &Case<'_, V>) -> Answer<Response> {
    let (ui, form) = (case.ui, &case.ask.form);
    if !case.ask.post {
        return Ok(answer::page(projects::new(ui, &case.ask.query.text("path"), None)));
    }
    let new = NewProject {
        name: form.some("name"),
        description: form.text("description"),
        default_branch: form.some("default_branch"),
        user: case.viewer.user,
        ..NewProject::at(form.text("path"))
    };
    match case.views.create_project(case.viewer, new).await {
        Ok(made) => Ok(answer::see_other(&ui.of(&made, "?done=created"))),
        Err(Oops::Refused(why)) => Ok(answer::html(
            http::StatusCode::UNPROCESSABLE_ENTITY,
            projects::new(ui, &form.text("path"), Some(&why)),
        )),
        Err(other) => Err(other),
    }
}

async fn job_list<V: Views>(case: &Case<'_, V>, at: &Project) -> Answer<Response> {
    let scope = case.ask.query.text("scope");
    let filter = JobFilter {
        scope: Status::parse(&scope).into_iter().collect(),
        retried: true,
        ..JobFilter::default()
    };
    let page = case.ask.query.page(30);
    let list = case.views.jobs(at, filter, page).await?;
    Ok(answer::page(jobs::page(case.ui, at, &list, &scope, page)))
}

async fn edit<V: Views>(case: &Case<'_, V>, at: &Project) -> Answer<Response> {
    let fields = if case.ask.post { &case.ask.form } else { &case.ask.query };
    let reference = fields.some("ref").unwrap_or_else(|| at.default_branch.clone());
    let refs = case.views.refs(at).await?;
    let (text, plan) = match fields.get("content").filter(|_| case.ask.post) {
        Some(content) => {
            let text = super::form::lines(content);
            let plan = case.views.plan(at, &reference, &text).await?;
            (text, Some(plan))
        }
        None => (case.views.config(at, &reference).await?.text.unwrap_or_default(), None),
    };
    Ok(answer::page(editor::page(case.ui, at, &refs, &reference, &text, plan.as_ref())))
}
