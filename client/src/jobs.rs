//! Calls about jobs: asking for one, updating one, sending its trace.

use crate::{
    Answer, ApiClient, CallError, Patience,
    answer::text_header,
    call::{Body, Call, JOB_ANSWER, Limits},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use protocol::{ContentRange, JobRequest, RunnerToken, Secret, UpdateRequest, header as names};
use std::sync::PoisonError;

/// What came of asking for a job.
#[derive(Debug)]
pub enum RequestOutcome {
    /// A job.
    Job(JobOffer),
    /// A job whose payload is not JSON, or broke off, so that it cannot be run. What did arrive may be enough
    /// to report it as failed; gitlab-runner loses such jobs.
    Broken {
        /// What arrived of the payload.
        received: Bytes,
        /// What is wrong with it.
        error: CallError,
    },
    /// Nothing to do.
    NoContent(Answer),
    /// The token is not valid (403): the only answer that makes a runner unhealthy.
    Forbidden(Answer),
    /// Others were faster (409).
    Conflict(Answer),
    /// The coordinator is busy (408, 429, 5xx), after all repeats.
    Unavailable(Answer),
    /// Any other status.
    Refused(Answer),
    /// No answer.
    Failed(CallError),
}

/// A job as it came.
#[derive(Debug)]
pub struct JobOffer {
    /// The payload, not decoded.
    pub body: Bytes,
    /// The call's id, which goes on as the job's.
    pub correlation_id: String,
    /// The certificates with which the coordinator was verified, PEM: the CA file, else the chain.
    pub ca_chain: Option<String>,
    /// Whether a status that asks for a repeat was seen first.
    pub was_repeated: bool,
}

impl RequestOutcome {
    /// Whether the section stays healthy: all but a refused token and a client that cannot be built.
    pub fn is_healthy(&self) -> bool {
        match self {
            Self::Forbidden(_) => false,
            Self::Failed(error) => !error.is_not_built(),
            Self::Job(_)
            | Self::Broken { .. }
            | Self::NoContent(_)
            | Self::Conflict(_)
            | Self::Unavailable(_)
            | Self::Refused(_) => true,
        }
    }
}

/// A piece of a trace to send; never empty.
#[derive(Clone, Copy, Debug)]
pub struct TraceChunk<'a> {
    /// The job.
    pub job_id: i64,
    /// Its token.
    pub token: &'a Secret,
    /// Where the piece begins.
    pub offset: u64,
    /// Its bytes.
    pub content: &'a Bytes,
    /// Whether the job traces itself for debugging, which GitLab uses to restrict who may read it.
    pub debug_trace: bool,
}

impl ApiClient {
    /// Asks for a job. The newest `X-GitLab-Last-Update` seen with this token goes along.
    ///
    /// Dropping the future gives the call up, with it a job that may be on its way.
    pub async fn request_job(&self, request: &JobRequest, patience: &Patience) -> RequestOutcome {
        let mut request = request.clone();
        if let Some(last_update) = self.last_update_of(&request.token) {
            request.last_update = last_update;
        }
        self.ask(&request, None, patience).await
    }

    /// Asks for a job once, whatever the answer: for callers with pauses of their own. `last_update` is sent
    /// as the request has it; without one, no coordinator holds the request back until a job turns up.
    ///
    /// Dropping the future gives the call up, with it a job that may be on its way.
    pub async fn request_job_once(&self, request: &JobRequest) -> RequestOutcome {
        self.ask(request, Some(1), &Patience::default()).await
    }

