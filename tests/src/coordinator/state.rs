//! All that the stand-in knows, behind one lock, and how to wait for it to change.

use super::artifact::StoredArtifact;
use super::call::Call;
use super::fault::{Fault, Faults};
use super::job::{JobRecord, Phase, Rig, Verdict};
use super::request_log::RequestRecord;
use super::route::Route;
use crate::git::GitRoot;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How the stand-in behaves towards everybody.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a job request that knows the newest queue version is held.
    pub hold: Duration,
    /// A job that is not acknowledged within this time is put back.
    pub acknowledge_within: Duration,
    /// `X-GitLab-Trace-Update-Interval`, seconds.
    pub update_interval: Option<u64>,
    /// Job payloads are sent gzip-compressed to those who accept that.
    pub gzip: bool,
    /// A held request is answered 204 without the version header when a job arrives, as GitLab's proxy does,
    /// rather than with the job.
    pub wake_with_204: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hold: Duration::from_secs(50),
            acknowledge_within: Duration::from_secs(10),
            update_interval: Some(3),
            gzip: false,
            wake_with_204: false,
        }
    }
}

/// A runner that may ask for jobs.
#[derive(Clone, Debug, Default)]
pub struct RunnerRecord {
    /// Its number.
    pub id: u64,
    /// Every call gets 403.
    pub revoked: bool,
    /// The systems (`system_id`) it was seen on.
    pub systems: BTreeSet<String>,
    /// The most jobs that it ran at once.
    pub most_at_once: usize,
    /// The description and tags it registered with, and the rest of that body.
    pub registration: Option<Value>,
    version: u64,
    issued: BTreeSet<String>,
}

impl RunnerRecord {
    /// The opaque queue version; remembered, so that others can be told from invented ones.
    pub(super) fn issue_version(&mut self) -> String {
        let version = self.version_text();
        self.issued.insert(version.clone());
        version
    }

    pub(super) fn version_text(&self) -> String {
        format!("{:08x}{:08x}", self.id, self.version)
    }

    pub(super) fn was_issued(&self, version: &str) -> bool {
        self.issued.contains(version)
    }

    /// Something may have become available.
    pub(super) fn tick(&mut self) {
        self.version += 1;
    }
}

/// Everything, as one value.
#[derive(Debug, Default)]
pub struct State {
    /// How it behaves.
    pub settings: Settings,
    /// Runners by token.
    pub runners: BTreeMap<String, RunnerRecord>,
    /// Registration tokens that are good.
    pub registration_tokens: BTreeSet<String>,
    /// Personal access tokens that may reset a runner's token.
    pub access_tokens: BTreeSet<String>,
    /// Jobs by number.
    pub jobs: BTreeMap<u64, JobRecord>,
    /// Every request that was answered or cut, in that order.
    pub requests: Vec<RequestRecord>,
    /// What requests did wrong.
    pub violations: Vec<String>,
    /// Held job requests by runner token.
    pub waiting: BTreeMap<String, usize>,
    /// Open connections of the server.
    pub connections: usize,
    pub(super) faults: Faults,
    next_runner: u64,
    next_job: u64,
    next_request: u64,
}

impl State {
    pub(super) fn next_request(&mut self) -> u64 {
        self.next_request += 1;
        self.next_request
    }

    /// Notes what a request did wrong.
    pub(super) fn blame(&mut self, call: &Call, wrong: Vec<String>) {
        let (number, endpoint, job) = (call.number, call.route.endpoint, call.route.id);
        let id = job.map(|id| format!(" job {id}")).unwrap_or_default();
        self.violations.extend(wrong.into_iter().map(|text| format!("#{number} {endpoint:?}{id}: {text}")));
    }

    pub(super) fn pick_fault(&mut self, route: &Route) -> Option<Fault> {
        self.faults.pick(route)
    }

    pub(super) fn add_runner(&mut self, token: &str) -> u64 {
        self.next_runner += 1;
        let record = RunnerRecord { id: self.next_runner, ..RunnerRecord::default() };
        self.runners.insert(token.to_owned(), record);
        self.next_runner
    }

    pub(super) fn add_job(&mut self, runner: &str, payload: Value, rig: Rig) -> u64 {
        self.next_job += 1;
        let id = 999 + self.next_job;
        self.jobs.insert(id, JobRecord::new(id, runner.to_owned(), payload, rig));
        self.tick(runner);
        id
    }

