//! Pipelines: the list, the form, one of them, and what can be done to it.

use super::entry::Case;
use super::{answer, live};
use crate::kernel::{Act, Created, Topic};
use crate::model::{PipelineFilter, PipelineVariable, Project};
use crate::pages::screens::pipeline::{Tab, manual_menu, nested, page, stage_menu};
use crate::pages::screens::{pipelines, run_form};
use crate::pages::views::{Answer, Oops, RunRequest, Views};
use ::pipeline::{PipelineId, Status};
use axum::response::Response;
use http::StatusCode;

/// The list.
pub(super) async fn list<V: Views>(case: &Case<'_, V>, at: &Project) -> Answer<Response> {
    let query = &case.ask.query;
    let known =
        |scope: &String| ["finished", "branches", "tags", "running", "pending"].contains(&scope.as_str());
    let filter = PipelineFilter {
        scope: query.some("scope").filter(known),
        status: query.get("status").and_then(Status::parse),
        reference: query.some("ref"),
        sha: query.some("sha"),
        source: query.some("source"),
        ..PipelineFilter::default()
    };
    let part = query.page(15);
    let list = case.views.pipelines(at, filter.clone(), part).await?;
    Ok(answer::page(pipelines::page(case.ui, at, &list, &filter, part)))
}

/// The form for a new one.
pub(super) async fn new<V: Views>(case: &Case<'_, V>, at: &Project) -> Answer<Response> {
    let fields = if case.ask.post { &case.ask.form } else { &case.ask.query };
    let reference = fields.some("ref").unwrap_or_else(|| at.default_branch.clone());
    let mut filled = run_form::Filled { reference: reference.clone(), ..run_form::Filled::default() };
    let mut status = StatusCode::OK;
    if case.ask.post {
        filled.variables = fields.variables();
        let request = RunRequest {
            reference: reference.clone(),
            variables: filled.variables.clone(),
            inputs: fields.inside("inputs").into_iter().collect(),
        };
        match run(case, at, request).await? {
            Ok(id) => return Ok(answer::see_other(&case.ui.pipeline(at, id))),
            Err(errors) => filled.errors = errors,
        }
        status = StatusCode::UNPROCESSABLE_ENTITY;
    } else {
        let of = |prefix: &str, file: bool| {
            let given = fields.inside(prefix).into_iter();
            given
                .map(move |(key, value)| PipelineVariable { key, value, file, raw: false })
                .collect::<Vec<_>>()
        };
        filled.variables = [of("var", false), of("file_var", true)].concat();
    }
    let refs = case.views.refs(at).await?;
    let form = case.views.form(at, &reference).await?;
    Ok(answer::html(status, run_form::page(case.ui, at, &refs, &form, &filled)))
}

/// The new pipeline, or why there is none.
async fn run<V: Views>(
    case: &Case<'_, V>,
    at: &Project,
    request: RunRequest,
) -> Answer<Result<PipelineId, Vec<String>>> {
    match case.views.run(case.viewer, at, request).await {
        Ok(Created::Pipeline(id) | Created::Skipped(id)) => Ok(Ok(id)),
        Ok(Created::None { message }) => Ok(Err(vec![message])),
        Ok(Created::Invalid { pipeline: Some(id), .. }) => Ok(Ok(id)),
        Ok(Created::Invalid { pipeline: None, errors }) => Ok(Err(errors)),
        Err(Oops::Refused(why)) => Ok(Err(vec![why])),
        Err(other) => Err(other),
    }
}

/// A pipeline, a part of it, or something to be done to it.
pub(super) async fn answer<V: Views>(
    case: &Case<'_, V>,
    at: &Project,
    id: PipelineId,
    rest: &[String],
) -> Answer<Response> {
    let words: Vec<&str> = rest.iter().map(String::as_str).collect();
    if words == ["events"] {
        // A pipeline of another project is none.
        case.views.pipeline(at, id).await?;
        return Ok(live::stream(case, vec![("page", case.views.watch(Topic::Pipeline(id)))]));
    }
    if case.ask.post {
        return act(case, at, id, &words).await;
    }
    let shown = case.views.pipeline(at, id).await?;
    let query = &case.ask.query;
    let tab = match words.as_slice() {
        [] => Tab::Graph { needs: query.get("group") == Some("needs") },
        ["builds"] => Tab::Jobs,
        ["failures"] => Tab::Failures,
        ["test_report"] => Tab::Tests(case.views.tests(at, id).await?, query.some("suite")),
        ["manual_variables"] => Tab::Variables,
        ["stage"] => {
            let stage = query.text("name");
            return Ok(answer::fragment(stage_menu(case.ui, at, &shown, &stage).into_string()));
        }
        ["nested"] => return Ok(answer::fragment(nested(case.ui, at, &shown).into_string())),
        ["manual"] => return Ok(answer::fragment(manual_menu(case.ui, at, &shown).into_string())),
        _ => return Err(Oops::NotFound),
    };
    Ok(answer::page(page(case.ui, at, &shown, &tab)))
}

async fn act<V: Views>(case: &Case<'_, V>, at: &Project, id: PipelineId, words: &[&str]) -> Answer<Response> {
    let (act, done) = match words {
        ["retry"] => (Act::RetryPipeline(id), "retried"),
        ["cancel"] => (Act::CancelPipeline(id), "canceled"),
        ["delete"] => (Act::DeletePipeline(id), "deleted"),
        ["stages", stage, "play"] => (Act::PlayStage { pipeline: id, stage: (*stage).to_owned() }, "started"),
        _ => return Err(Oops::NotFound),
    };
    let gone = matches!(act, Act::DeletePipeline(_));
    case.views.act(case.viewer, at, act).await?;
    let to = if gone { case.ui.of(at, "/-/pipelines") } else { case.ui.pipeline(at, id) };
    Ok(answer::see_other(&format!("{to}?done={done}")))
}
