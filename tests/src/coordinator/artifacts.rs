//! `POST` and `GET /jobs/:id/artifacts`.

use super::access::Access;
use super::artifact::StoredArtifact;
use super::call::{Call, Reply};
use super::job::JobRecord;
use super::multipart;
use super::state::State;
use std::time::Instant;

pub(super) fn upload(state: &mut State, call: &Call) -> Reply {
    let wrong = upload_shape(call);
    state.blame(call, wrong);
    let part = match multipart::read(call.header("content-type").unwrap_or_default(), &call.body) {
        Ok(part) => part,
        Err(wrong) => {
            state.blame(call, vec![wrong]);
            return Reply::message(400, "400 Bad request");
        }
    };
    if let Access::Refused(reply) = state.access(call) {
        return reply;
    }
    let Some(job) = call.route.id.and_then(|id| state.jobs.get_mut(&id)) else { return Reply::forbidden() };
    if let Some(status) = job.rig.upload_status.pop_front() {
        return Reply::message(status, &format!("{status} injected"));
    }
    let text = |key: &str| call.parameter(key).map(str::to_owned);
    let artifact = StoredArtifact {
        artifact_type: text("artifact_type").unwrap_or_else(|| "archive".to_owned()),
        format: text("artifact_format").unwrap_or_else(|| "zip".to_owned()),
        filename: part.filename,
        expire_in: text("expire_in"),
        bytes: part.content,
        at: Instant::now(),
    };
    keep(job, artifact)
}

fn upload_shape(call: &Call) -> Vec<String> {
    let known = |key: &str| matches!(key, "artifact_type" | "artifact_format" | "expire_in");
    let odd = call.query.iter().filter(|(key, value)| !known(key) || value.is_empty());
    odd.map(|(key, value)| format!("query {key}={value}")).collect()
}

/// One file a type; the same bytes once more are fine, as after an answer that was lost.
fn keep(job: &mut JobRecord, artifact: StoredArtifact) -> Reply {
    match job.artifacts.iter().find(|a| a.artifact_type == artifact.artifact_type) {
        Some(known) if known.bytes != artifact.bytes => {
            Reply::message(400, "another artifact of the same type already exists")
        }
        Some(_) => Reply::new(201).with_body("201"),
        None => {
            job.artifacts.push(artifact);
            Reply::new(201).with_body("201")
        }
    }
}

pub(super) fn download(state: &mut State, call: &Call) -> Reply {
    let allowed = |(key, value): &(String, String)| key == "direct_download" && value == "true";
    if call.query.len() > 1 || !call.query.iter().all(allowed) {
        state.blame(call, vec![format!("query {:?}", call.query)]);
    }
    let Some(wanted) = call.route.id else { return Reply::message(404, "404 Not found") };
    let token = call.header("job-token").unwrap_or_default();
    let asks = |job: &&mut JobRecord| job.is_live_token(token);
    let Some(asking) = state.jobs.values_mut().find(asks) else {
        return Reply::message(401, "401 Unauthorized");
    };
    if !asking.rig.needs.contains(&wanted) {
        state.blame(call, vec!["the job does not need this one's artifacts".to_owned()]);
        return Reply::forbidden();
    }
    if let Some(status) = asking.rig.download_status.pop_front() {
        return Reply::message(status, &format!("{status} injected"));
    }
    let Some(job) = state.jobs.get_mut(&wanted) else { return Reply::message(404, "404 Not found") };
    let Some(archive) = job.artifacts.iter().find(|a| a.artifact_type == "archive") else {
        return Reply::message(404, "404 Not found");
    };
    job.downloads += 1;
    Reply::new(200).with("content-type", "application/zip").with_body(archive.bytes.clone())
}
