//! Variables of a project's and of the instance's settings.

use super::app::App;
use super::error::ApiError;
use super::params::Params;
use super::show;
use crate::access::Actor;
use crate::model::{ProjectId, Variable};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{StatusCode, Uri};
use serde_json::Value;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v4/projects/{id}/variables", get(list).post(create))
        .route("/api/v4/projects/{id}/variables/{key}", get(one).put(update).delete(remove))
        .route("/api/v4/admin/ci/variables", get(list_instance).post(create_instance))
        .route(
            "/api/v4/admin/ci/variables/{key}",
            get(one_instance).put(update_instance).delete(remove_instance),
        )
}

/// Whose variables are meant, and who asks.
struct Of {
    app: App,
    actor: Actor,
    project: Option<ProjectId>,
}

impl Of {
    async fn project(app: App, actor: Actor, id: &str) -> Result<Self, ApiError> {
        let project = app.own(&actor, id).await?;
        Ok(Self { app, actor, project: Some(project.id) })
    }

    fn instance(app: App, actor: Actor) -> Result<Self, ApiError> {
        actor.wants_everything()?;
        Ok(Self { app, actor, project: None })
    }

    async fn list(&self, params: &Params, uri: &Uri) -> Result<Response, ApiError> {
        let paging = self.app.paging(params, uri)?;
        let variables = self.app.kernel.variables(self.project).await?;
        Ok(paging.cut(variables.iter().map(|variable| self.shown(variable)).collect()))
    }

    /// The one of this name; `filter[environment_scope]` tells which of several.
    async fn find(&self, key: &str, params: &Params) -> Result<Variable, ApiError> {
        let scope = match params.map("filter")? {
            Some(filter) => Params::of_map(filter).text("environment_scope")?,
            None => None,
        };
        let variables = self.app.kernel.variables(self.project).await?;
        let mut found: Vec<Variable> = variables
            .into_iter()
            .filter(|variable| variable.key == key)
            .filter(|variable| scope.as_ref().is_none_or(|scope| variable.scope == *scope))
            .collect();
        match (found.pop(), found.is_empty()) {
            (Some(variable), true) => Ok(variable),
            (Some(_), false) => Err(ApiError::conflict(
                "There are multiple variables with provided parameters. Please use 'filter[environment_scope]'",
            )),
            (None, _) => Err(ApiError::not_found("Variable")),
        }
    }

    async fn create(&self, params: &Params) -> Result<Response, ApiError> {
        let mut variable = Variable::new(self.project, params.required("key")?, given_value(params)?);
        variable.scope = params.text("environment_scope")?.unwrap_or_else(|| "*".to_owned());
        if params.boolean("masked_and_hidden")?.unwrap_or(false) {
            (variable.masked, variable.hidden) = (true, true);
        }
        fill(&mut variable, params)?;
        if self.project.is_none() && variable.scope != "*" {
            return Err(ApiError::field("environment_scope", "cannot be set for the instance"));
        }
        let known = self.app.kernel.variables(self.project).await?;
        if known.iter().any(|known| known.key == variable.key && known.scope == variable.scope) {
            let text = format!("({}) has already been taken", variable.key);
            return Err(ApiError::field("key", &text));
        }
        let variable = self.app.kernel.set_variable(variable).await?;
        self.note("variable_created", &variable).await;
        Ok((StatusCode::CREATED, Json(self.shown(&variable))).into_response())
    }

    async fn update(&self, key: &str, params: &Params) -> Result<Json<Value>, ApiError> {
        let before = self.find(key, params).await?;
        let mut variable = before.clone();
        if params.has("value") {
            variable.value = given_value(params)?;
        }
        fill(&mut variable, params)?;
        if let Some(scope) = params.text("environment_scope")? {
            variable.scope = scope;
        }
        if before.hidden && !variable.masked {
            return Err(ApiError::field("masked", "cannot be taken from a hidden variable"));
        }
        if variable.scope != before.scope {
            let known = self.app.kernel.variables(self.project).await?;
            if known.iter().any(|known| known.key == variable.key && known.scope == variable.scope) {
                return Err(ApiError::field("key", &format!("({key}) has already been taken")));
            }
        }
        let variable = self.app.kernel.set_variable(variable).await?;
        if variable.scope != before.scope {
            self.app.kernel.delete_variable(self.project, &before.key, &before.scope).await?;
        }
        self.note("variable_changed", &variable).await;
        Ok(Json(self.shown(&variable)))
    }

