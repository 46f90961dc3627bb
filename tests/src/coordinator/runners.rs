//! Registration, verification, removal and token reset.

use super::call::{Call, Reply};
use super::check::{self, InfoLevel};
use super::route::Endpoint;
use super::state::State;
use serde_json::{Value, json};

pub(super) fn answer(state: &mut State, call: &Call) -> Reply {
    let body = call.json().unwrap_or(Value::Null);
    let (wrong, reply) = match call.route.endpoint {
        Endpoint::Register => (register_shape(call, &body), register(state, &body)),
        Endpoint::Verify => (verify_shape(call, &body), verify(state, &body)),
        Endpoint::Unregister => (token_only(call, &body, false), remove(state, &body, false)),
        Endpoint::UnregisterManager => (token_only(call, &body, true), remove(state, &body, true)),
        _ if call.route.id.is_some() => (reset_by_id_shape(call), reset_by_id(state, call)),
        _ => (check::keys(&body, &["token"], &[]), reset(state, &body)),
    };
    state.blame(call, wrong);
    reply
}

fn token_of(body: &Value) -> &str {
    body.get("token").and_then(Value::as_str).unwrap_or_default()
}

fn register_shape(call: &Call, body: &Value) -> Vec<String> {
    let optional = ["description", "maintenance_note", "tag_list", "access_level", "maximum_timeout"];
    let mut wrong = check::keys(body, &["token", "info", "run_untagged", "locked", "paused"], &optional);
    wrong.extend(check::token_twice(call, body, "runner-token"));
    wrong.extend(check::info(body, InfoLevel::Registration));
    for key in ["description", "maintenance_note", "tag_list", "access_level"] {
        wrong.extend(check::text(body, key));
    }
    for key in ["run_untagged", "locked", "paused"] {
        if !body.get(key).is_some_and(Value::is_boolean) {
            wrong.push(format!("`{key}` is no boolean"));
        }
    }
    if let Some(limit) = body.get("maximum_timeout")
        && limit.as_i64().is_none_or(|n| n == 0)
    {
        wrong.push(format!("`maximum_timeout` is {limit}"));
    }
    match body.get("access_level").and_then(Value::as_str) {
        None | Some("not_protected" | "ref_protected") => {}
        Some(other) => wrong.push(format!("`access_level` is {other}")),
    }
    wrong
}

fn register(state: &mut State, body: &Value) -> Reply {
    if !state.registration_tokens.contains(token_of(body)) {
        return Reply::message(403, "403 Forbidden - invalid token supplied");
    }
    let token = format!("legacytoken{:08}", state.runners.len() + 1);
    let id = state.add_runner(&token);
    if let Some(record) = state.runners.get_mut(&token) {
        record.registration = Some(body.clone());
    }
    Reply::json(201, &json!({ "id": id, "token": token, "token_expires_at": null }))
}

fn verify_shape(call: &Call, body: &Value) -> Vec<String> {
    let mut wrong = check::keys(body, &["token", "info", "system_id"], &[]);
    wrong.extend(check::token_twice(call, body, "runner-token"));
    wrong.extend(check::info(body, InfoLevel::Full));
    wrong.extend(check::system_id(body));
    wrong
}

fn verify(state: &mut State, body: &Value) -> Reply {
    let token = token_of(body).to_owned();
    match state.runners.get_mut(&token).filter(|r| !r.revoked) {
        None => Reply::forbidden(),
        Some(record) => {
            record.systems.extend(body.get("system_id").and_then(Value::as_str).map(str::to_owned));
            Reply::json(200, &json!({ "id": record.id, "token": token, "token_expires_at": null }))
        }
    }
}

fn token_only(call: &Call, body: &Value, manager: bool) -> Vec<String> {
    let required: &[&str] = if manager { &["token", "system_id"] } else { &["token"] };
    let mut wrong = check::keys(body, required, &[]);
    wrong.extend(check::token_twice(call, body, "runner-token"));
    if manager {
        wrong.extend(check::system_id(body));
    }
    wrong
}

/// A manager goes alone, a runner with all its managers.
fn remove(state: &mut State, body: &Value, manager: bool) -> Reply {
    let Some(record) = state.runners.get_mut(token_of(body)).filter(|r| !r.revoked) else {
        return Reply::forbidden();
    };
    if !manager {
        record.revoked = true;
        return Reply::new(204);
    }
    let system = body.get("system_id").and_then(Value::as_str).unwrap_or_default();
    if record.systems.remove(system) { Reply::new(204) } else { Reply::message(404, "404 Not found") }
}

fn reset(state: &mut State, body: &Value) -> Reply {
    let old = token_of(body).to_owned();
    match state.runners.get(&old).filter(|r| !r.revoked) {
        None => Reply::forbidden(),
        Some(_) => renew(state, &old),
    }
}

fn reset_by_id_shape(call: &Call) -> Vec<String> {
    if call.body == "null" { Vec::new() } else { vec!["the body is not `null`".to_owned()] }
}

fn reset_by_id(state: &mut State, call: &Call) -> Reply {
    if !call.header("private-token").is_some_and(|t| state.access_tokens.contains(t)) {
        return Reply::message(401, "401 Unauthorized");
    }
    let wanted = call.route.id;
    let found = state.runners.iter().find(|(_, r)| !r.revoked && Some(r.id) == wanted);
    match found.map(|(token, _)| token.clone()) {
        None => Reply::message(404, "404 Not found"),
        Some(old) => renew(state, &old),
    }
}

fn renew(state: &mut State, old: &str) -> Reply {
    let new = format!("{}-renewed{}", old.split("-renewed").next().unwrap_or(old), state.requests.len());
    if let Some(record) = state.runners.remove(old) {
        state.runners.insert(new.clone(), record);
    }
    Reply::json(201, &json!({ "token": new, "token_expires_at": null }))
}
