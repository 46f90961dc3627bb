//! `PUT /jobs/:id`: acknowledgement, keep-alive, verdict.

use super::access::Access;
use super::call::{Call, Reply};
use super::check::{self, InfoLevel};
use super::job::{Cancel, FinalUpdate, JobRecord, Phase, Verdict};
use super::state::State;
use serde_json::{Value, json};
use std::time::Instant;

pub(super) fn answer(state: &mut State, call: &Call) -> Reply {
    let body = call.json().unwrap_or(Value::Null);
    let wrong = shape(call, &body);
    state.blame(call, wrong);
    let is_final = body.get("state").and_then(Value::as_str) != Some("running");
    if let Access::Refused(reply) = state.access(call) {
        note_refusal(state, call, is_final);
        return reply;
    }
    let interval = state.settings.update_interval;
    let Some(job) = call.route.id.and_then(|id| state.jobs.get_mut(&id)) else { return Reply::forbidden() };
    if job.is_trace_refused() {
        job.final_refused += u32::from(is_final);
        return Reply::forbidden().with("job-status", "failed");
    }
    let (reply, wrong) = if is_final { finish(job, call, &body) } else { keep_alive(job, &body) };
    let runner = job.runner.clone();
    let reply = reply.with("job-status", job.status(Instant::now()));
    state.blame(call, wrong);
    state.count_running(&runner);
    match interval {
        Some(seconds) => reply.with("x-gitlab-trace-update-interval", seconds.to_string()),
        None => reply,
    }
}

fn note_refusal(state: &mut State, call: &Call, is_final: bool) {
    if let Some(job) = call.route.id.and_then(|id| state.jobs.get_mut(&id)) {
        job.final_refused += u32::from(is_final);
    }
}

fn shape(call: &Call, body: &Value) -> Vec<String> {
    let optional = ["failure_reason", "exit_code", "checksum"];
    let mut wrong = check::keys(body, &["info", "token", "state", "output"], &optional);
    wrong.extend(check::token_twice(call, body, "job-token"));
    wrong.extend(check::info(body, InfoLevel::Full));
    wrong.extend(check::text(body, "failure_reason"));
    let state = body.get("state").and_then(Value::as_str).unwrap_or_default();
    if !matches!(state, "running" | "success" | "failed") {
        wrong.push(format!("state {state:?}"));
    }
    for key in ["failure_reason", "exit_code"] {
        if state != "failed" && body.get(key).is_some() {
            wrong.push(format!("`{key}` with state {state}"));
        }
    }
    if body.get("exit_code").is_some_and(|code| code.as_i64().is_none_or(|n| n == 0)) {
        wrong.push(format!("exit code {}", body["exit_code"]));
    }
    wrong.extend(output_shape(body, state));
    wrong
}

fn output_shape(body: &Value, state: &str) -> Vec<String> {
    let output = &body["output"];
    let mut wrong = check::keys(output, &[], &["checksum", "bytesize"]);
    if output.get("checksum").is_some_and(|c| check::checksum(c).is_none()) {
        wrong.push(format!("checksum {}", output["checksum"]));
    }
    if output.get("bytesize").is_some_and(|size| size.as_u64().is_none_or(|n| n == 0)) {
        wrong.push(format!("bytesize {}", output["bytesize"]));
    }
    if state != "running" && output.get("checksum").is_none() {
        wrong.push("the final update has no checksum".to_owned());
    }
    if body.get("checksum") != output.get("checksum") {
        wrong.push("`checksum` and `output.checksum` differ".to_owned());
    }
    wrong
}

/// What the update says of the trace: bytes and checksum.
fn claim(body: &Value) -> Option<(u64, u32)> {
    let output = body.get("output")?;
    let size = output.get("bytesize").and_then(Value::as_u64).unwrap_or(0);
    Some((size, check::checksum(output.get("checksum")?)?))
}

fn keep_alive(job: &mut JobRecord, body: &Value) -> (Reply, Vec<String>) {
    let mut wrong = Vec::new();
    if job.phase == Phase::Reserved {
        job.phase = Phase::Running;
        job.times.acknowledged = Some(Instant::now());
        if body["output"] != json!({}) {
            wrong.push("the first update has an output".to_owned());
        }
    }
    job.running_updates += 1;
    job.claims.extend(claim(body));
    (Reply::new(200).with_body("200"), wrong)
}

fn finish(job: &mut JobRecord, call: &Call, body: &Value) -> (Reply, Vec<String>) {
    if let Some(status) = job.rig.final_status.pop_front() {
        return (Reply::message(status, &format!("{status} injected")), Vec::new());
    }
    let fits = claim(body).is_some_and(|c| c == (job.trace.len() as u64, crc32fast::hash(&job.trace)));
    if !fits && job.forgotten > 0 {
        // The runner believes in a trace that is gone: it has to send it again.
        job.forgotten -= 1;
        return (Reply::message(412, "412 Precondition Failed"), Vec::new());
    }
    let mut wrong = Vec::new();
    if !fits {
        let found = (job.trace.len(), format!("{:08x}", crc32fast::hash(&job.trace)));
        wrong.push(format!("the trace stored is {found:?}, the final update says {}", body["output"]));
    }
    wrong.extend(false_claims(job));
    wrong.extend(unlisted_reason(job, body));
    job.final_update = Some(final_update(body));
    let now = Instant::now();
    let canceling = job.canceled(now) == Some(Cancel::Canceling);
    let verdict = match (canceling, body.get("state").and_then(Value::as_str)) {
        (true, _) => Verdict::Canceled,
        (false, Some("success")) => Verdict::Success,
        (false, _) => Verdict::Failed,
    };
    job.end(verdict, now);
    job.calls_after_end_expected = call.answer_lost;
    (Reply::new(200).with_body("200"), wrong)
}

fn final_update(body: &Value) -> FinalUpdate {
    let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    FinalUpdate {
        state: text("state").unwrap_or_default(),
        failure_reason: text("failure_reason"),
        exit_code: body.get("exit_code").and_then(Value::as_i64),
    }
}

/// Keep-alives name size and checksum of the trace so far, which must be a beginning of the whole.
fn false_claims(job: &JobRecord) -> Vec<String> {
    let is_false = |(size, crc): &&(u64, u32)| {
        let part = usize::try_from(*size).ok().and_then(|size| job.trace.get(..size));
        part.is_none_or(|part| crc32fast::hash(part) != *crc)
    };
    let wrong = job.claims.iter().filter(is_false);
    wrong.map(|(size, _)| format!("a keep-alive named {size} bytes with a wrong checksum")).collect()
}

/// The reason must be one that the payload lists, or one that every coordinator knows.
fn unlisted_reason(job: &JobRecord, body: &Value) -> Option<String> {
    const ALWAYS: [&str; 4] =
        ["script_failure", "runner_system_failure", "job_execution_timeout", "unknown_failure"];
    let reason = body.get("failure_reason")?.as_str()?;
    let listed = job.payload.pointer("/features/failure_reasons").and_then(Value::as_array);
    let is_listed = listed.is_some_and(|reasons| reasons.iter().any(|r| r == reason));
    // Of a job that is canceled before it starts the reason is sent as it is.
    let before_start = reason == "job_canceled" && job.trace.is_empty();
    let known = ALWAYS.contains(&reason) || is_listed || before_start;
    (!known).then(|| format!("failure reason {reason} is not one of those that the job lists"))
}