    /// Ends a queued job as if its runner had uploaded this archive.
    pub(super) fn plant_archive(&mut self, id: u64, archive: Vec<u8>) {
        let now = Instant::now();
        if let Some(job) = self.jobs.get_mut(&id) {
            job.artifacts.push(StoredArtifact {
                artifact_type: "archive".to_owned(),
                format: "zip".to_owned(),
                filename: "planted.zip".to_owned(),
                expire_in: None,
                bytes: archive.into(),
                at: now,
            });
            job.end(Verdict::Success, now);
        }
    }

    pub(super) fn tick(&mut self, runner: &str) {
        if let Some(record) = self.runners.get_mut(runner) {
            record.tick();
        }
    }

    /// Puts back what was handed out and not acknowledged in time. Says when to look again.
    pub(super) fn put_back_expired(&mut self, now: Instant) -> Option<Instant> {
        let limit = self.settings.acknowledge_within;
        let (mut next, mut ticks) = (None::<Instant>, Vec::new());
        for job in self.jobs.values_mut().filter(|job| job.phase == Phase::Reserved) {
            let Some(delivery) = job.deliveries.last_mut() else { continue };
            let until = delivery.at + limit;
            if until <= now {
                delivery.expired = true;
                job.phase = Phase::Queued;
                ticks.push(job.runner.clone());
            } else {
                next = Some(next.map_or(until, |n| n.min(until)));
            }
        }
        ticks.iter().for_each(|runner| self.tick(runner));
        next
    }

    /// Notes how many jobs a runner runs at once.
    pub(super) fn count_running(&mut self, runner: &str) {
        let running = self.jobs.values().filter(|j| j.runner == runner && j.phase == Phase::Running).count();
        if let Some(record) = self.runners.get_mut(runner) {
            record.most_at_once = record.most_at_once.max(running);
        }
    }

    /// Whether git may be used with this password: the token of a job that is not over.
    pub(crate) fn is_job_password(&self, password: &str) -> bool {
        self.jobs.values().any(|job| job.is_live_token(password))
    }

    /// A short account of what happened last, for messages of failing tests.
    pub fn account(&self) -> String {
        let mut lines = vec!["jobs:".to_owned()];
        for job in self.jobs.values().rev().take(8) {
            lines.push(format!(
                "  {} {:?}, handed out {} times, {} trace bytes, final {:?}",
                job.id,
                job.phase,
                job.deliveries.len(),
                job.trace.len(),
                job.final_update
            ));
        }
        lines.push(format!("held job requests: {:?}", self.waiting));
        lines.push("last requests:".to_owned());
        let skip = self.requests.len().saturating_sub(25);
        lines.extend(self.requests[skip..].iter().map(|request| format!("  {}", request.line())));
        lines.extend(self.violations.iter().map(|text| format!("violation: {text}")));
        lines.join("\n")
    }
}

/// The state, the repositories, and the bells that ring when the state changes.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Rung when a held job request may be answered.
    pub(super) jobs_changed: Notify,
    pub(crate) git: GitRoot,
    pub(super) server: String,
}

impl Shared {
    pub(super) fn new(server: String) -> Self {
        Self {
            state: Mutex::new(State::default()),
            changed: Condvar::new(),
            jobs_changed: Notify::new(),
            git: GitRoot::new(),
            server,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks without changing.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes and wakes those who wait in tests.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    /// Changes what may let held job requests go, and wakes them.
    pub(super) fn change_jobs<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = self.change(change);
        self.jobs_changed.notify_waiters();
        result
    }

    /// Whether `found` comes true within that time.
    pub(super) fn wait_until_changed(&self, within: Duration, mut found: impl FnMut(&State) -> bool) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), within, |state| !found(state));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Waits until `found` finds something.
    ///
    /// # Panics
    /// When the time is over, with an account of what happened.
    #[track_caller]
    pub(super) fn wait_for<T>(
        &self,
        what: &str,
        within: Duration,
        mut found: impl FnMut(&State) -> Option<T>,
    ) -> T {
        let deadline = Instant::now() + within;
        let mut state = self.lock();
        loop {
            if let Some(value) = found(&state) {
                return value;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what}: not within {within:?}\n{}", state.account());
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
