//! Projects.

use super::app::App;
use super::error::ApiError;
use super::params::Params;
use super::show;
use crate::access::{Actor, Visitor};
use crate::model::{NewProject, ProjectChange, ProjectFilter};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{StatusCode, Uri};
use serde_json::{Value, json};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v4/projects", get(list).post(create))
        .route("/api/v4/projects/{id}", get(one).put(update).delete(remove))
}

/// Those that the visitor may see: a token of one project sees that one, a stranger what is public.
async fn list(
    State(app): State<App>,
    visitor: Visitor,
    params: Params,
    uri: Uri,
) -> Result<Response, ApiError> {
    let paging = app.paging(&params, &uri)?;
    let words = ["private", "internal", "public"];
    let wanted = super::pipelines::one_of(&params, "visibility", &words)?;
    let filter = ProjectFilter {
        search: params.text("search")?,
        only: visitor.only(),
        visibility: if visitor.is_person() { wanted } else { Some("public".to_owned()) },
    };
    let found = app.kernel.projects(filter, paging.page).await?;
    let stage = app.stage().await?;
    let simple = params.boolean("simple")?.unwrap_or(false);
    Ok(paging.answer(found, |project| {
        if simple { show::project_short(project) } else { show::project(&stage.scene(), project) }
    }))
}

async fn one(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    Ok(Json(show::project(&app.stage().await?.scene(), &project)))
}

async fn create(State(app): State<App>, actor: Actor, params: Params) -> Result<Response, ApiError> {
    actor.wants_everything()?;
    let (name, slug) = (params.text("name")?, params.text("path")?);
    let slug = match (slug, &name) {
        (Some(slug), _) if !slug.is_empty() => slug,
        (_, Some(name)) if !name.is_empty() => slug_of(name),
        _ => return Err(ApiError::bad("name, path are missing, at least one parameter must be provided")),
    };
    let namespace = params.text("namespace_path")?.unwrap_or_else(|| actor.user.login.clone());
    // Here a path may have its groups itself; GitLab wants a namespace_id for that.
    let path = if slug.contains('/') { slug } else { format!("{namespace}/{slug}") };
    let new = NewProject {
        path,
        name,
        description: params.text("description")?.unwrap_or_default(),
        default_branch: params.text("default_branch")?,
        visibility: params.text("visibility")?,
        user: actor.user.id,
    };
    let project = app.kernel.create_project(new).await?;
    app.note(&actor, "project_created", project.path.as_str(), Some(project.id)).await;
    let shown = show::project(&app.stage().await?.scene(), &project);
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

/// A path made of a name, as GitLab does it: lower case, hyphens for all that is neither letter nor digit.
fn slug_of(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.');
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("-").to_lowercase()
}

async fn update(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let project = app.own(&actor, &id).await?;
    let project = app.kernel.update_project(project.id, change(&params)?).await?;
    app.note(&actor, "project_changed", project.path.as_str(), Some(project.id)).await;
    Ok(Json(show::project(&app.stage().await?.scene(), &project)))
}

fn change(params: &Params) -> Result<ProjectChange, ApiError> {
    let word = |name: &str, yes: &str, no: &str| match params.text(name)?.as_deref() {
        None => Ok(None),
        Some(text) if text == yes => Ok(Some(true)),
        Some(text) if text == no => Ok(Some(false)),
        Some(_) => Err(ApiError::bad(format!("{name} does not have a valid value"))),
    };
    if params.has("path") || params.has("namespace_id") {
        return Err(ApiError::field("path", "cannot be changed here"));
    }
    let enabled = match params.boolean("jobs_enabled")? {
        Some(enabled) => Some(enabled),
        None => params.text("builds_access_level")?.map(|level| level != "disabled"),
    };
    Ok(ProjectChange {
        name: params.text("name")?,
        description: params.text("description")?,
        default_branch: params.text("default_branch")?,
        visibility: params.text("visibility")?,
        config_path: params.text("ci_config_path")?,
        timeout: params.count("build_timeout")?,
        git_depth: params.number("ci_default_git_depth")?,
        git_fetch: word("build_git_strategy", "fetch", "clone")?,
        auto_cancel: word("auto_cancel_pending_pipelines", "enabled", "disabled")?,
        builds_enabled: enabled,
        instance_runners: params.boolean("shared_runners_enabled")?,
        keep_latest_artifacts: params.boolean("keep_latest_artifact")?,
        separate_caches: params.boolean("ci_separated_caches")?,
        clear_caches: false,
        protected_branches: None,
        protected_tags: None,
    })
}

async fn remove(State(app): State<App>, actor: Actor, Path(id): Path<String>) -> Result<Response, ApiError> {
    let project = app.own(&actor, &id).await?;
    app.kernel.delete_project(project.id).await?;
    app.note(&actor, "project_removed", project.path.as_str(), None).await;
    Ok((StatusCode::ACCEPTED, Json(json!({"message": "202 Accepted"}))).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_names() {
        assert_eq!(slug_of("My  Project!"), "my-project");
        assert_eq!(slug_of("a.b_c"), "a.b_c");
        assert_eq!(slug_of("日本"), "");
    }

    #[test]
    fn words_that_are_none_are_refused() {
        let of = |value: Value| change(&Params::of(value));
        assert_eq!(of(json!({"build_git_strategy": "clone"})).unwrap().git_fetch, Some(false));
        assert!(of(json!({"build_git_strategy": "rsync"})).is_err());
        assert!(of(json!({"path": "x"})).is_err());
        assert_eq!(of(json!({"builds_access_level": "disabled"})).unwrap().builds_enabled, Some(false));
    }
}
