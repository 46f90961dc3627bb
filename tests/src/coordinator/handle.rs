//! One request from its arrival to its answer, faults included.

use super::call::{AnswerBody, Call, Reply, parse_query};
use super::fault::Fault;
use super::request_log::RequestRecord;
use super::route::{Endpoint, Route};
use super::state::Shared;
use super::{artifacts, check, handout, runners, trace, update};
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::json;
use std::io;
use std::sync::Arc;
use std::time::Instant;

/// Answers a request.
///
/// # Errors
/// An error cuts the connection, on purpose or because the request itself broke off.
pub(super) async fn handle(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, io::Error> {
    let at = Instant::now();
    let (parts, body) = request.into_parts();
    let route = Route::of(&parts.method, parts.uri.path());
    let (number, fault) = shared.change(|state| (state.next_request(), state.pick_fault(&route)));
    let query = parse_query(parts.uri.query().unwrap_or_default());
    let path = parts.uri.to_string();
    let answer_lost = fault == Some(Fault::CutAfter);
    let mut call =
        Call { number, route, query, headers: parts.headers, body: Default::default(), at, answer_lost };
    if fault == Some(Fault::CutBefore) {
        let record = RequestRecord::begin(&call, path, fault);
        shared.change(|state| state.requests.push(record));
        return Err(io::Error::other("cut before acting, on purpose"));
    }
    match body.collect().await {
        Ok(whole) => call.body = whole.to_bytes(),
        Err(error) => {
            // Nothing is kept of a request that broke off.
            let record = RequestRecord::begin(&call, path, fault);
            shared.change(|state| state.requests.push(record));
            return Err(io::Error::other(error));
        }
    }
    if let Some(Fault::Delay(delay)) = &fault {
        tokio::time::sleep(*delay).await;
    }
    let record = RequestRecord::begin(&call, path, fault.clone());
    if route.endpoint == Endpoint::Git {
        let reply =
            crate::git::http::answer(&shared, &parts.method, parts.uri.path(), &call.headers, &call).await;
        return finish(&shared, record, fault.as_ref(), reply);
    }
    let wrong = check::general(&call, &parts.method, parts.version);
    shared.change(|state| state.blame(&call, wrong));
    let reply = match fault.as_ref().and_then(|fault| spoiled(fault, route.endpoint)) {
        Some(reply) => reply,
        None => act(&shared, &call, fault.as_ref()).await,
    };
    finish(&shared, record, fault.as_ref(), reply)
}

fn finish(
    shared: &Shared,
    record: RequestRecord,
    fault: Option<&Fault>,
    reply: Reply,
) -> Result<Response<AnswerBody>, io::Error> {
    if fault == Some(&Fault::CutAfter) {
        shared.change(|state| state.requests.push(record));
        return Err(io::Error::other("cut after acting, on purpose"));
    }
    let record = record.answered(&reply);
    shared.change(|state| state.requests.push(record));
    Ok(reply.into_response())
}

async fn act(shared: &Shared, call: &Call, fault: Option<&Fault>) -> Reply {
    if let (Some(Fault::ForgetTrace), Some(id)) = (fault, call.route.id) {
        shared.change(|state| {
            if let Some(job) = state.jobs.get_mut(&id) {
                job.trace.clear();
                job.forgotten += 1;
            }
        });
    }
    match call.route.endpoint {
        Endpoint::RequestJob => handout::answer(shared, call).await,
        Endpoint::UpdateJob => shared.change_jobs(|state| update::answer(state, call)),
        Endpoint::Trace => shared.change(|state| trace::answer(state, call)),
        Endpoint::Upload => shared.change(|state| artifacts::upload(state, call)),
        Endpoint::Download => shared.change(|state| artifacts::download(state, call)),
        Endpoint::Register
        | Endpoint::Verify
        | Endpoint::Unregister
        | Endpoint::UnregisterManager
        | Endpoint::ResetToken => shared.change(|state| runners::answer(state, call)),
        Endpoint::Discovery => Reply::message(501, "501 Not Implemented"),
        Endpoint::Git | Endpoint::Unknown => Reply::message(404, "404 Not Found"),
    }
}

/// The answer that a fault gives instead of acting. A trace gets 200: 202 would say that it was stored.
fn spoiled(fault: &Fault, endpoint: Endpoint) -> Option<Reply> {
    let right = match endpoint {
        Endpoint::RequestJob | Endpoint::Register | Endpoint::ResetToken | Endpoint::Upload => 201,
        _ => 200,
    };
    match fault {
        Fault::CutBefore | Fault::CutAfter | Fault::Delay(_) | Fault::ForgetTrace => None,
        Fault::Status { code, retry_after } => {
            let reply = Reply::message(*code, &format!("{code} injected"));
            Some(match retry_after {
                Some(seconds) => reply.with("retry-after", seconds.to_string()),
                None => reply,
            })
        }
        Fault::Html => {
            let page = "<!DOCTYPE html><html><body>We'll be back soon.</body></html>";
            Some(Reply::new(right).with("content-type", "text/html").with_body(page))
        }
        Fault::HalfJson => {
            let value =
                json!({ "id": 1, "token": "glcbt-64_half", "job_info": { "name": "half", "stage": "t" } });
            Some(Reply::json(right, &value).cut_in_half())
        }
        Fault::WrongTypes => {
            let value = json!({ "id": "5", "token": 7, "steps": "make", "variables": { "A": 1 }, "run": "" });
            Some(Reply::json(right, &value))
        }
        Fault::EmptyCreated => Some(Reply::new(201)),
        Fault::Redirect(code, to) => Some(Reply::new(*code).with("location", to.clone())),
    }
}
