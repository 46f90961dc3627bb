//! What the engine is asked for by one job.

use super::sources::{Project, nothing};
use crate::Result;
use crate::context::Context;
use crate::docker::Containers;
use crate::rig::{Rig, Settings, span};
use crate::row::{Figure, Row, Target, Unit};
use crate::skipped::Skipped;
use kit::coordinator::JobHandle;
use kit::docker::{EngineProxy, EngineRequest};
use kit::payload::Payload;
use std::collections::BTreeMap;
use std::time::{Instant, SystemTime};

/// Most requests of a job with the script `true`, clean-up included.
const REQUESTS: f64 = 20.0;
/// Most starts of containers of such a job.
const STARTS: f64 = 2.0;

/// All that one job asked of its engine.
struct Account {
    requests: Vec<EngineRequest>,
    starts: usize,
    verdict: Instant,
}

impl Account {
    fn of(rig: &Rig, proxy: &EngineProxy, payload: &Payload, context: &Context) -> Result<Self> {
        proxy.take();
        let begin = SystemTime::now();
        let job = rig.run(payload)?;
        rig.wait_idle();
        let requests = proxy.take();
        let starts = rig.leftovers().map_or(0, |leftovers| leftovers.starts_since(begin));
        if context.timeline {
            timeline(rig, &job, &requests);
        }
        let (_, verdict) = job.inspect(span).ok_or("a job without an end")?;
        Ok(Self { requests, starts, verdict })
    }

    fn count(&self) -> Figure {
        Figure::of(self.requests.len() as f64, Unit::Count)
    }

    /// How many of each kind, and how many after the verdict.
    fn kinds(&self) -> String {
        let mut kinds = BTreeMap::<_, usize>::new();
        for request in &self.requests {
            *kinds.entry(request.kind()).or_default() += 1;
        }
        let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let later = self.requests.iter().filter(|request| request.at > self.verdict).count();
        format!("{later} of them after the verdict: {}", kinds.join(", "))
    }
}

/// Requests and starts of jobs that find everything as an earlier job left it.
pub(in crate::measure) fn count(context: &Context) -> Result<Vec<Row>> {
    let containers = Containers::find(context)?;
    let proxy = EngineProxy::start(containers.engine())
        .ok_or_else(|| Skipped::because("the engine has no socket on this machine"))?;
    let settings = Settings::ours(context).containers(containers.clone().at(proxy.host()));
    let rig = Rig::start(&settings)?;
    let mut project = Project::new(&rig, &containers);
    let trivial = nothing(&containers);
    let silent = Context { timeline: false, ..context.clone() };
    for payload in [&trivial, &project.everything()] {
        Account::of(&rig, &proxy, payload, &silent)?;
    }
    let plain = Account::of(&rig, &proxy, &trivial, context)?;
    let networked = trivial.clone().variable("FF_NETWORK_PER_BUILD", "true");
    let networked = Account::of(&rig, &proxy, &networked, context)?;
    let fetch = Account::of(&rig, &proxy, &project.fetch(), context)?;
    let everything = Account::of(&rig, &proxy, &project.everything(), context)?;
    let name = "docker: engine requests of a job with script `true`";
    Ok(vec![
        Row::plain(name, plain.count()).target(Target::AtMost(REQUESTS), "").note(plain.kinds()),
        Row::plain("docker: its container starts", Figure::of(plain.starts as f64, Unit::Count))
            .target(Target::AtMost(STARTS), ""),
        Row::plain("docker: requests in a network of its own", networked.count())
            .target(Target::AtMost(REQUESTS), "")
            .note(networked.kinds()),
        Row::plain("docker: requests with a warm fetch", fetch.count())
            .note(format!("{} starts", fetch.starts))
            .note(fetch.kinds()),
        Row::plain("docker: requests with after_script, cache, artifacts too", everything.count())
            .note(format!("{} starts", everything.starts))
            .note(everything.kinds()),
    ])
}

/// Shows what a job asked of engine and coordinator, and when.
fn timeline(rig: &Rig, job: &JobHandle, requests: &[EngineRequest]) {
    let Some((begin, end)) = job.inspect(span) else { return };
    let mut lines = vec![(end, "verdict accepted".to_owned())];
    for request in requests {
        let answer = request.answered.map_or_else(String::new, |(status, at)| {
            format!("{status} after {}", Figure::ms(at.duration_since(request.at)))
        });
        lines.push((request.at, format!("engine       {} {answer}", request.kind())));
    }
    rig.coordinator().inspect(|state| {
        for request in state.requests.iter().filter(|request| request.at >= begin) {
            let path = request.path.split('?').next().unwrap_or_default();
            let state = request.state().unwrap_or_default();
            lines.push((request.at, format!("coordinator  {path} {state} {}", request.body_bytes)));
        }
    });
    lines.sort();
    eprintln!("\njob {}:", job.id);
    for (at, line) in lines {
        eprintln!("{:>10}  {line}", Figure::ms(at.saturating_duration_since(begin)).to_string());
    }
}
