//! Misbehaviour on purpose: explicit rules, and a seeded plan that spoils a share of all requests.

use super::route::{Endpoint, Route};
use crate::random::Random;
use std::time::Duration;

/// What goes wrong with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is closed before anything is read.
    CutBefore,
    /// The request is acted upon, then the connection is closed without an answer.
    CutAfter,
    /// The answer is late by this much; the request is acted upon after the delay.
    Delay(Duration),
    /// Another status, without acting; `Retry-After` in seconds where given.
    Status {
        /// The status.
        code: u16,
        /// `Retry-After`, seconds.
        retry_after: Option<u64>,
    },
    /// What is stored of the job's trace is lost, then the request is acted upon.
    ForgetTrace,
    /// 200 (201 for a job request) and a page of HTML, without acting.
    Html,
    /// The right status with half of a JSON body, without acting.
    HalfJson,
    /// The right status with values of wrong types, without acting.
    WrongTypes,
    /// 201 without a body, without acting.
    EmptyCreated,
    /// A redirect (status, where to), without acting.
    Redirect(u16, String),
}

impl Fault {
    /// A status without `Retry-After`.
    pub fn status(code: u16) -> Self {
        Self::Status { code, retry_after: None }
    }
}

/// A fault for the requests it fits.
#[derive(Clone, Debug)]
pub struct Rule {
    endpoint: Option<Endpoint>,
    job: Option<u64>,
    skip: u32,
    times: u32,
    fault: Fault,
}

impl Rule {
    /// A fault for every request of an endpoint.
    pub fn on(endpoint: Endpoint, fault: Fault) -> Self {
        Self { endpoint: Some(endpoint), job: None, skip: 0, times: u32::MAX, fault }
    }

    /// A fault for every request.
    pub fn everywhere(fault: Fault) -> Self {
        Self { endpoint: None, job: None, skip: 0, times: u32::MAX, fault }
    }

    /// Only for this job.
    #[must_use]
    pub fn job(mut self, id: u64) -> Self {
        self.job = Some(id);
        self
    }

    /// Only so many times.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Not for the first so many requests that fit.
    #[must_use]
    pub fn skip(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    fn fits(&self, route: &Route) -> bool {
        self.endpoint.is_none_or(|e| e == route.endpoint) && self.job.is_none_or(|j| Some(j) == route.id)
    }

    /// The fault, if the rule fits and is neither skipping nor used up.
    fn apply(&mut self, route: &Route) -> Option<Fault> {
        if !self.fits(route) || self.times == 0 {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.times -= 1;
        Some(self.fault.clone())
    }
}

/// Faults by chance, the same for one seed and one order of requests.
#[derive(Clone, Debug)]
pub struct RandomFaults {
    random: Random,
    percent: u64,
    faults: Vec<Fault>,
}

impl RandomFaults {
    /// Spoils `percent` of the requests of the runner API (git is left alone, since git does not retry) with
    /// one of `faults`.
    pub fn new(seed: u64, percent: u64, faults: Vec<Fault>) -> Self {
        Self { random: Random::new(seed), percent, faults }
    }

    fn pick(&mut self, route: &Route) -> Option<Fault> {
        if route.endpoint == Endpoint::Git || !self.random.percent(self.percent) {
            return None;
        }
        let index = self.random.below(self.faults.len() as u64);
        self.faults.get(usize::try_from(index).ok()?).cloned()
    }
}

/// All faults that are set.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) rules: Vec<Rule>,
    pub(super) random: Option<RandomFaults>,
}

impl Faults {
    pub(super) fn pick(&mut self, route: &Route) -> Option<Fault> {
        let by_rule = self.rules.iter_mut().find_map(|rule| rule.apply(route));
        by_rule.or_else(|| self.random.as_mut()?.pick(route))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: Route = Route { endpoint: Endpoint::Trace, id: Some(3) };

    #[test]
    fn rules_skip_count_and_end() {
        let rule = Rule::on(Endpoint::Trace, Fault::CutAfter).skip(1).times(2);
        let mut faults = Faults { rules: vec![rule], random: None };
        let picked: Vec<bool> = (0..5).map(|_| faults.pick(&TRACE).is_some()).collect();
        assert_eq!(picked, [false, true, true, false, false]);
    }

    #[test]
    fn rules_know_endpoint_and_job() {
        let mut faults = Faults { rules: vec![Rule::on(Endpoint::Upload, Fault::CutAfter)], random: None };
        assert_eq!(faults.pick(&TRACE), None);
        faults.rules = vec![Rule::everywhere(Fault::CutAfter).job(4)];
        assert_eq!(faults.pick(&TRACE), None);
        faults.rules = vec![Rule::everywhere(Fault::CutAfter).job(3)];
        assert_eq!(faults.pick(&TRACE), Some(Fault::CutAfter));
    }

    #[test]
    fn chance_spoils_its_share_but_not_git() {
        let random = RandomFaults::new(5, 30, vec![Fault::CutBefore, Fault::CutAfter]);
        let mut faults = Faults { rules: Vec::new(), random: Some(random) };
        let hits = (0..1000).filter(|_| faults.pick(&TRACE).is_some()).count();
        assert!((250..350).contains(&hits), "{hits}");
        let git = Route { endpoint: Endpoint::Git, id: None };
        assert!((0..100).all(|_| faults.pick(&git).is_none()));
    }
}
