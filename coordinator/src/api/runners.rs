//! Runners, as those see them who look after them. What runners themselves call is elsewhere.

use super::app::{App, number};
use super::error::ApiError;
use super::paging::Paging;
use super::params::Params;
use super::show::{self, moment_of};
use crate::access::Actor;
use crate::model::{
    AccessLevel, JobFilter, NewRunner, ProjectId, RunnerChange, RunnerId, RunnerKind, RunnerState, RunnerView,
};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{StatusCode, Uri};
use serde_json::{Value, json};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v4/user/runners", post(create))
        .route("/api/v4/runners", get(list))
        .route("/api/v4/runners/all", get(list))
        .route("/api/v4/runners/{id}", get(one).put(update).delete(remove))
        .route("/api/v4/runners/{id}/jobs", get(jobs))
        .route("/api/v4/runners/{id}/managers", get(managers))
        .route("/api/v4/runners/{id}/reset_authentication_token", post(reset))
        .route("/api/v4/runners/reset_registration_token", post(reset_registration))
}

async fn create(State(app): State<App>, actor: Actor, params: Params) -> Result<Response, ApiError> {
    actor.wants_everything()?;
    let kind = match params.required("runner_type")?.as_str() {
        "instance_type" => RunnerKind::InstanceType,
        "project_type" => RunnerKind::ProjectType,
        "group_type" => {
            return Err(ApiError::bad("runner_type group_type is not supported: there are no groups"));
        }
        _ => return Err(ApiError::bad("runner_type does not have a valid value")),
    };
    let project = params.text("project_id")?;
    let projects = match (kind, project) {
        (RunnerKind::ProjectType, Some(id)) => vec![app.own(&actor, &id).await?.id],
        (RunnerKind::ProjectType, None) => return Err(ApiError::bad("project_id is missing")),
        (RunnerKind::InstanceType, _) => Vec::new(),
    };
    let change = change(&params)?;
    let tags = change.tags.unwrap_or_default();
    let new = NewRunner {
        kind,
        projects,
        description: change.description.unwrap_or_default(),
        run_untagged: change.run_untagged.unwrap_or(true),
        tags,
        access_level: change.access_level.unwrap_or_default(),
        locked: change.locked.unwrap_or(false),
        paused: change.paused.unwrap_or(false),
        maximum_timeout: change.maximum_timeout.flatten(),
        maintenance_note: change.maintenance_note.unwrap_or_default(),
        user: actor.user.id,
    };
    let (runner, token) = app.kernel.create_runner(new).await?;
    app.note(&actor, "runner_created", format!("runner {}", runner.id), None).await;
    let shown = json!({
        "id": runner.id,
        "token": token.expose(),
        "token_expires_at": moment_of(runner.token_expires_at),
    });
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

fn change(params: &Params) -> Result<RunnerChange, ApiError> {
    let access_level = match params.text("access_level")?.as_deref() {
        None => None,
        Some("not_protected") => Some(AccessLevel::NotProtected),
        Some("ref_protected") => Some(AccessLevel::RefProtected),
        Some(_) => return Err(ApiError::bad("access_level does not have a valid value")),
    };
    // `active` is the old word, the other way round.
    let paused = match params.boolean("paused")? {
        Some(paused) => Some(paused),
        None => params.boolean("active")?.map(|active| !active),
    };
    let timeout = params.has("maximum_timeout").then(|| params.count("maximum_timeout")).transpose()?;
    Ok(RunnerChange {
        description: params.text("description")?,
        tags: params.texts("tag_list")?,
        run_untagged: params.boolean("run_untagged")?,
        access_level,
        locked: params.boolean("locked")?,
        paused,
        maximum_timeout: timeout,
        maintenance_note: params.text("maintenance_note")?,
        projects: None,
    })
}

/// Which runners are wanted.
#[derive(Debug, Default)]
struct Wanted {
    kind: Option<String>,
    status: Option<String>,
    paused: Option<bool>,
    tags: Vec<String>,
}

impl Wanted {
    fn of(params: &Params) -> Result<Self, ApiError> {
        let word = |name: &str, known: &[&str]| match params.text(name)? {
            Some(word) if !known.contains(&word.as_str()) => {
                Err(ApiError::bad(format!("{name} does not have a valid value")))
            }
            word => Ok(word),
        };
        let kinds = ["instance_type", "group_type", "project_type"];
        let states = ["online", "offline", "stale", "never_contacted", "active", "paused"];
        let scopes = [&states[..], &["specific", "shared"], &kinds].concat();
        let (mut kind, mut status) = (word("type", &kinds)?, word("status", &states)?);
        match word("scope", &scopes)?.as_deref() {
            Some("shared") => kind = Some("instance_type".into()),
            Some("specific") => kind = Some("project_type".into()),
            Some(word) if kinds.contains(&word) => kind = Some(word.to_owned()),
            Some(word) => status = Some(word.to_owned()),
            None => {}
        }
        let tags = params.texts("tag_list")?.unwrap_or_default();
        Ok(Self { kind, status, paused: params.boolean("paused")?, tags })
    }

    fn includes(&self, view: &RunnerView) -> bool {
        let of = &view.runner;
        let status = match self.status.as_deref() {
            None => true,
            Some("active") => !of.paused,
            Some("paused") => of.paused,
            // GitLab counts stale runners among those that are offline.
            Some("offline") => matches!(view.state, RunnerState::Offline | RunnerState::Stale),
            Some(word) => view.state.as_str() == word,
        };
        status
            && self.kind.as_deref().is_none_or(|kind| of.kind.as_str() == kind)
            && self.paused.is_none_or(|paused| of.paused == paused)
            && self.tags.iter().all(|tag| of.tags.contains(tag))
    }
}

/// A token of one project sees those that take jobs of it.
async fn list(State(app): State<App>, actor: Actor, params: Params, uri: Uri) -> Result<Response, ApiError> {
    listed(&app, &params, &app.paging(&params, &uri)?, actor.only()).await
}

/// The runners that are wanted: of all, or of those that take jobs of a project.
pub(super) async fn listed(
    app: &App,
    params: &Params,
    paging: &Paging,
    of: Option<ProjectId>,
) -> Result<Response, ApiError> {
    let wanted = Wanted::of(params)?;
    let views = app.kernel.runners(of).await?;
    let stage = app.stage().await?;
    let views = views.iter().filter(|view| wanted.includes(view));
    Ok(paging.cut(views.map(|view| show::runner(&stage.scene(), view)).collect()))
}

pub(super) async fn find(app: &App, id: &str) -> Result<RunnerView, ApiError> {
    Ok(app.kernel.runner(RunnerId(number("id", id)?)).await?)
}

/// One that somebody may see: a token of one project sees what takes jobs of it.
async fn seen(app: &App, actor: &Actor, id: &str) -> Result<RunnerView, ApiError> {
    let view = find(app, id).await?;
    let of = &view.runner;
    let hidden = |only: ProjectId| of.kind == RunnerKind::ProjectType && !of.projects.contains(&only);
    if actor.only().is_some_and(hidden) { Err(ApiError::not_found("Runner")) } else { Ok(view) }
}

async fn details(app: &App, actor: &Actor, view: &RunnerView) -> Result<Json<Value>, ApiError> {
    let mut projects = app.projects_of(view.runner.projects.clone()).await;
    projects.retain(|_, project| actor.may_read(project));
    Ok(Json(show::runner_details(&app.stage().await?.scene(), view, &projects)))
}

async fn one(State(app): State<App>, actor: Actor, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    details(&app, &actor, &seen(&app, &actor, &id).await?).await
}

async fn update(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    actor.wants_everything()?;
    let view = find(&app, &id).await?;
    app.kernel.update_runner(view.runner.id, change(&params)?).await?;
    app.note(&actor, "runner_changed", format!("runner {id}"), None).await;
    details(&app, &actor, &find(&app, &id).await?).await
}

async fn remove(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    actor.wants_everything()?;
    let view = find(&app, &id).await?;
    app.kernel.delete_runner(view.runner.id).await?;
    app.note(&actor, "runner_removed", format!("runner {id}"), None).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Of all projects, so not for a token of one.
async fn jobs(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
    params: Params,
    uri: Uri,
) -> Result<Response, ApiError> {
    actor.wants_everything()?;
    let view = find(&app, &id).await?;
    let paging = app.paging(&params, &uri)?;
    let scope = super::jobs::statuses(&params, "status")?;
    let filter = JobFilter { runner: Some(view.runner.id), scope, retried: true, ..JobFilter::default() };
    let found = app.kernel.jobs(None, filter, paging.page).await?;
    let around = super::jobs::Around::of(&app, &found.items, true).await?;
    let projects = app.projects_of(found.items.iter().map(|row| row.project).collect()).await;
    let stage = app.stage().await?;
    Ok(paging.answer(found, |row| {
        projects.get(&row.project).map(|project| around.show(&stage.scene(), project, row))
    }))
}

async fn managers(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let view = seen(&app, &actor, &id).await?;
    let stage = app.stage().await?;
    let shown = view.managers.iter().enumerate();
    Ok(Json(shown.map(|(at, manager)| show::manager(&stage.scene(), at, manager)).collect()))
}

async fn reset(State(app): State<App>, actor: Actor, Path(id): Path<String>) -> Result<Response, ApiError> {
    actor.wants_everything()?;
    let view = find(&app, &id).await?;
    let token = app.kernel.reset_runner_token(view.runner.id).await?;
    app.note(&actor, "runner_token_reset", format!("runner {id}"), None).await;
    let shown = json!({"token": token.expose(), "token_expires_at": moment_of(view.runner.token_expires_at)});
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

/// Another token for runners that register themselves.
async fn reset_registration(State(app): State<App>, actor: Actor) -> Result<Response, ApiError> {
    actor.wants_everything()?;
    let token = app.kernel.reset_registration_token().await?;
    app.note(&actor, "registration_token_reset", "instance", None).await;
    let shown = json!({"token": token.expose(), "token_expires_at": null});
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_change() {
        let of = |value: Value| change(&Params::of(value));
        let changed = of(json!({"active": false, "tag_list": "a,b", "maximum_timeout": null})).unwrap();
        assert_eq!(changed.paused, Some(true));
        assert_eq!(changed.tags, Some(vec!["a".into(), "b".into()]));
        assert_eq!(changed.maximum_timeout, Some(None));
        assert_eq!(of(json!({})).unwrap(), RunnerChange::default());
        assert!(of(json!({"access_level": "all"})).is_err());
    }

    #[test]
    fn filters() {
        let of = |value: Value| Wanted::of(&Params::of(value));
        assert_eq!(of(json!({"scope": "shared"})).unwrap().kind.as_deref(), Some("instance_type"));
        assert_eq!(of(json!({"scope": "paused"})).unwrap().status.as_deref(), Some("paused"));
        assert!(of(json!({"status": "asleep"})).is_err());
    }
}
