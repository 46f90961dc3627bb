//! `PATCH /jobs/:id/trace`: more of a trace.

use super::Desk;
use super::answer::{Refusal, job_headers, number_answer};
use super::body::refuse_packed;
use super::linger::linger;
use super::token::{job_id, of_header};
use crate::files::TraceError;
use crate::kernel::{Executing, JobAnswer, JobVerdict, Topic};
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use bytes::BytesMut;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use pipeline::JobId;
use protocol::StoredRange;
use protocol::header::{CONTENT_RANGE, JOB_TOKEN, RANGE};

/// So much is gathered before it is written.
const BATCH: usize = 256 * 1024;

pub(super) async fn append(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let token = of_header(&parts.headers, JOB_TOKEN);
    let job = job_id(&id)?;
    let begun = match desk.executing(job, token.as_ref()).await {
        Ok(_) => refuse_packed(&parts.headers).and_then(|()| start(&parts.headers)),
        Err(refusal) => Err(refusal),
    };
    let start = match begun {
        Ok(start) => start,
        Err(refusal) => {
            linger(body);
            return Err(refusal);
        }
    };
    desk.kernel.job_seen(job);
    if start == 0 && asks_for_care(parts.uri.query()) {
        desk.kernel.debug_trace(job).await?;
    }
    let stored = desk.store(job, start, body).await;
    desk.kernel.tell(Topic::Trace(job));
    // Once more, so that a cancel of this moment is told at once.
    let executing = desk.executing(job, token.as_ref()).await?;
    match stored {
        Ok(length) => Ok(desk.answer(StatusCode::ACCEPTED, &executing, Some(length))),
        Err(TraceError::Offset { stored }) => {
            Ok(desk.answer(StatusCode::RANGE_NOT_SATISFIABLE, &executing, Some(stored)))
        }
        Err(TraceError::TooLong { .. }) => {
            // It may be over by now for another reason.
            let _ = desk.kernel.fail_job(job, "trace_size_exceeded").await;
            desk.executing(job, token.as_ref()).await?;
            Err(Refusal::forbidden())
        }
        Err(TraceError::Sealed) => Err(Refusal::forbidden()),
        Err(TraceError::Disk(error)) => Err(error.into()),
    }
}

/// Where the piece begins. Its end is told by its bytes: runners do not agree how to write it.
fn start(headers: &HeaderMap) -> Result<u64, Refusal> {
    let value = headers.get(CONTENT_RANGE).ok_or_else(|| Refusal::bad("Missing header Content-Range"))?;
    let start = value.to_str().ok().and_then(|text| text.trim().split_once('-')?.0.trim().parse().ok());
    start.ok_or_else(|| Refusal::bad("Invalid header Content-Range"))
}

/// Whether the job shows what it does, secrets included.
fn asks_for_care(query: Option<&str>) -> bool {
    super::params::Params::of_query(query.unwrap_or_default()).flag("debug_trace") == Some(true)
}

impl Desk {
    /// Adds a body to a trace as it comes; answers the length of the trace. What came of a body that broke off stays:
    /// it is what the runner sends there.
    async fn store(&self, job: JobId, start: u64, mut body: Body) -> Result<u64, TraceError> {
        let mut length = start;
        let mut batch = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { break };
            let Ok(data) = frame.into_data() else { continue };
            batch.extend_from_slice(&data);
            if batch.len() >= BATCH {
                match self.files.traces().append(job, length, batch.split().freeze()).await {
                    Ok(added) => length = added,
                    Err(error) => {
                        linger(body);
                        return Err(error);
                    }
                }
            }
        }
        self.files.traces().append(job, length, batch.freeze()).await
    }

    fn answer(&self, status: StatusCode, executing: &Executing, length: Option<u64>) -> Response {
        let mut response = number_answer(status);
        let interval = self.interval(executing.job);
        let answer = JobAnswer { verdict: JobVerdict::Accepted, status: Some(executing.status), interval };
        response.headers_mut().extend(job_headers(&answer));
        if let Some(value) =
            length.and_then(|length| HeaderValue::from_str(&StoredRange(length).to_string()).ok())
        {
            response.headers_mut().insert(HeaderName::from_static(RANGE), value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_RANGE, HeaderValue::from_str(value).unwrap());
        start(&headers).ok()
    }

    #[test]
    fn only_the_start_of_a_range_counts() {
        assert_eq!(of("0-2561"), Some(0));
        assert_eq!(of("1902-1902"), Some(1902));
        assert_eq!(of("5-0"), Some(5));
        for wrong in ["", "5", "-5", "x-5", "bytes 0-5/6", "99999999999999999999-1"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
        assert!(start(&HeaderMap::new()).is_err());
    }
}
