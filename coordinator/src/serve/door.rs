//! Where requests go: git's, badges, the API, runners, pages.

use super::deadline::hurry;
use super::{journal, peer::Peer};
use crate::access::Visitor;
use crate::api::{self, ApiError, App, Params};
use crate::git::GitHttp;
use crate::pages;
use crate::runner_api::{self, RunnerApi};
use axum::Router;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use http::Method;

/// All of it.
pub(super) fn router(app: &App, git: GitHttp) -> Router {
    let for_runners = RunnerApi { has_url: app.settings.url.is_some(), ..RunnerApi::default() };
    Router::new()
        .merge(api::router(app))
        .merge(runner_api::router(app.kernel.clone(), app.files.clone(), for_runners))
        .route("/api/{*path}", any(api::nothing))
        .route("/-/health", get(alive))
        .route("/-/liveness", get(alive))
        .route("/-/readiness", get(ready).with_state(app.clone()))
        .method_not_allowed_fallback(api::wrong_method)
        .fallback_service(pages::router(pages::Desk::new(app.clone())))
        .layer(from_fn_with_state(app.settings.limits, hurry))
        .layer(from_fn_with_state(app.clone(), badges))
        .layer(from_fn_with_state(git, repositories))
        .layer(from_fn(journal::keep))
}

async fn alive() -> &'static str {
    "ok\n"
}

/// Whether the database answers.
async fn ready(State(app): State<App>) -> Result<&'static str, ApiError> {
    app.kernel.user(crate::model::UserId::ROOT).await?;
    Ok("ok\n")
}

/// Paths of repositories are as long as they like, so that no router can tell them from pages.
async fn repositories(State(git): State<GitHttp>, request: Request, next: Next) -> Response {
    let address = request.extensions().get::<Peer>().map(|peer| peer.address);
    match git.answer(request, address).await {
        Ok(response) => response,
        Err(request) => next.run(request).await,
    }
}

/// Badges are below paths of projects, too.
async fn badges(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = match *request.method() {
        Method::GET | Method::HEAD => decoded(request.uri().path()).and_then(|path| api::badge_asked(&path)),
        _ => None,
    };
    let Some(asked) = asked else { return next.run(request).await };
    let (mut parts, _) = request.into_parts();
    parts.extensions.insert(Params::of_query(&parts.uri));
    let params = Params::of_query(&parts.uri);
    let drawn = async {
        let visitor = Visitor::from_request_parts(&mut parts, &app).await?;
        api::draw_badge(&app, &visitor, &asked, &params).await
    };
    drawn.await.unwrap_or_else(ApiError::into_response)
}

/// A path without percent signs.
fn decoded(path: &str) -> Option<String> {
    let mut out = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
        let (high, low) = (digit()?, digit()?);
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(out).ok()
}
