//! Registration, verification and their like.

use super::Desk;
use super::answer::{Refusal, json_answer};
use super::params::Params;
use super::token::{find, of_header};
use crate::kernel::Machine;
use crate::model::Runner;
use crate::serve::Peer;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::request::Parts;
use protocol::header::RUNNER_TOKEN;
use protocol::{RegisterRequest, RunnerCredentials, RunnerToken, Secret};

/// The largest body.
const LIMIT: usize = 64 * 1024;

/// The runner's token and what else was given.
async fn read(request: Request<Body>) -> Result<(Parts, Params, Secret), Refusal> {
    let (parts, params) = Params::read(request, LIMIT).await?;
    let token = find(&params, &parts.headers, RUNNER_TOKEN);
    let token = token.ok_or_else(|| Refusal::parameter("token", "is missing"))?;
    Ok((parts, params, token))
}

/// Who a runner's machine is.
pub(super) fn machine(parts: &Parts, params: &Params) -> Machine {
    Machine {
        system_id: params.text("system_id").unwrap_or_default(),
        info: params.info(),
        ip_address: Some(Peer::of(parts).address.to_string()),
        base: None,
    }
}

fn credentials(runner: &Runner, token: &Secret) -> RunnerCredentials {
    RunnerCredentials {
        id: runner.id.0,
        token: RunnerToken::new(token.expose()),
        token_expires_at: runner.token_expires_at.map(pipeline::Moment::iso8601),
    }
}

/// `POST /runners`: 201.
pub(super) async fn register(State(desk): State<Desk>, request: Request<Body>) -> Result<Response, Refusal> {
    let (_, params, token) = read(request).await?;
    let active = params.flag("active").map(|active| !active);
    let note = params.text("maintenance_note").or_else(|| params.text("maintainer_note"));
    let access_level = params.text("access_level").unwrap_or_default();
    if !matches!(access_level.as_str(), "" | "not_protected" | "ref_protected") {
        return Err(Refusal::parameter("access_level", "does not have a valid value"));
    }
    let request = RegisterRequest {
        info: params.info(),
        token,
        description: params.text("description").unwrap_or_default(),
        maintenance_note: note.unwrap_or_default(),
        tag_list: params.texts("tag_list").join(","),
        run_untagged: params.flag("run_untagged").unwrap_or(true),
        locked: params.flag("locked").unwrap_or_default(),
        access_level,
        maximum_timeout: params.number("maximum_timeout").unwrap_or_default(),
        paused: params.flag("paused").or(active).unwrap_or_default(),
    };
    let (runner, token) = desk.kernel.register_runner(request).await?;
    Ok(json_answer(StatusCode::CREATED, &credentials(&runner, &token)))
}

/// `POST /runners/verify`: 200.
pub(super) async fn verify(State(desk): State<Desk>, request: Request<Body>) -> Result<Response, Refusal> {
    let (parts, params, token) = read(request).await?;
    let runner = desk.kernel.verify_runner(&token, machine(&parts, &params)).await?;
    Ok(json_answer(StatusCode::OK, &credentials(&runner, &token)))
}

/// `DELETE /runners`: 204.
pub(super) async fn unregister(
    State(desk): State<Desk>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let (_, _, token) = read(request).await?;
    desk.kernel.unregister_runner(&token).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /runners/managers`: 204.
pub(super) async fn unregister_manager(
    State(desk): State<Desk>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let (_, params, token) = read(request).await?;
    let system = params.text("system_id").ok_or_else(|| Refusal::parameter("system_id", "is missing"))?;
    desk.kernel.unregister_manager(&token, &system).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /runners/reset_authentication_token`: 201.
pub(super) async fn reset(State(desk): State<Desk>, request: Request<Body>) -> Result<Response, Refusal> {
    let (_, _, token) = read(request).await?;
    let (runner, token) = desk.kernel.reset_own_token(&token).await?;
    Ok(json_answer(StatusCode::CREATED, &credentials(&runner, &token)))
}

/// `GET /runners/router/discovery`: there is no job router, so runners ask the usual way.
pub(super) async fn discovery(State(desk): State<Desk>, request: Request<Body>) -> Result<Response, Refusal> {
    let (parts, params) = Params::read(request, LIMIT).await?;
    let token = of_header(&parts.headers, RUNNER_TOKEN).ok_or_else(Refusal::forbidden)?;
    desk.kernel.verify_runner(&token, machine(&parts, &params)).await?;
    Err(Refusal::told(StatusCode::NOT_IMPLEMENTED, ""))
}