    async fn remove(&self, key: &str, params: &Params) -> Result<StatusCode, ApiError> {
        let variable = self.find(key, params).await?;
        self.app.kernel.delete_variable(self.project, &variable.key, &variable.scope).await?;
        self.note("variable_removed", &variable).await;
        Ok(StatusCode::NO_CONTENT)
    }

    async fn note(&self, action: &str, variable: &Variable) {
        let target = format!("variable {} ({})", variable.key, variable.scope);
        self.app.note(&self.actor, action, target, self.project).await;
    }

    /// The instance's variables have no scope.
    fn shown(&self, variable: &Variable) -> Value {
        let mut shown = show::variable(variable);
        if self.project.is_none()
            && let Some(shown) = shown.as_object_mut()
        {
            shown.remove("environment_scope");
        }
        shown
    }
}

/// A value may be empty, but has to be there.
fn given_value(params: &Params) -> Result<String, ApiError> {
    params.text("value")?.ok_or_else(|| ApiError::bad("value is missing"))
}

/// Flags and the rest.
fn fill(variable: &mut Variable, params: &Params) -> Result<(), ApiError> {
    match params.text("variable_type")?.as_deref() {
        None => {}
        Some("env_var") => variable.file = false,
        Some("file") => variable.file = true,
        Some(_) => return Err(ApiError::bad("variable_type does not have a valid value")),
    }
    variable.protected = params.boolean("protected")?.unwrap_or(variable.protected);
    variable.masked = params.boolean("masked")?.unwrap_or(variable.masked);
    variable.raw = params.boolean("raw")?.unwrap_or(variable.raw);
    if let Some(description) = params.text("description")? {
        variable.description = description;
    }
    Ok(())
}

type Asked = (State<App>, Actor);

async fn list(
    (State(app), actor): Asked,
    Path(id): Path<String>,
    params: Params,
    uri: Uri,
) -> Result<Response, ApiError> {
    Of::project(app, actor, &id).await?.list(&params, &uri).await
}

async fn create(
    (State(app), actor): Asked,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, ApiError> {
    Of::project(app, actor, &id).await?.create(&params).await
}

async fn one(
    (State(app), actor): Asked,
    Path((id, key)): Path<(String, String)>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let of = Of::project(app, actor, &id).await?;
    Ok(Json(of.shown(&of.find(&key, &params).await?)))
}

async fn update(
    (State(app), actor): Asked,
    Path((id, key)): Path<(String, String)>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    Of::project(app, actor, &id).await?.update(&key, &params).await
}

async fn remove(
    (State(app), actor): Asked,
    Path((id, key)): Path<(String, String)>,
    params: Params,
) -> Result<StatusCode, ApiError> {
    Of::project(app, actor, &id).await?.remove(&key, &params).await
}

async fn list_instance((State(app), actor): Asked, params: Params, uri: Uri) -> Result<Response, ApiError> {
    Of::instance(app, actor)?.list(&params, &uri).await
}

async fn create_instance((State(app), actor): Asked, params: Params) -> Result<Response, ApiError> {
    Of::instance(app, actor)?.create(&params).await
}

async fn one_instance(
    (State(app), actor): Asked,
    Path(key): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let of = Of::instance(app, actor)?;
    Ok(Json(of.shown(&of.find(&key, &params).await?)))
}

async fn update_instance(
    (State(app), actor): Asked,
    Path(key): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    Of::instance(app, actor)?.update(&key, &params).await
}

async fn remove_instance(
    (State(app), actor): Asked,
    Path(key): Path<String>,
    params: Params,
) -> Result<StatusCode, ApiError> {
    Of::instance(app, actor)?.remove(&key, &params).await
}
