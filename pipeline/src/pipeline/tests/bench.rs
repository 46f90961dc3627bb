//! Pipelines in short: `name:stage flags {needs}`, separated by `;`.
//!
//! Flags: `M` manual, `B` manual and blocking, `af` failure is forgiven, `af=1,2` exit codes that are, `always`,
//! `on_failure`, `delayed`, `bridge`, `depend`, `mirror`, `retry=N`, `group=NAME`, `intr` interruptible.

use crate::pipeline::tests::invariants;
use crate::*;

/// A pipeline, its clock and its numbers.
#[derive(Clone)]
pub(super) struct Bench {
    pub(super) pipeline: Pipeline,
    pub(super) now: u64,
    ids: i64,
}

pub(super) fn spec(text: &str) -> Spec {
    let (text, needs) = match text.split_once('{') {
        Some((text, needs)) => (text, Some(list(needs.trim_end().trim_end_matches('}')))),
        None => (text, None),
    };
    let mut words = text.split_whitespace();
    let (name, stage) = words.next().unwrap().split_once(':').unwrap();
    let need = |job| Need { job, artifacts: true };
    let mut spec = Spec {
        name: name.to_owned(),
        stage: format!("s{stage}"),
        stage_index: stage.parse().unwrap(),
        kind: Kind::Build,
        when: When::OnSuccess,
        start_in: None,
        allow_failure: false,
        allow_exit_codes: Vec::new(),
        needs: needs.map(|needs| needs.into_iter().map(need).collect()),
        dependencies: None,
        retry: Retry::default(),
        interruptible: false,
        resource_group: None,
    };
    words.for_each(|word| flag(&mut spec, word));
    spec
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

fn flag(spec: &mut Spec, word: &str) {
    let (word, value) = word.split_once('=').unwrap_or((word, ""));
    match word {
        "M" => (spec.when, spec.allow_failure) = (When::Manual, true),
        "B" => spec.when = When::Manual,
        "af" if value.is_empty() => spec.allow_failure = true,
        "af" => spec.allow_exit_codes = list(value).iter().map(|code| code.parse().unwrap()).collect(),
        "always" => spec.when = When::Always,
        "on_failure" => spec.when = When::OnFailure,
        "delayed" => (spec.when, spec.start_in) = (When::Delayed, Some(60)),
        "bridge" => spec.kind = Kind::Bridge { strategy: Strategy::None },
        "depend" => spec.kind = Kind::Bridge { strategy: Strategy::Depend },
        "mirror" => spec.kind = Kind::Bridge { strategy: Strategy::Mirror },
        "retry" => spec.retry.max = Some(value.parse().unwrap()),
        "group" => spec.resource_group = Some(value.to_owned()),
        "intr" => spec.interruptible = true,
        _ => panic!("{word}?"),
    }
}

pub(super) fn failed(reason: &str, exit_code: Option<i64>) -> End {
    End::Failed { reason: reason.to_owned(), exit_code }
}

impl Bench {
    /// A pipeline that has not begun. Its clock is at second 1000, its jobs count from 1.
    pub(super) fn quiet(text: &str, auto_cancel: AutoCancel) -> Self {
        Self::of(text.split(';').map(spec).collect(), auto_cancel)
    }

    pub(super) fn of(specs: Vec<Spec>, auto_cancel: AutoCancel) -> Self {
        let (mut ids, now) = (0, 1_000_000);
        let mut next = || {
            ids += 1;
            JobId(ids)
        };
        let pipeline = Pipeline::new(PipelineId(7), specs, auto_cancel, &mut next, Moment(now));
        Self { pipeline, now, ids }
    }

    /// A pipeline that has begun.
    pub(super) fn new(text: &str) -> Self {
        let mut bench = Self::quiet(text, AutoCancel::default());
        bench.apply(Event::Begin);
        bench
    }

    /// One in which a failed job cancels all others.
    pub(super) fn strict(text: &str) -> Self {
        let mut bench = Self::quiet(text, AutoCancel { on_job_failure: true, ..AutoCancel::default() });
        bench.apply(Event::Begin);
        bench
    }

    pub(super) fn attempt(&mut self, event: Event) -> Result<Vec<Action>, Refused> {
        let before = self.pipeline.clone();
        let mut next = || {
            self.ids += 1;
            JobId(self.ids)
        };
        let result = self.pipeline.apply(event.clone(), Moment(self.now), &mut next);
        match &result {
            Ok(actions) => invariants::check(&before, &self.pipeline, actions, self.now),
            Err(_) => assert_eq!(before, self.pipeline, "{event:?} was refused, but changed something"),
        }
        result
    }

    pub(super) fn apply(&mut self, event: Event) -> Vec<Action> {
        self.attempt(event.clone()).unwrap_or_else(|error| panic!("{event:?}: {error}\n{}", self.show()))
    }

    pub(super) fn job(&self, name: &str) -> &Job {
        self.pipeline.named(name).unwrap()
    }

    pub(super) fn id(&self, name: &str) -> JobId {
        self.job(name).id
    }

    /// `name status, …`, in the order of the specs.
    pub(super) fn show(&self) -> String {
        let one = |job: &Job| format!("{} {}", job.spec.name, job.status);
        self.pipeline.latest().map(one).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn status(&self) -> &'static str {
        self.pipeline.status.as_str()
    }

    pub(super) fn take(&mut self, name: &str) -> Vec<Action> {
        let job = self.id(name);
        self.apply(Event::Taken { job, graceful: false })
    }

    pub(super) fn end(&mut self, name: &str, end: End) -> Vec<Action> {
        let job = self.id(name);
        self.apply(Event::Ended { job, end })
    }

    /// Runs a pending job to its end, in a second.
    pub(super) fn run(&mut self, name: &str, end: End) -> Vec<Action> {
        self.take(name);
        self.now += 1000;
        self.end(name, end)
    }

    pub(super) fn succeed(&mut self, name: &str) -> Vec<Action> {
        self.run(name, End::Success)
    }

    pub(super) fn fail(&mut self, name: &str) -> Vec<Action> {
        self.run(name, failed("script_failure", Some(1)))
    }

    /// Runs all that is pending, and what becomes so, until nothing is. Some jobs fail.
    pub(super) fn drain(&mut self, failing: &[&str]) {
        loop {
            let pending = self.pipeline.latest().find(|job| job.status == Status::Pending);
            let Some(name) = pending.map(|job| job.spec.name.clone()) else { return };
            if failing.contains(&name.as_str()) {
                self.fail(&name);
            } else {
                self.succeed(&name);
            }
        }
    }
}
