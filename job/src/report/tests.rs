//! Reports against a coordinator in memory, on a clock that jumps.

mod dead;
mod ending;
mod fake;
mod faults;
mod http;
mod running;

use super::*;
use crate::{Control, Verdict};
use client::Answer;
use fake::Fake;
use protocol::{FailureReason, JobStatus, StoredRange, TraceOutput};
use std::time::Duration;
use tokio::sync::oneshot;
use trace::Spool;

/// An answer with nothing but a status.
pub(super) fn answer(status: u16) -> Answer {
    let status = http::status(status);
    Answer {
        text: status.to_string(),
        status,
        correlation_id: String::new(),
        job_status: JobStatus::Carry,
        update_interval: None,
        stored: StoredRange(0),
        was_repeated: false,
        retry_after: None,
        last_update: None,
    }
}

fn spool() -> Spool {
    Spool::new(tempfile::tempfile().unwrap(), u64::MAX)
}

fn subject() -> Subject {
    Subject { id: 7, token: Secret::new("job-secret"), info: Info::default(), debug_trace: false }
}

fn failed() -> Verdict {
    Verdict::failed(FailureReason::ScriptFailure, Some(3))
}

/// A job under way.
struct Job {
    api: Fake,
    spool: Spool,
    control: Control,
}

impl Job {
    fn new() -> Self {
        Self { api: Fake::default(), spool: spool(), control: Control::new() }
    }

    fn reporter(&self) -> Reporter<&Fake> {
        Reporter::new(&self.api, subject(), self.spool.clone(), self.control.clone(), Persistence::default())
    }

    /// Runs `script` as the job, and reports it.
    async fn run(&self, script: impl AsyncFnOnce(&Self) -> Verdict) -> Reported {
        let mut reporter = self.reporter();
        assert_eq!(reporter.start().await, Start::Run);
        let (tell, verdict) = oneshot::channel();
        let job = async {
            let verdict = script(self).await;
            self.spool.finish();
            tell.send(verdict).unwrap();
        };
        let report = reporter.run(async { verdict.await.unwrap() });
        tokio::join!(job, report).1
    }

    /// The trace as it is here.
    fn written(&self) -> Vec<u8> {
        self.spool.read_at(0, usize::MAX).unwrap().to_vec()
    }
}

async fn pause(seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}
