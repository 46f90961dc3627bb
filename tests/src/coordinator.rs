//! A stand-in for GitLab's side of the runner API.
//!
//! It speaks HTTP/1.1 on a port of this machine, hands out jobs, checks each request as GitLab does (tokens,
//! content types, ranges, states, shapes), keeps traces, verdicts and artifacts, and misbehaves on purpose
//! where a test says so. What a request does wrong is noted; [`Coordinator`] fails the test for it when it
//! goes, unless the test took the notes with [`Coordinator::take_violations`].

mod access;
mod artifact;
mod artifacts;
pub(crate) mod call;
mod check;
mod fault;
mod handle;
mod handout;
mod job;
mod job_handle;
mod multipart;
mod request_log;
mod route;
mod runners;
mod server;
pub(crate) mod state;
mod trace;
mod update;

pub use artifact::{Listing, StoredArtifact};
pub use fault::{Fault, RandomFaults, Rule};
pub use job::{Cancel, CancelRule, Delivery, FinalUpdate, JobRecord, Phase, Rig, Times, Verdict};
pub use job_handle::JobHandle;
pub use request_log::RequestRecord;
pub use route::Endpoint;
pub use state::{RunnerRecord, Settings, State};

use crate::git::GitRoot;
use crate::payload::Payload;
use serde_json::Value;
use server::Server;
use state::Shared;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A stand-in that is running, or stopped and able to start again where it was.
#[derive(Debug)]
pub struct Coordinator {
    shared: Arc<Shared>,
    at: SocketAddr,
    server: Mutex<Option<Server>>,
}

impl Coordinator {
    /// Starts one on a free port that only this machine reaches.
    ///
    /// # Panics
    /// When the machine has no port left.
    pub fn start() -> Self {
        Self::start_at(Ipv4Addr::LOCALHOST.into())
    }