    async fn ask(&self, request: &JobRequest, attempts: Option<u32>, patience: &Patience) -> RequestOutcome {
        let call = self.runner_call(Method::POST, "jobs/request", &request.token, request);
        let exchange = match call.map(Call::accept_json) {
            Ok(mut call) => {
                call.attempts = attempts.unwrap_or(call.attempts);
                self.send(call, patience).await
            }
            Err(error) => Err(error),
        };
        let exchange = match exchange {
            Ok(exchange) => exchange,
            Err(error) => return RequestOutcome::Failed(error),
        };
        let over_tls = exchange.over_tls();
        let last_update = last_update(exchange.headers());
        let finished = exchange.finish(JOB_ANSWER).await;
        if finished.answer.status != 201 {
            self.remember(&request.token, last_update);
            return without_job(finished.answer);
        }
        if let Err(error) = finished.json_body() {
            return RequestOutcome::Broken { received: finished.body, error };
        }
        self.remember(&request.token, last_update);
        RequestOutcome::Job(JobOffer {
            body: finished.body,
            correlation_id: finished.answer.correlation_id,
            ca_chain: self.ca_chain(over_tls),
            was_repeated: finished.answer.was_repeated,
        })
    }

    /// Tells the state of a job: start, keep-alive, or end.
    ///
    /// # Errors
    /// When there is no answer. What an answer means is left to the caller.
    pub async fn update_job(
        &self,
        job_id: i64,
        update: &UpdateRequest,
        patience: &Patience,
    ) -> Result<Answer, CallError> {
        let mut call = Call::new(Method::PUT, self.base.join(&format!("jobs/{job_id}")))
            .token(names::JOB_TOKEN, update.token.expose())?
            .json(update)?;
        call.limits = Limits::of_update();
        Ok(self.send(call, patience).await?.answer().await)
    }

    /// Sends a piece of a trace.
    ///
    /// # Errors
    /// When there is no answer; the coordinator may have stored the piece all the same.
    pub async fn patch_trace(
        &self,
        chunk: &TraceChunk<'_>,
        patience: &Patience,
    ) -> Result<Answer, CallError> {
        let mut url = self.base.join(&format!("jobs/{}/trace", chunk.job_id));
        url.set_query(Some(if chunk.debug_trace { "debug_trace=true" } else { "debug_trace=false" }));
        let range = ContentRange::of_chunk(chunk.offset, chunk.content.len() as u64);
        let mut call = Call::new(Method::PATCH, url).token(names::JOB_TOKEN, chunk.token.expose())?;
        call.limits = Limits::of_update();
        let call = match HeaderValue::from_str(&range.to_string()) {
            Ok(range) => call.header(header::CONTENT_RANGE, range),
            Err(_) => call,
        };
        let call = call.body(HeaderValue::from_static("text/plain"), Body::Bytes(chunk.content.clone()));
        Ok(self.send(call, patience).await?.answer().await)
    }

    /// A call with a runner's token in header and body.
    pub(crate) fn runner_call(
        &self,
        method: Method,
        path: &str,
        token: &RunnerToken,
        body: &impl serde::Serialize,
    ) -> Result<Call<'static>, CallError> {
        Call::new(method, self.base.join(path)).token(names::RUNNER_TOKEN, token.expose())?.json(body)
    }

    /// Keeps the queue version of a token; an answer without one changes nothing.
    pub(crate) fn remember(&self, token: &RunnerToken, last_update: Option<String>) {
        if let Some(value) = last_update {
            let mut known = self.last_update.lock().unwrap_or_else(PoisonError::into_inner);
            *known = Some((token.clone(), value));
        }
    }

    /// The newest `X-GitLab-Last-Update` seen with this token.
    pub fn last_update_of(&self, token: &RunnerToken) -> Option<String> {
        let known = self.last_update.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|(owner, _)| owner == token).map(|(_, value)| value.clone())
    }
}

/// The queue version that an answer names; GitLab refuses large requests, so large values are not echoed.
pub(crate) fn last_update(headers: &HeaderMap) -> Option<String> {
    text_header(headers, names::LAST_UPDATE).filter(|v| !v.is_empty() && v.len() <= 1024).map(str::to_owned)
}

fn without_job(answer: Answer) -> RequestOutcome {
    match answer.status.as_u16() {
        204 => RequestOutcome::NoContent(answer),
        403 => RequestOutcome::Forbidden(answer),
        409 => RequestOutcome::Conflict(answer),
        408 | 429 | 500 | 502 | 503 | 504 | 512.. => RequestOutcome::Unavailable(answer),
        _ => RequestOutcome::Refused(answer),
    }
}
