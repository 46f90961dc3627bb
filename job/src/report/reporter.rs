//! The report of a job that runs in this process.

use super::{
    Coordinator, Persistence, Reported, Subject, TraceSource,
    chunks::{Chunks, Sent},
    ending::Ending,
    pace::{Backlog, Next, Pace},
    reaction::stops_job,
};
use crate::{AbortCause, Control, Verdict};
use client::{Answer, Patience};
use protocol::{FailureReason, JobState, JobStatus, TraceOutput, UpdateRequest};
use std::{future::Future, pin::Pin, pin::pin, time::Duration};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use trace::{Progress, Spool};

/// Longest single wait that a coordinator may impose before a job starts, and while it runs.
const START_WAIT: Duration = Duration::from_secs(5);
const RUNNING_WAIT: Duration = Duration::from_secs(60);

/// Whether a job may start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// It may.
    Run,
    /// It was canceled before it began; the coordinator was told so.
    Canceled(Reported),
    /// The coordinator wants nothing of it, not even a report.
    Abandoned(String),
}

/// Reports one job. See the [module](super).
pub struct Reporter<C> {
    api: C,
    subject: Subject,
    spool: Spool,
    control: Control,
    persistence: Persistence,
    chunks: Chunks,
    pace: Pace,
    /// How long the trace was when it was last looked at.
    seen: u64,
    /// The coordinator takes no more until the verdict.
    stopped: bool,
}

/// The future verdict, and whether it is there.
struct Awaited<'a, F> {
    future: Pin<&'a mut F>,
    verdict: Option<Verdict>,
}

impl<C: Coordinator> Reporter<C> {
    /// A report of `subject`, whose trace is `spool`. The coordinator's wishes to stop go to `control`.
    pub fn new(api: C, subject: Subject, spool: Spool, control: Control, persistence: Persistence) -> Self {
        let (chunks, pace) = (Chunks::default(), Pace::new(Instant::now()));
        Self { api, subject, spool, control, persistence, chunks, pace, seen: 0, stopped: false }
    }

