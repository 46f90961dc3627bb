//! Who may ask for a job, and when. Pure: time comes in, commands come out.
//!
//! # How slots are shared
//! A request for a job reserves a slot of `concurrent` and of its section's `limit` before it is sent, so a
//! job that arrives can always start at once: jobs and open requests together never exceed `concurrent`.
//!
//! A coordinator may hold a request for most of a minute (long polling), and a held request keeps its slot.
//! That costs nobody anything while there are more free slots than other sections. Where there are not:
//! - a request is sent *short*, without the queue version that lets a coordinator hold it, unless every other
//!   section still finds a slot besides it; so sections take turns of one round trip each;
//! - who has waited longest since its last request goes first;
//! - a held request that sits on the last slot while another section waits is cut. A coordinator that holds
//!   a request hands out nothing with it (GitLab answers 204 and waits for the next request), so a request
//!   is only cut once it is clear that it is being held, and much later if it was a short one.

mod adaptive;
mod backoff;
mod health;
mod section;
#[cfg(test)]
mod tests;

pub(crate) use backoff::Backoff;
pub(crate) use health::HealthLimits;
pub(crate) use section::{Owner, Pace};

use section::Section;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Age from which a request that may be held counts as held. An answer that brings a job takes less.
const HELD_AFTER: Duration = Duration::from_secs(1);

/// Age from which a request that should have been answered at once counts as lost.
const LOST_AFTER: Duration = Duration::from_secs(30);

/// How long a service that wants to end waits for a request that should be answered at once.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// Names a section for the life of the process; unlike its place in the file it never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SectionId(pub(crate) u64);

/// Names an open request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RequestId(pub(crate) u64);

/// Names a job that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct JobKey(pub(crate) u64);

/// What the loop has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Send a request for a job.
    Ask {
        /// Names the request in its answer.
        request: RequestId,
        /// Who asks.
        section: SectionId,
        /// Whether the coordinator may hold it: only then is the queue version sent along.
        may_be_held: bool,
    },
    /// Drop a request, then report [`Outcome::Cut`] for it.
    Cut(RequestId),
    /// Say that a section is asked for again after its time-out.
    Forced(SectionId),
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It brought a job, which takes the request's slot.
    Job(JobKey),
    /// No job. `moved`: the queue's version is not the one that was sent, so a look may pay.
    Nothing {
        /// See above.
        moved: bool,
    },
    /// The token was refused, or no client could be built.
    Refused,
    /// The coordinator cannot serve now.
    Failing {
        /// How long it wishes to be left alone.
        retry_after: Option<Duration>,
    },
    /// It was cut, or its section is gone.
    Cut,
}

/// What an answer changed about its section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing to tell.
    None,
    /// It is left alone from now on, after this many refusals.
    Parked {
        /// Refusals in a row.
        failures: u32,
    },
    /// A failing coordinator is asked again after this pause.
    Paused(Duration),
    /// A failing coordinator answers again.
    Recovered,
}

#[derive(Clone, Debug)]
struct Request {
    section: SectionId,
    owner: Owner,
    sent: Instant,
    may_be_held: bool,
    cut: bool,
}

impl Request {
    fn cuttable_at(&self) -> Instant {
        self.sent + if self.may_be_held { HELD_AFTER } else { LOST_AFTER }
    }

    /// From when on a service that wants to end waits for it no more.
    fn hopeless_at(&self) -> Instant {
        self.sent + if self.may_be_held { HELD_AFTER } else { LAST_WAIT }
    }
}

/// The state of all polling.
#[derive(Debug)]
pub(crate) struct Schedule {
    concurrent: usize,
    sections: Vec<Section>,
    requests: BTreeMap<RequestId, Request>,
    jobs: BTreeMap<JobKey, Owner>,
    next_request: u64,
    draining: bool,
}

impl Schedule {
    /// A schedule without sections.
    pub(crate) fn new() -> Self {
        Self {
            concurrent: 0,
            sections: Vec::new(),
            requests: BTreeMap::new(),
            jobs: BTreeMap::new(),
            next_request: 0,
            draining: false,
        }
    }

    /// Takes a configuration: sections in file order. Health and pauses are forgotten, as they may have been
    /// what the new configuration mends; open requests and jobs stay.
    pub(crate) fn configure(&mut self, concurrent: usize, plan: Vec<(SectionId, Pace)>, now: Instant) {
        self.concurrent = concurrent;
        let mut old = std::mem::take(&mut self.sections);
        for (id, pace) in plan {
            let known = old.iter().position(|section| section.id == id).map(|at| old.swap_remove(at));
            self.sections.push(Section::configured(id, pace, known, now));
        }
    }

    /// Sends no more requests from now on.
    pub(crate) fn drain(&mut self) {
        self.draining = true;
    }

    /// Counts a job that no request brought: one that an earlier service left running.
    pub(crate) fn adopt(&mut self, job: JobKey, owner: Owner) {
        self.jobs.insert(job, owner);
    }

    /// A job is over; its slot is free.
    pub(crate) fn job_ended(&mut self, job: JobKey) {
        self.jobs.remove(&job);
    }

    /// How many jobs count.
    #[cfg(test)]
    pub(crate) fn running(&self) -> usize {
        self.jobs.len()
    }

    /// How many requests are open.
    #[cfg(test)]
    pub(crate) fn open_requests(&self) -> usize {
        self.requests.len()
    }

