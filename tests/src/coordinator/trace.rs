//! `PATCH /jobs/:id/trace`: the trace, chunk by chunk.

use super::access::Access;
use super::call::{Call, Reply};
use super::job::{JobRecord, Phase};
use super::state::State;
use protocol::{ContentRange, StoredRange};
use std::time::Instant;

pub(super) fn answer(state: &mut State, call: &Call) -> Reply {
    let wrong = shape(call);
    let is_malformed = !wrong.is_empty();
    state.blame(call, wrong);
    if let Access::Refused(reply) = state.access(call) {
        return reply;
    }
    let interval = state.settings.update_interval;
    let Some(job) = call.route.id.and_then(|id| state.jobs.get_mut(&id)) else { return Reply::forbidden() };
    let now = Instant::now();
    if job.is_trace_refused() {
        return Reply::forbidden().with("job-status", "failed");
    }
    let Some(range) = call.header("content-range").and_then(ContentRange::parse).filter(|_| !is_malformed)
    else {
        return Reply::message(400, "400 Bad request - Missing header Content-Range");
    };
    let status = store(job, call, range, now);
    let reply = Reply::new(status)
        .with("range", StoredRange(job.trace.len() as u64).to_string())
        .with("job-status", job.status(now));
    match interval {
        Some(seconds) => reply.with("x-gitlab-trace-update-interval", seconds.to_string()),
        None => reply,
    }
}

fn shape(call: &Call) -> Vec<String> {
    let mut wrong = Vec::new();
    let length = call.body.len() as u64;
    if call.header("content-length") != Some(length.to_string().as_str()) {
        wrong.push(format!("content length {:?} of {length} bytes", call.header("content-length")));
    }
    let header = call.header("content-range").unwrap_or_default();
    let fits = ContentRange::parse(header)
        .is_some_and(|range| range.last - range.first + 1 == length && range.to_string() == header);
    if !fits {
        wrong.push(format!("content range {header:?} of {length} bytes"));
    }
    let known =
        |(key, value): &(String, String)| key == "debug_trace" && matches!(value.as_str(), "true" | "false");
    if call.query.len() != 1 || !call.query.iter().all(known) {
        wrong.push(format!("query {:?}", call.query));
    }
    wrong
}

/// Appends what begins where the stored trace ends, and nothing else. A runner that could not make sense of
/// its job sends a trace without having acknowledged it; the trace is then the acknowledgement.
fn store(job: &mut JobRecord, call: &Call, range: ContentRange, now: Instant) -> u16 {
    if range.first != job.trace.len() as u64 {
        return 416;
    }
    if job.phase == Phase::Reserved {
        job.phase = Phase::Running;
    }
    job.trace.extend_from_slice(&call.body);
    job.chunks.push(call.body.len());
    job.apply_cancel_rule(now);
    202
}
