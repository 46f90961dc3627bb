//! `POST /jobs/request`: handing out jobs, and holding requests until there is one.

use super::call::{Call, Reply};
use super::check::{self, InfoLevel};
use super::job::{Delivery, JobRecord, Phase};
use super::state::{Shared, State};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use std::io::Write;
use std::pin::pin;
use std::time::Instant;

/// What a job request finds.
enum Offer {
    Forbidden,
    Job(Value),
    /// Nothing, and the queue version to wait for.
    Nothing(String),
}

pub(super) async fn answer(shared: &Shared, call: &Call) -> Reply {
    let body = call.json().unwrap_or(Value::Null);
    let token = body.get("token").and_then(Value::as_str).unwrap_or_default().to_owned();
    let known = body.get("last_update").and_then(Value::as_str).unwrap_or_default().to_owned();
    shared.change(|state| check(state, call, &body, &token, &known));
    let hold = shared.look(|state| state.settings.hold);
    let deadline = call.at + hold;
    let mut held: Option<Held<'_>> = None;
    loop {
        let mut rung = pin!(shared.jobs_changed.notified());
        // Before looking, so that nothing that happens in between is missed.
        rung.as_mut().enable();
        let (offer, again_at) = shared.change(|state| state.offer(shared, &token));
        let version = match offer {
            Offer::Forbidden => return Reply::forbidden(),
            Offer::Job(_) if held.is_some() && shared.look(|s| s.settings.wake_with_204) => {
                shared.change_jobs(|state| state.take_back(&token));
                return Reply::new(204);
            }
            Offer::Job(payload) => {
                // Other held requests must now also watch this job's acknowledgement.
                shared.jobs_changed.notify_waiters();
                return job_reply(shared, call, &payload);
            }
            Offer::Nothing(version) => version,
        };
        if version != known || Instant::now() >= deadline {
            return Reply::new(204).with("x-gitlab-last-update", version);
        }
        if held.is_none() {
            held = Some(Held::new(shared, &token));
        }
        let until = again_at.map_or(deadline, |at| at.min(deadline));
        // Either way the loop looks again.
        let _ = tokio::time::timeout_at(until.into(), rung).await;
    }
}

fn check(state: &mut State, call: &Call, body: &Value, token: &str, known: &str) {
    let mut wrong = check::keys(body, &["info", "token", "system_id"], &["last_update", "session"]);
    wrong.extend(check::token_twice(call, body, "runner-token"));
    wrong.extend(check::info(body, InfoLevel::Full));
    wrong.extend(check::system_id(body));
    wrong.extend(check::text(body, "last_update"));
    if let Some(record) = state.runners.get_mut(token) {
        record.systems.extend(body.get("system_id").and_then(Value::as_str).map(str::to_owned));
        if !known.is_empty() && !record.was_issued(known) {
            wrong.push(format!("last_update {known:?} was never given to this runner"));
        }
    }
    state.blame(call, wrong);
}

fn job_reply(shared: &Shared, call: &Call, payload: &Value) -> Reply {
    let wants_gzip = call.header("accept-encoding").is_some_and(|e| e.contains("gzip"));
    if !(wants_gzip && shared.look(|state| state.settings.gzip)) {
        return Reply::json(201, payload);
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder.write_all(payload.to_string().as_bytes()).and_then(|()| encoder.finish());
    Reply::json(201, &Value::Null)
        .with("content-encoding", "gzip")
        .with_body(Bytes::from(packed.unwrap_or_default()))
}

/// Counts a held request for as long as it is held, also when the other side hangs up.
struct Held<'a> {
    shared: &'a Shared,
    token: String,
}

impl<'a> Held<'a> {
    fn new(shared: &'a Shared, token: &str) -> Self {
        shared.change(|state| *state.waiting.entry(token.to_owned()).or_default() += 1);
        Self { shared, token: token.to_owned() }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.shared.change(|state| {
            if let Some(count) = state.waiting.get_mut(&self.token) {
                *count = count.saturating_sub(1);
            }
        });
    }
}

