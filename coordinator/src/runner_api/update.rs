//! `PUT /jobs/:id`: a runner says how its job is.

use super::Desk;
use super::answer::{Refusal, job_answer};
use super::params::Params;
use super::token::{find, job_id};
use crate::files::Traces;
use crate::kernel::{Executing, JobAnswer, JobVerdict, JobWord, Topic};
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::StatusCode;
use pipeline::JobId;
use pipeline::coverage::Finder;
use protocol::header::JOB_TOKEN;
use protocol::{Checksum, FailureReason};
use serde_json::Value;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

/// The largest body.
const LIMIT: usize = 64 * 1024;
/// How much of a trace is looked at in one piece.
const PIECE: usize = 256 * 1024;

pub(super) async fn update(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let (parts, params) = Params::read(request, LIMIT).await?;
    let job = job_id(&id)?;
    let token = find(&params, &parts.headers, JOB_TOKEN).ok_or_else(Refusal::forbidden)?;
    let executing = desk.executing(job, Some(&token)).await?;
    let word = word(&params)?;
    if word != JobWord::Alive {
        if let Some(wait) = desk.incomplete(job, &params).await? {
            desk.kernel.job_seen(job);
            let answer =
                JobAnswer { verdict: JobVerdict::Accepted, status: Some(executing.status), interval: wait };
            return Ok(job_answer(StatusCode::ACCEPTED, &answer));
        }
        desk.find_coverage(&executing).await;
    }
    let ends = word != JobWord::Alive;
    let mut answer = desk.kernel.job_update(job, &token, word).await?;
    answer.interval = answer.interval.min(desk.interval(job));
    if answer.verdict == JobVerdict::Forbidden {
        return Err(Refusal::not_running(&answer));
    }
    if ends {
        desk.files.traces().seal(job);
        desk.kernel.tell(Topic::Trace(job));
    }
    Ok(job_answer(StatusCode::OK, &answer))
}

/// What the runner says. `pending` is what a runner says that has not begun yet.
fn word(params: &Params) -> Result<JobWord, Refusal> {
    match params.text("state").as_deref() {
        Some("pending" | "running") => Ok(JobWord::Alive),
        Some("success") => Ok(JobWord::Success),
        Some("failed") => {
            let reason = params.text("failure_reason").filter(|reason| !reason.is_empty());
            let reason =
                reason.and_then(|reason| serde_json::from_value::<FailureReason>(Value::String(reason)).ok());
            let exit_code =
                params.number("exit_code").map(|code| code.clamp(i32::MIN.into(), i32::MAX.into()));
            Ok(JobWord::Failed { reason, exit_code })
        }
        Some(_) => Err(Refusal::parameter("state", "does not have a valid value")),
        None => Err(Refusal::parameter("state", "is missing")),
    }
}

impl Desk {
    /// How many seconds the runner is to wait because its trace is not whole here; nothing where it is, where the
    /// runner does not say, and where it has waited for too long.
    async fn incomplete(&self, job: JobId, params: &Params) -> Result<Option<u64>, Refusal> {
        let output = params.inner("output");
        let said = output.text("checksum").and_then(|text| Checksum::try_from(text).ok());
        let Some(said) = said else { return Ok(None) };
        let size = output.number("bytesize").and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
        let (length, crc) = self.files.traces().measure(job).await?;
        if length >= size {
            if length == size && crc != said.0 {
                tracing::warn!(%job, "the trace differs from what its runner sent");
            }
            return Ok(None);
        }
        let waited = self.files.traces().waited(job).await?;
        if waited >= self.settings.trace_patience {
            tracing::warn!(%job, length, size, "the trace never became whole");
            return Ok(None);
        }
        Ok(Some(backoff(waited)))
    }

    /// Looks for the coverage in the trace of a job that is about to end. Whatever goes wrong, the job ends.
    async fn find_coverage(&self, executing: &Executing) {
        let job = executing.job;
        let expression = match self.kernel.job(job).await {
            Ok(view) => view.row.coverage_regex,
            Err(error) => return tracing::warn!(%job, %error, "the coverage of a job cannot be looked for"),
        };
        let Some(expression) = expression else { return };
        let traces = self.files.traces().clone();
        let found = tokio::task::spawn_blocking(move || coverage(&traces, job, &expression)).await;
        let stored = match found.map_err(io::Error::other).flatten() {
            Ok(Some(found)) => self.kernel.coverage(job, found).await,
            Ok(None) => Ok(()),
            Err(error) => return tracing::warn!(%job, %error, "the coverage of a job cannot be looked for"),
        };
        if let Err(error) = stored {
            tracing::warn!(%job, %error, "the coverage of a job cannot be kept");
        }
    }
}

/// As GitLab: a second at first, then about half of what was waited so far. Not as long as GitLab's longest, which would
/// be longer than a lease.
fn backoff(waited: Duration) -> u64 {
    let log = waited.as_secs().checked_ilog2().unwrap_or_default();
    1 << log.saturating_sub(1).min(5)
}

fn coverage(traces: &Traces, job: JobId, expression: &str) -> io::Result<Option<f64>> {
    let Ok(mut finder) = Finder::new(expression) else { return Ok(None) };
    let Some((file, length)) = traces.file(job)? else { return Ok(None) };
    let mut piece = vec![0; PIECE];
    let mut at = 0;
    while at < length {
        let most = usize::try_from(length - at).unwrap_or(PIECE).min(PIECE);
        let count = file.read_at(piece.get_mut(..most).unwrap_or_default(), at)?;
        if count == 0 {
            break;
        }
        finder.feed(piece.get(..count).unwrap_or_default());
        at += count as u64;
    }
    Ok(finder.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(query: &str) -> Result<JobWord, Refusal> {
        word(&Params::of_query(query))
    }

    #[test]
    fn states_are_words() {
        assert_eq!(said("state=running").unwrap(), JobWord::Alive);
        assert_eq!(said("state=pending").unwrap(), JobWord::Alive);
        assert_eq!(said("state=success&exit_code=3").unwrap(), JobWord::Success);
        let failed = |reason, exit_code| JobWord::Failed { reason, exit_code };
        let script = said("state=failed&failure_reason=script_failure&exit_code=2").unwrap();
        assert_eq!(script, failed(Some(FailureReason::ScriptFailure), Some(2)));
        assert_eq!(said("state=failed&failure_reason=of_the_future").unwrap(), failed(None, None));
        assert_eq!(said("state=failed&exit_code=-1073741510").unwrap(), failed(None, Some(-1_073_741_510)));
        assert!(said("state=other").is_err() && said("").is_err());
    }

    #[test]
    fn waits_grow() {
        let waits: Vec<u64> = [0, 1, 2, 4, 8, 60, 299].map(|s| backoff(Duration::from_secs(s))).to_vec();
        assert_eq!(waits, [1, 1, 1, 2, 4, 16, 32]);
    }
}
