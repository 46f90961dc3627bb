//! Personal access tokens, as their owner's programs see them. They are made on a page.

use super::app::{App, number};
use super::error::ApiError;
use super::params::Params;
use super::show::moment_of;
use crate::access::{Actor, By};
use crate::model::Token;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{delete, get};
use axum::{Json, Router};
use http::{StatusCode, Uri};
use pipeline::Moment;
use serde_json::{Value, json};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v4/personal_access_tokens", get(list))
        .route("/api/v4/personal_access_tokens/self", get(own).delete(revoke_own))
        .route("/api/v4/personal_access_tokens/{token}", delete(revoke).get(one))
}

fn shown(of: &Token, now: Moment) -> Value {
    let over = of.expires_at.is_some_and(|at| at <= now);
    json!({
        "id": of.id,
        "name": of.name,
        "revoked": of.revoked,
        "created_at": super::show::moment(of.created_at),
        "description": null,
        "scopes": of.scopes,
        "user_id": of.user,
        "last_used_at": moment_of(of.last_used_at),
        "active": !of.revoked && !over,
        "expires_at": of.expires_at.map(|at| at.iso8601().chars().take(10).collect::<String>()),
    })
}

async fn list(State(app): State<App>, actor: Actor, params: Params, uri: Uri) -> Result<Response, ApiError> {
    actor.wants_everything()?;
    let paging = app.paging(&params, &uri)?;
    let (revoked, search) = (params.boolean("revoked")?, params.text("search")?.unwrap_or_default());
    let now = app.kernel.now();
    let tokens = app.kernel.tokens(actor.user.id).await?;
    let wanted = tokens.iter().filter(|of| revoked.is_none_or(|revoked| of.revoked == revoked));
    let wanted = wanted.filter(|of| of.name.contains(&search));
    Ok(paging.cut(wanted.map(|of| shown(of, now)).collect()))
}

async fn find(app: &App, actor: &Actor, id: i64) -> Result<Token, ApiError> {
    let tokens = app.kernel.tokens(actor.user.id).await?;
    tokens.into_iter().find(|of| of.id == id).ok_or_else(|| ApiError::not_found("Personal Access Token"))
}

/// The number of the token that the request was made with.
fn shown_with(actor: &Actor) -> Result<i64, ApiError> {
    match &actor.by {
        By::Token { id: Some(id), .. } => Ok(*id),
        By::Token { id: None, .. } | By::Session { .. } => Err(ApiError::bad("Not found")),
    }
}

async fn own(State(app): State<App>, actor: Actor) -> Result<Json<Value>, ApiError> {
    let token = find(&app, &actor, shown_with(&actor)?).await?;
    Ok(Json(shown(&token, app.kernel.now())))
}

async fn one(
    State(app): State<App>,
    actor: Actor,
    Path(token): Path<String>,
) -> Result<Json<Value>, ApiError> {
    actor.wants_everything()?;
    let token = find(&app, &actor, number("id", &token)?).await?;
    Ok(Json(shown(&token, app.kernel.now())))
}

async fn revoke(
    State(app): State<App>,
    actor: Actor,
    Path(token): Path<String>,
) -> Result<StatusCode, ApiError> {
    actor.wants_everything()?;
    revoked(&app, &actor, number("id", &token)?).await
}

async fn revoke_own(State(app): State<App>, actor: Actor) -> Result<StatusCode, ApiError> {
    let id = shown_with(&actor)?;
    revoked(&app, &actor, id).await
}

async fn revoked(app: &App, actor: &Actor, id: i64) -> Result<StatusCode, ApiError> {
    let token = find(app, actor, id).await?;
    app.kernel.revoke_token(actor.user.id, token.id).await?;
    app.note(actor, "token_revoked", token.name, token.project).await;
    Ok(StatusCode::NO_CONTENT)
}