    /// Requests that are so old that they are being held, or lost. Younger ones may bring a job.
    pub(crate) fn held(&self, now: Instant) -> Vec<RequestId> {
        let held = self.requests.iter().filter(|(_, request)| request.hopeless_at() <= now);
        held.map(|(id, _)| *id).collect()
    }

    /// When the next request comes to be held.
    pub(crate) fn settled_at(&self) -> Option<Instant> {
        self.requests.values().map(Request::hopeless_at).min()
    }

    /// Who a request is for by now: its section's token may have changed since it was sent.
    pub(crate) fn owner(&self, request: RequestId) -> Option<&Owner> {
        self.requests.get(&request).map(|request| &request.owner)
    }

    /// A section's token changed: what its old owner runs counts for the new one.
    pub(crate) fn rename(&mut self, old: &Owner, new: &Owner) {
        let sections = self.sections.iter_mut().map(|section| &mut section.pace.owner);
        let requests = self.requests.values_mut().map(|request| &mut request.owner);
        for owner in sections.chain(requests).chain(self.jobs.values_mut()).filter(|owner| *owner == old) {
            *owner = new.clone();
        }
    }

    /// Says what is to be done now. To be called after every event and at [`Schedule::wake_at`].
    pub(crate) fn step(&mut self, now: Instant) -> Vec<Command> {
        let mut commands = Vec::new();
        if self.draining {
            return commands;
        }
        for section in &mut self.sections {
            if section.pace.pollable && section.health.wake(now) {
                section.due = now;
                commands.push(Command::Forced(section.id));
            }
        }
        while let Some(index) = self.next_ready(now) {
            if self.free() == 0 {
                self.cut_for(self.sections[index].id, now, &mut commands);
                break;
            }
            commands.push(self.ask(index, now));
        }
        commands
    }

    /// When the next [`Schedule::step`] is due without any event.
    pub(crate) fn wake_at(&self, now: Instant) -> Option<Instant> {
        if self.draining {
            return None;
        }
        let due =
            self.sections.iter().filter(|section| self.may_ask(section)).filter_map(|section| match section
                .health
                .parked_until()
            {
                Some(until) => Some(until),
                None => (section.due > now).then_some(section.due),
            });
        let someone_waits = self.free() == 0 && self.next_ready(now).is_some();
        let cuts = self.requests.values().filter(|request| someone_waits && !request.cut);
        due.chain(cuts.map(Request::cuttable_at).filter(|at| *at > now)).min()
    }

    /// Takes the end of a request. `jitter` is a random number from 0 up to 1.
    pub(crate) fn answered(
        &mut self,
        request: RequestId,
        outcome: Outcome,
        jitter: f64,
        now: Instant,
    ) -> Change {
        let Some(request) = self.requests.remove(&request) else { return Change::None };
        if let Outcome::Job(job) = outcome {
            self.jobs.insert(job, request.owner);
        }
        match self.sections.iter_mut().find(|section| section.id == request.section) {
            Some(section) => {
                section.open -= 1;
                section.answered(outcome, request.may_be_held, jitter, now)
            }
            None => Change::None,
        }
    }

    fn free(&self) -> usize {
        self.concurrent.saturating_sub(self.jobs.len() + self.requests.len())
    }

    /// The section that has waited longest among those whose time has come.
    fn next_ready(&self, now: Instant) -> Option<usize> {
        let ready = |section: &Section| {
            section.due <= now && section.health.parked_until().is_none() && self.may_ask(section)
        };
        let indices = (0..self.sections.len()).filter(|&index| ready(&self.sections[index]));
        indices.min_by_key(|&index| (self.sections[index].last_asked, index))
    }

    /// Whether a section has anything to ask with, time and health aside.
    fn may_ask(&self, section: &Section) -> bool {
        section.pace.pollable && self.has_request_free(section) && self.is_below_limit(&section.pace)
    }

    /// Whether one more request may be open. Sections with one token share the count, as with `limit`.
    fn has_request_free(&self, section: &Section) -> bool {
        let open = self.requests.values().filter(|request| request.owner == section.pace.owner).count();
        open < section.requests_allowed()
    }

    fn is_below_limit(&self, pace: &Pace) -> bool {
        let Some(limit) = pace.limit else { return true };
        let requests = self.requests.values().map(|request| &request.owner);
        requests.chain(self.jobs.values()).filter(|owner| **owner == pace.owner).count() < limit
    }

    fn ask(&mut self, index: usize, now: Instant) -> Command {
        let free_besides = self.free() - 1;
        let others = (0..self.sections.len()).filter(|&other| other != index);
        let in_need = others.filter(|&other| self.sections[other].may_want_a_slot()).count();
        let may_be_held = free_besides >= in_need;
        let id = RequestId(self.next_request);
        self.next_request += 1;
        let section = &mut self.sections[index];
        section.asked(now);
        let (section, owner) = (section.id, section.pace.owner.clone());
        self.requests.insert(id, Request { section, owner, sent: now, may_be_held, cut: false });
        Command::Ask { request: id, section, may_be_held }
    }

    /// Cuts one request of another section that is being held, unless one is being cut already.
    fn cut_for(&mut self, waiting: SectionId, now: Instant, commands: &mut Vec<Command>) {
        if self.requests.values().any(|request| request.cut) || self.jobs.len() >= self.concurrent {
            return;
        }
        let held = self
            .requests
            .iter_mut()
            .filter(|(_, request)| request.section != waiting && request.cuttable_at() <= now)
            .min_by_key(|(_, request)| request.sent);
        if let Some((id, request)) = held {
            request.cut = true;
            commands.push(Command::Cut(*id));
        }
    }
}
