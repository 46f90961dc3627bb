//! One job: what was handed out, what became of it.

use super::artifact::StoredArtifact;
use serde_json::Value;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How a job is stopped from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancel {
    /// `Job-Status: canceling`: the script is stopped, `after_script` and artifacts follow.
    Canceling,
    /// 403 and `Job-Status: canceled` for all that follows.
    Canceled,
}

/// A cancel that is triggered by the trace.
#[derive(Clone, Debug)]
pub struct CancelRule {
    /// The line (without clock and colours) whose arrival starts the clock.
    pub line: String,
    /// From its arrival to the cancel.
    pub after: Duration,
    /// How the job is stopped.
    pub how: Cancel,
}

/// What the coordinator does while the job runs.
#[derive(Clone, Debug, Default)]
pub struct Rig {
    /// Jobs (ids) whose artifacts are offered as dependencies.
    pub needs: Vec<u64>,
    /// Cancels by what arrives in the trace.
    pub cancel: Option<CancelRule>,
    /// Statuses for the first uploads, in order.
    pub upload_status: VecDeque<u16>,
    /// Statuses for the first downloads of what the job needs, in order.
    pub download_status: VecDeque<u16>,
    /// Once so many bytes are stored, each PATCH and PUT is refused with 403 and `Job-Status: failed`.
    pub refuse_trace_after: Option<u64>,
    /// Statuses for the first final updates, in order, without acting.
    pub final_status: VecDeque<u16>,
}

/// How a job ended in the coordinator's eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The runner said `success`.
    Success,
    /// The runner said `failed`.
    Failed,
    /// It was canceled, whatever the runner said.
    Canceled,
}

impl Verdict {
    /// GitLab's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Waits for a runner.
    Queued,
    /// Handed out, not acknowledged yet.
    Reserved,
    /// Acknowledged.
    Running,
    /// Over.
    Ended(Verdict),
}

/// One time the job was handed out.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The job token of this delivery.
    pub token: String,
    /// When.
    pub at: Instant,
    /// Whether it was acknowledged too late and the job put back.
    pub expired: bool,
}

/// The final update as it was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalUpdate {
    /// `success` or `failed`.
    pub state: String,
    /// The reason, if one was sent.
    pub failure_reason: Option<String>,
    /// The exit code, if one was sent.
    pub exit_code: Option<i64>,
}

/// When what happened.
#[derive(Clone, Debug)]
pub struct Times {
    /// Queued for the first time.
    pub queued: Instant,
    /// First `PUT running`.
    pub acknowledged: Option<Instant>,
    /// Final update accepted, or ended otherwise.
    pub ended: Option<Instant>,
}

/// All that is known of one job.
#[derive(Clone, Debug)]
pub struct JobRecord {
    /// Its number.
    pub id: u64,
    /// Token of the runner it waits for.
    pub runner: String,
    /// The payload, placeholders included.
    pub payload: Value,
    /// What the coordinator does meanwhile.
    pub rig: Rig,
    /// Where it stands.
    pub phase: Phase,
    /// Each time it was handed out.
    pub deliveries: Vec<Delivery>,
    /// What is stored of the trace.
    pub trace: Vec<u8>,
    /// How often the trace was lost on purpose.
    pub forgotten: u32,
    /// Sizes of the chunks that were appended.
    pub chunks: Vec<usize>,
    /// `PUT running` that were accepted.
    pub running_updates: u32,
    /// Size and checksum that keep-alives named, to be compared with the whole trace in the end.
    pub claims: Vec<(u64, u32)>,
    /// The final update.
    pub final_update: Option<FinalUpdate>,
    /// Final updates that were refused with 403.
    pub final_refused: u32,
    /// Uploads that were accepted.
    pub artifacts: Vec<StoredArtifact>,
    /// How often its archive was fetched.
    pub downloads: u32,
    /// When what happened.
    pub times: Times,
    /// The answer to an accepted final update did not arrive, or the coordinator itself ended the job: more
    /// calls may come.
    pub calls_after_end_expected: bool,
    /// All calls get 403.
    pub token_revoked: bool,
    cancel: Option<(Instant, Cancel)>,
}

impl JobRecord {
    pub(super) fn new(id: u64, runner: String, payload: Value, rig: Rig) -> Self {
        Self {
            id,
            runner,
            payload,
            rig,
            phase: Phase::Queued,
            deliveries: Vec::new(),
            trace: Vec::new(),
            forgotten: 0,
            chunks: Vec::new(),
            running_updates: 0,
            claims: Vec::new(),
            final_update: None,
            final_refused: 0,
            artifacts: Vec::new(),
            downloads: 0,
            times: Times { queued: Instant::now(), acknowledged: None, ended: None },
            calls_after_end_expected: false,
            token_revoked: false,
            cancel: None,
        }
    }

    /// Whether it is over.
    pub fn is_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended(_))
    }

    /// How it ended.
    pub fn verdict(&self) -> Option<Verdict> {
        match self.phase {
            Phase::Ended(verdict) => Some(verdict),
            Phase::Queued | Phase::Reserved | Phase::Running => None,
        }
    }

    /// The token of the delivery that counts.
    pub fn token(&self) -> Option<&str> {
        self.deliveries.last().filter(|d| !d.expired).map(|d| d.token.as_str())
    }

    /// Whether this token is good for this job now.
    pub(super) fn is_live_token(&self, token: &str) -> bool {
        let live = matches!(self.phase, Phase::Reserved | Phase::Running);
        live && !self.token_revoked && self.token() == Some(token)
    }

    pub(super) fn cancel_at(&mut self, at: Instant, how: Cancel) {
        self.cancel = Some((at, how));
    }

    /// The cancel in force at `now`.
    pub(super) fn canceled(&self, now: Instant) -> Option<Cancel> {
        self.cancel.filter(|(at, _)| *at <= now).map(|(_, how)| how)
    }

    /// Starts the clock of the cancel rule once its line has arrived.
    pub(super) fn apply_cancel_rule(&mut self, now: Instant) {
        let Some(rule) = &self.rig.cancel else { return };
        if self.cancel.is_none() && crate::trace_text::TraceText::parse(&self.trace).has_line(&rule.line) {
            self.cancel = Some((now + rule.after, rule.how));
        }
    }

    /// The value of `Job-Status` at `now`.
    pub(super) fn status(&self, now: Instant) -> &'static str {
        match (self.phase, self.canceled(now)) {
            (Phase::Ended(verdict), _) => verdict.as_str(),
            (_, Some(Cancel::Canceling)) => "canceling",
            (_, Some(Cancel::Canceled)) => "canceled",
            _ if self.is_trace_refused() => "failed",
            _ => "running",
        }
    }

    pub(super) fn is_trace_refused(&self) -> bool {
        self.rig.refuse_trace_after.is_some_and(|limit| self.trace.len() as u64 >= limit)
    }

    pub(super) fn end(&mut self, verdict: Verdict, now: Instant) {
        self.phase = Phase::Ended(verdict);
        self.times.ended = Some(now);
    }
}
