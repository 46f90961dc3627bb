//! `POST /jobs/request`: a job, now or as soon as there is one.

use super::Desk;
use super::answer::{Refusal, json_answer};
use super::base::base;
use super::params::Params;
use super::runners::machine;
use super::token::find;
use crate::kernel::{Handout, Machine};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use protocol::header::{LAST_UPDATE, RUNNER_TOKEN};
use std::time::Duration;

/// The largest body; GitLab's is the same.
const LIMIT: usize = 32 * 1024;
/// What GitLab's proxy adds to the answers to requests that are too large.
const POLLING: HeaderName = HeaderName::from_static("gitlab-ci-builds-polling");

pub(super) async fn request(State(desk): State<Desk>, request: Request<Body>) -> Result<Response, Refusal> {
    let (parts, params) = Params::read(request, LIMIT)
        .await
        .map_err(|refusal| refusal.with(POLLING, HeaderValue::from_static("yes")))?;
    let token = find(&params, &parts.headers, RUNNER_TOKEN);
    let token = token.ok_or_else(|| Refusal::parameter("token", "is missing"))?;
    let last_update = params.text("last_update").filter(|value| !value.is_empty());
    // A runner that knows no version of the queue yet wants to know how things stand.
    let patience = if last_update.is_some() { desk.settings.patience } else { Duration::ZERO };
    let base = if desk.settings.has_url { None } else { base(&parts) };
    let machine = Machine { base, ..machine(&parts, &params) };
    let handout = desk.kernel.request_job(&token, machine, last_update.as_deref(), patience).await?;
    Ok(match handout {
        Handout::Job(job) => json_answer(StatusCode::CREATED, &job),
        Handout::Nothing { last_update } | Handout::Paused { last_update } => nothing(&last_update),
        Handout::Conflict => return Err(Refusal::told(StatusCode::CONFLICT, "")),
    })
}

fn nothing(last_update: &str) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Ok(value) = HeaderValue::from_str(last_update) {
        response.headers_mut().insert(HeaderName::from_static(LAST_UPDATE), value);
    }
    response
}