impl State {
    fn offer(&mut self, shared: &Shared, token: &str) -> (Offer, Option<Instant>) {
        let now = Instant::now();
        let again_at = self.put_back_expired(now);
        match self.runners.get(token) {
            Some(record) if !record.revoked => {}
            _ => return (Offer::Forbidden, None),
        }
        let waiting = |job: &&JobRecord| job.phase == Phase::Queued && job.runner == token;
        if let Some(id) = self.jobs.values().find(waiting).map(|job| job.id) {
            return (Offer::Job(self.hand_out(shared, id, now)), again_at);
        }
        let version = self.runners.get_mut(token).map(super::state::RunnerRecord::issue_version);
        (Offer::Nothing(version.unwrap_or_default()), again_at)
    }

    /// Undoes the handing out that only found that there is a job.
    fn take_back(&mut self, token: &str) {
        let reserved = |job: &&mut JobRecord| job.phase == Phase::Reserved && job.runner == token;
        if let Some(job) =
            self.jobs.values_mut().filter(|j| reserved(j)).max_by_key(|j| j.deliveries.last().map(|d| d.at))
        {
            job.deliveries.pop();
            job.phase = Phase::Queued;
        }
    }

    fn hand_out(&mut self, shared: &Shared, id: u64, now: Instant) -> Value {
        let dependencies = self.dependencies(id);
        let Some(job) = self.jobs.get_mut(&id) else { return Value::Null };
        let number = job.deliveries.len() + 1;
        let token = format!("glcbt-64_{id:06}d{number:02}xxxxxxxxxxx");
        job.deliveries.push(Delivery { token: token.clone(), at: now, expired: false });
        job.phase = Phase::Reserved;
        let mut payload = filled(&job.payload, shared, id, &token);
        if !dependencies.is_empty() {
            let with_token = dependencies.into_iter().map(|mut dependency| {
                dependency["token"] = json!(token);
                dependency
            });
            payload["dependencies"] = with_token.collect();
        }
        payload
    }

    fn dependencies(&self, id: u64) -> Vec<Value> {
        let needs = self.jobs.get(&id).map(|job| job.rig.needs.clone()).unwrap_or_default();
        needs.iter().filter_map(|need| self.jobs.get(need)).map(dependency).collect()
    }
}

/// An entry of `dependencies`, without the token.
fn dependency(job: &JobRecord) -> Value {
    let name = job.payload.pointer("/job_info/name").cloned().unwrap_or_default();
    let mut entry = json!({ "id": job.id, "name": name });
    if let Some(archive) = job.artifacts.iter().find(|a| a.artifact_type == "archive") {
        entry["artifacts_file"] = json!({ "filename": archive.filename, "size": archive.bytes.len() });
    }
    entry
}

/// The payload with its placeholders replaced and the job's own values filled in.
fn filled(template: &Value, shared: &Shared, id: u64, token: &str) -> Value {
    let mut payload = template.clone();
    let host = shared.server.trim_start_matches("http://");
    let name = host.split(':').next().unwrap_or(host);
    replace(&mut payload, &|text| {
        text.replace("@SERVER@", &shared.server)
            .replace("@HOSTNAME@", name)
            .replace("@HOST@", host)
            .replace("@ID@", &id.to_string())
            .replace("@TOKEN@", token)
    });
    payload["id"] = json!(id);
    payload["token"] = json!(token);
    if let Some(info) = payload.get_mut("job_info").and_then(Value::as_object_mut) {
        info.insert("id".to_owned(), json!(id));
    }
    for variable in payload.get_mut("variables").and_then(Value::as_array_mut).into_iter().flatten() {
        match variable.get("key").and_then(Value::as_str) {
            Some("CI_JOB_ID") => variable["value"] = json!(id.to_string()),
            Some("CI_JOB_TOKEN") => variable["value"] = json!(token),
            // GitLab's own registry takes the job's token; a test may have another.
            Some("CI_REGISTRY_PASSWORD") if variable["value"] == "" => variable["value"] = json!(token),
            _ => {}
        }
    }
    payload
}

fn replace(value: &mut Value, with: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = with(text),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, with)),
        Value::Object(map) => map.values_mut().for_each(|item| replace(item, with)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
