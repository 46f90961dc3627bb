//! One request for a job: sent, answered, and told in the log.

use super::schedule::Outcome;
use super::section::Section;
use bytes::Bytes;
use client::{Answer, CallError, RequestOutcome};
use protocol::{Info, Job, JobIdentity, JobRequest};
use std::rc::Rc;

/// A job that came, or what is left of one.
#[derive(Debug)]
pub(super) struct Arrival {
    /// The payload; of one that cannot be used only id and token.
    pub(super) payload: Job,
    /// Why it cannot be used, for its trace.
    pub(super) refusal: Option<String>,
    /// The request's id, which goes on as the job's.
    pub(super) correlation_id: String,
    /// The certificates with which the coordinator was verified.
    pub(super) ca_chain: Option<String>,
    /// The payload as it came; nothing of one that cannot be used.
    pub(super) body: Option<Bytes>,
}

/// What came of a request.
#[derive(Debug)]
pub(super) enum Reply {
    /// A job.
    Job(Box<Arrival>),
    /// None; what it means for the schedule.
    None(Outcome),
}

/// What a request says besides its section.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller {
    /// What the runner says of itself for this section.
    pub(super) info: Info,
    /// This machine's id.
    pub(super) system_id: String,
}

/// Asks for a job. Without `may_be_held`, the queue's version is not sent along, so that the coordinator has
/// no reason to wait with its answer.
pub(super) async fn ask(section: Rc<Section>, caller: Caller, may_be_held: bool) -> Reply {
    let Some(client) = section.client.clone() else { return Reply::None(Outcome::Refused) };
    let token = &section.config.token;
    let last_update = if may_be_held { client.last_update_of(token) } else { None };
    let request = JobRequest {
        info: caller.info,
        token: token.clone(),
        system_id: caller.system_id,
        last_update: last_update.clone().unwrap_or_default(),
        session: None,
    };
    let outcome = client.request_job_once(&request).await;
    let log = Log { section: &section };
    match outcome {
        RequestOutcome::Job(offer) => {
            log.arrival(Arrival::read(&offer.body), offer.correlation_id, offer.ca_chain)
        }
        RequestOutcome::Broken { received, error } => {
            let correlation_id = error.correlation_id.clone();
            log.arrival(Arrival::salvage(&received, &error), correlation_id, None)
        }
        RequestOutcome::NoContent(answer) => log.nothing(&answer, last_update.as_deref()),
        RequestOutcome::Conflict(answer) => log.conflict(&answer),
        RequestOutcome::Forbidden(answer) => log.forbidden(&answer),
        RequestOutcome::Unavailable(answer) => log.unavailable(&answer),
        RequestOutcome::Refused(answer) => log.refused(&answer),
        RequestOutcome::Failed(error) => log.failed(&error),
    }
}

/// What a request for a job leaves in the log, in gitlab-runner's words.
struct Log<'a> {
    section: &'a Section,
}

/// One line with the fields that such lines have.
macro_rules! tell {
    ($log:ident, $level:ident, $($fields:tt)*) => {
        tracing::$level!(
            runner = $log.section.short(),
            runner_name = $log.section.config.name.as_str(),
            $($fields)*
        )
    };
}

impl Log<'_> {
    fn arrival(&self, arrival: Option<Arrival>, correlation_id: String, ca_chain: Option<String>) -> Reply {
        let Some(arrival) = arrival else {
            tell!(
                self,
                error,
                correlation_id,
                "Checking for jobs... received a job that names neither itself nor its token, it is lost"
            );
            return Reply::None(FAILING);
        };
        let job = arrival.payload.id;
        let repo_url = super::facts::without_login(arrival.payload.git_info.repo_url.expose());
        tell!(self, info, correlation_id, job, repo_url, "Checking for jobs... received");
        if let Some(refusal) = &arrival.refusal {
            tell!(
                self,
                warn,
                job,
                error = refusal.as_str(),
                "The job cannot be run and is reported as failed"
            );
        }
        Reply::Job(Box::new(Arrival { correlation_id, ca_chain, ..arrival }))
    }

    fn nothing(&self, answer: &Answer, sent: Option<&str>) -> Reply {
        tell!(
            self,
            debug,
            correlation_id = answer.correlation_id.as_str(),
            "Checking for jobs... no content"
        );
        // No version at all is what GitLab answers when the queue moved while it held the request.
        let moved = answer.last_update.as_deref() != sent;
        Reply::None(Outcome::Nothing { moved })
    }

    fn conflict(&self, answer: &Answer) -> Reply {
        tell!(self, debug, status = answer.text.as_str(), "Checking for jobs... others were faster");
        Reply::None(Outcome::Nothing { moved: false })
    }

    fn forbidden(&self, answer: &Answer) -> Reply {
        tell!(self, error, status = answer.text.as_str(), "Checking for jobs... forbidden");
        Reply::None(Outcome::Refused)
    }

    fn unavailable(&self, answer: &Answer) -> Reply {
        let status = answer.text.as_str();
        if answer.status == 503 {
            tell!(self, warn, status, "Checking for jobs... GitLab instance currently unavailable");
        } else {
            tell!(self, warn, status, "Checking for jobs... failed");
        }
        Reply::None(Outcome::Failing { retry_after: answer.retry_after })
    }

    fn refused(&self, answer: &Answer) -> Reply {
        tell!(self, warn, status = answer.text.as_str(), "Checking for jobs... failed");
        Reply::None(FAILING)
    }

    fn failed(&self, error: &CallError) -> Reply {
        if error.is_not_built() {
            tell!(self, error, error = %error, "Checking for jobs... client error");
            return Reply::None(Outcome::Refused);
        }
        tell!(self, warn, error = %error, "Checking for jobs... failed");
        Reply::None(FAILING)
    }
}

const FAILING: Outcome = Outcome::Failing { retry_after: None };

impl Arrival {
    /// A payload as it came whole.
    fn read(body: &Bytes) -> Option<Self> {
        match Job::from_json(body) {
            Ok(payload) => {
                let refusal = crate::jobproc::refusal(&payload);
                Some(Self { body: Some(body.clone()), refusal, ..Self::of(payload) })
            }
            Err(error) => Self::unusable(body, error.to_string()),
        }
    }

    /// A payload that is not JSON or broke off.
    fn salvage(received: &[u8], error: &CallError) -> Option<Self> {
        Self::unusable(received, format!("the job payload cannot be used: {}", error.failure))
    }

    fn unusable(received: &[u8], why: String) -> Option<Self> {
        let JobIdentity { id, token } = super::salvage::identity(received)?;
        let payload = Job { id, token, ..Job::default() };
        Some(Self { refusal: Some(why), ..Self::of(payload) })
    }

    /// A payload and nothing else.
    pub(super) fn of(payload: Job) -> Self {
        Self { payload, refusal: None, correlation_id: String::new(), ca_chain: None, body: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_of_wrong_types_still_names_its_job() {
        let body = Bytes::from_static(br#"{"id": 5, "token": "t", "steps": 7}"#);
        let arrival = Arrival::read(&body).unwrap();
        assert_eq!(arrival.payload.id, 5);
        assert_eq!(arrival.refusal.unwrap(), "the job payload has a value of an unexpected type at `steps`");
        assert!(Arrival::read(&Bytes::from_static(b"{}")).is_none());
    }
}