    /// Starts one on a free port of one of this machine's addresses, such as one that containers reach.
    ///
    /// # Panics
    /// When the machine does not have that address, or no port left.
    pub fn start_at(address: IpAddr) -> Self {
        let listener = server::bind(address, 0).expect("a free port of an address of this machine");
        let at = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared::new(format!("http://{at}")));
        let server = Server::start(listener, Arc::clone(&shared)).expect("a thread for the coordinator");
        Self { shared, at, server: Mutex::new(Some(server)) }
    }

    /// Where it is, `http://ADDRESS:PORT`.
    pub fn url(&self) -> String {
        self.shared.server.clone()
    }

    /// `ADDRESS:PORT`.
    pub fn host(&self) -> String {
        self.at.to_string()
    }

    /// The repositories that it serves.
    pub fn git(&self) -> &GitRoot {
        &self.shared.git
    }

    /// Stops listening and cuts all connections; what is known stays.
    pub fn stop(&self) {
        drop(self.server.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Listens again on the same port.
    ///
    /// # Panics
    /// When somebody else took the port meanwhile.
    pub fn start_again(&self) {
        let listener = server::bind(self.at.ip(), self.at.port()).expect("the port from before");
        let server = Server::start(listener, Arc::clone(&self.shared)).expect("a thread for the coordinator");
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
    }

    /// Changes how it behaves towards everybody.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        self.shared.change_jobs(|state| change(&mut state.settings));
    }

    /// Makes a runner token good.
    pub fn add_runner(&self, token: &str) {
        self.shared.change(|state| state.add_runner(token));
    }

    /// Makes a registration token good.
    pub fn add_registration_token(&self, token: &str) {
        self.shared.change(|state| state.registration_tokens.insert(token.to_owned()));
    }

    /// Makes a personal access token good for token resets.
    pub fn add_access_token(&self, token: &str) {
        self.shared.change(|state| state.access_tokens.insert(token.to_owned()));
    }

    /// Refuses (or takes again) a runner token with 403.
    pub fn set_revoked(&self, token: &str, revoked: bool) {
        self.shared.change_jobs(|state| {
            if let Some(record) = state.runners.get_mut(token) {
                record.revoked = revoked;
            }
        });
    }

    /// Queues a job for the runner with this token.
    pub fn enqueue(&self, runner: &str, payload: &Payload) -> JobHandle {
        self.enqueue_rigged(runner, payload.value(), Rig::default())
    }

    /// Queues a job from a recorded payload, with what shall happen meanwhile.
    pub fn enqueue_rigged(&self, runner: &str, payload: Value, rig: Rig) -> JobHandle {
        let id = self.shared.change_jobs(|state| state.add_job(runner, payload, rig));
        JobHandle::new(id, Arc::clone(&self.shared))
    }

    /// Adds a job that is over and has this archive, for others to need.
    pub fn plant_archive(&self, runner: &str, name: &str, archive: Vec<u8>) -> JobHandle {
        let job = self.enqueue(runner, &Payload::new(name, &["true"]));
        self.shared.change(|state| state.plant_archive(job.id, archive));
        job
    }

    /// Checks that something stays as it is for a while; for what must not happen there is no event.
    ///
    /// # Panics
    /// When it changes.
    #[track_caller]
    pub fn assert_stays(&self, what: &str, how_long: Duration, holds: impl Fn(&State) -> bool) {
        let changed = self.shared.wait_until_changed(how_long, |state| !holds(state));
        assert!(!changed, "{what}: not so for {how_long:?}\n{}", self.inspect(State::account));
    }

    /// Adds a fault; earlier ones come first.
    pub fn fault(&self, rule: Rule) {
        self.shared.change(|state| state.faults.rules.push(rule));
    }

    /// Sets or ends faults by chance.
    pub fn random_faults(&self, plan: Option<RandomFaults>) {
        self.shared.change(|state| state.faults.random = plan);
    }

    /// Takes all explicit faults back.
    pub fn clear_faults(&self) {
        self.shared.change(|state| state.faults.rules.clear());
    }

    /// Looks at everything it knows.
    pub fn inspect<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.shared.look(look)
    }

    /// Waits for anything that can be seen in the state.
    ///
    /// # Panics
    /// When it does not come within that time, with an account of what happened.
    #[track_caller]
    pub fn wait_for<T>(&self, what: &str, within: Duration, found: impl FnMut(&State) -> Option<T>) -> T {
        self.shared.wait_for(what, within, found)
    }

    /// Waits until so many requests of a kind were answered or cut.
    ///
    /// # Panics
    /// When they do not come within that time.
    #[track_caller]
    pub fn wait_requests(&self, endpoint: Endpoint, count: usize, within: Duration) {
        self.wait_for(&format!("{count} requests of kind {endpoint:?}"), within, |state| {
            (count_requests(state, endpoint) >= count).then_some(())
        });
    }

    /// How many requests of a kind were answered or cut so far.
    pub fn requests(&self, endpoint: Endpoint) -> usize {
        self.inspect(|state| count_requests(state, endpoint))
    }

    /// Waits until this runner hangs in a held job request.
    ///
    /// # Panics
    /// When it does not within that time.
    #[track_caller]
    pub fn wait_polling(&self, runner: &str, within: Duration) {
        self.wait_for(&format!("runner {runner} in a held job request"), within, |state| {
            state.waiting.get(runner).filter(|n| **n > 0).map(|_| ())
        });
    }

    /// What requests did wrong so far; the notes are cleared.
    pub fn take_violations(&self) -> Vec<String> {
        self.shared.change(|state| std::mem::take(&mut state.violations))
    }

    /// # Panics
    /// When a request did something wrong.
    #[track_caller]
    pub fn assert_no_violations(&self) {
        let violations = self.take_violations();
        assert!(violations.is_empty(), "requests that GitLab would not like:\n{}", violations.join("\n"));
    }
}

fn count_requests(state: &State, endpoint: Endpoint) -> usize {
    state.requests.iter().filter(|request| request.endpoint == endpoint).count()
}

impl Drop for Coordinator {
    fn drop(&mut self) {
        self.stop();
        if !std::thread::panicking() {
            self.assert_no_violations();
        }
    }
}

#[cfg(test)]
mod tests;