    /// Says that the job starts, before it does anything (the second phase of handing it out). Whatever the
    /// coordinator answers, unless it stops the job, and even if it does not answer, the job runs.
    pub async fn start(&mut self) -> Start {
        let patience = Patience::up_to(START_WAIT);
        let update = self.running(TraceOutput::default());
        let answer = match self.api.update_job(self.subject.id, &update, &patience).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(job = self.subject.id, %error, "The coordinator did not hear that the job starts");
                return Start::Run;
            }
        };
        self.pace = Pace::new(Instant::now());
        self.pace.interval(answer.update_interval);
        if stops_job(&answer) || answer.status == 404 {
            return Start::Abandoned(answer.text);
        }
        if answer.job_status == JobStatus::Canceling {
            let verdict = Verdict::failed(FailureReason::JobCanceled, None);
            return Start::Canceled(self.ending().deliver_bare(&verdict).await);
        }
        Start::Run
    }

    /// Accompanies the job until `verdict` is there, then delivers the rest of the trace and the verdict.
    /// `verdict` may be the job itself: it is driven all the time until it is done.
    pub async fn run(mut self, verdict: impl Future<Output = Verdict>) -> Reported {
        let verdict = self.accompany(Awaited { future: pin!(verdict), verdict: None }).await;
        self.ending().deliver(&verdict).await
    }

    fn ending(&mut self) -> Ending<'_, C, Spool> {
        Ending {
            api: &self.api,
            subject: &self.subject,
            source: &self.spool,
            chunks: &mut self.chunks,
            persistence: self.persistence,
        }
    }

    async fn accompany<F: Future<Output = Verdict>>(&mut self, mut awaited: Awaited<'_, F>) -> Verdict {
        let mut watch = self.spool.watch();
        loop {
            let progress = watch.now();
            match self.next(progress) {
                Next::Send => self.send(&mut awaited).await,
                Next::KeepAlive => self.keep_alive(&mut awaited).await,
                Next::Wait(until) => {
                    tokio::select! {
                        biased;
                        verdict = &mut awaited.future => return verdict,
                        _ = watch.changed(), if !progress.finished => {}
                        () = sleep_until(until) => {}
                    }
                }
            }
            if let Some(verdict) = awaited.verdict {
                return verdict;
            }
        }
    }

    fn next(&mut self, progress: Progress) -> Next {
        let now = Instant::now();
        if self.stopped {
            return Next::Wait(now + RUNNING_WAIT);
        }
        if progress.length > self.seen {
            let afresh = self.chunks.backlog(self.seen) == 0;
            self.seen = progress.length;
            self.pace.grew(now, afresh);
        }
        let bytes = self.chunks.backlog(progress.length);
        let prompt = progress.prompt > self.chunks.offset();
        self.pace.next(now, Backlog { bytes, prompt })
    }

    /// Sends one piece. The call is brought to its end also when the verdict comes meanwhile, so that the
    /// coordinator never has to sort out a request that was cut; only its waits are ended.
    async fn send<F: Future<Output = Verdict>>(&mut self, awaited: &mut Awaited<'_, F>) {
        let hurry = CancellationToken::new();
        let patience = Patience::up_to(RUNNING_WAIT).until(hurry.clone());
        let call = self.chunks.send(&self.api, &self.subject, &self.spool, &patience);
        let sent = awaited.beside(call, &hurry).await;
        let now = Instant::now();
        match sent {
            Ok(Sent::Moved(answer)) => {
                self.pace.sent(now);
                self.obey(&answer);
            }
            Ok(Sent::Missing(answer) | Sent::Closed(answer)) => {
                self.pace.failed(now);
                self.obey(&answer);
            }
            Ok(Sent::Failed(answer, why)) => {
                tracing::debug!(job = self.subject.id, why, "A piece of the trace was not taken");
                self.pace.failed(now);
                if let Some(answer) = answer {
                    self.obey(&answer);
                }
            }
            Err(error) => {
                tracing::error!(job = self.subject.id, %error, "The trace cannot be read");
                self.pace.failed(now);
            }
        }
    }

    async fn keep_alive<F: Future<Output = Verdict>>(&mut self, awaited: &mut Awaited<'_, F>) {
        let hurry = CancellationToken::new();
        let patience = Patience::up_to(RUNNING_WAIT).until(hurry.clone());
        let update = self.running(TraceSource::output(&self.spool));
        let answer = awaited.beside(self.api.update_job(self.subject.id, &update, &patience), &hurry).await;
        self.pace.kept_alive(Instant::now());
        match answer {
            Ok(answer) => {
                self.obey(&answer);
                if answer.status == 404 {
                    self.stop();
                }
            }
            Err(error) => tracing::debug!(job = self.subject.id, %error, "A keep-alive was not answered"),
        }
    }

    /// Passes on what an answer wants of the job.
    fn obey(&mut self, answer: &Answer) {
        self.pace.interval(answer.update_interval);
        if stops_job(answer) {
            self.stop();
        } else if answer.job_status == JobStatus::Canceling {
            self.control.cancel();
        }
    }

    fn stop(&mut self) {
        self.stopped = true;
        self.control.abort(AbortCause::Coordinator);
    }

    fn running(&self, output: TraceOutput) -> UpdateRequest {
        UpdateRequest {
            info: self.subject.info.clone(),
            token: self.subject.token.clone(),
            state: JobState::Running,
            failure_reason: None,
            checksum: output.checksum,
            output,
            exit_code: None,
        }
    }
}

impl<F: Future<Output = Verdict>> Awaited<'_, F> {
    /// Drives a call to its end, and the job beside it.
    async fn beside<T>(&mut self, call: impl Future<Output = T>, hurry: &CancellationToken) -> T {
        let mut call = pin!(call);
        if self.verdict.is_none() {
            tokio::select! {
                biased;
                done = &mut call => return done,
                verdict = &mut self.future => {
                    self.verdict = Some(verdict);
                    hurry.cancel();
                }
            }
        }
        call.await
    }
}
