//! What a job says of stages and of other jobs, in GitLab's order and words (`YamlProcessor#validate_job!`).

use super::instances::ParallelJobs;
use super::relations;
use super::report::Report;
use crate::config::{Config, Job, Needs};
use crate::nearby::Nearby;
use crate::{Diagnostic, Kind, Span};
use indexmap::IndexMap;
use std::collections::HashMap;
use std::sync::Arc;

/// The longest name of a needed job, in characters (`Ci::BuildNeed::MAX_JOB_NAME_LENGTH`).
const LONGEST_NEED: usize = 255;

/// How many instances of a parallel job a help names.
const MOST_INSTANCES: usize = 3;

/// Checks all jobs in the order of their definition.
pub(super) fn check(config: &Config, parallel: &ParallelJobs, report: &mut Report) {
    let mut stages = HashMap::with_capacity(config.stages.len());
    for (index, stage) in config.stages.iter().enumerate() {
        stages.entry(&*stage.value).or_insert(index);
    }
    let mut checker = Checker { config, parallel, stages, nearby: Nearby::default(), report };
    for job in config.jobs.values() {
        checker.job(job);
    }
}

/// How one job speaks of another.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Link {
    Dependency,
    Need { optional: bool },
}

impl Link {
    fn word(self) -> &'static str {
        match self {
            Self::Dependency => "dependency",
            Self::Need { .. } => "need",
        }
    }

    fn rules(self) -> (&'static str, &'static str) {
        match self {
            Self::Dependency => ("undefined-dependency", "dependency-in-later-stage"),
            Self::Need { .. } => ("undefined-need", "need-in-later-stage"),
        }
    }
}

pub(super) struct Checker<'a, 'r> {
    pub(super) config: &'a Config,
    parallel: &'a ParallelJobs,
    /// The first position of each stage.
    stages: HashMap<&'a str, usize>,
    nearby: Nearby,
    pub(super) report: &'r mut Report,
}

impl<'a> Checker<'a, '_> {
    fn job(&mut self, job: &'a Job) {
        self.stage(job);
        for name in job.dependencies.iter().flatten() {
            self.link(job, &name.value, name.span, Link::Dependency);
        }
        let of_rules = job.rules.iter().flatten().filter_map(|rule| rule.needs.as_ref());
        for needs in job.needs.iter().chain(of_rules) {
            self.needs(job, needs);
        }
        relations::check(self, job);
    }

    fn stage(&mut self, job: &Job) {
        if self.stage_index(job).is_some() {
            return;
        }
        let (config, nearby) = (self.config, &mut self.nearby);
        self.report.error(job, job.stage.span, "unknown-stage", || unknown_stage(config, job, nearby));
    }

    fn stage_index(&self, job: &Job) -> Option<usize> {
        self.stages.get(&*job.stage.value).copied()
    }

    fn needs(&mut self, job: &Job, needs: &Needs) {
        for need in &needs.jobs {
            self.link(job, &need.job, need.span, Link::Need { optional: need.optional });
        }
        let mut seen: IndexMap<&Arc<str>, Twice> = IndexMap::with_capacity(needs.jobs.len());
        for need in &needs.jobs {
            let twice = seen.entry(&need.job).or_insert(Twice { first: need.span, second: None, count: 0 });
            twice.count += 1;
            if twice.count == 2 {
                twice.second = Some(need.span);
            }
        }
        seen.retain(|_, twice| twice.count > 1);
        if let Some(span) = seen.values().next().and_then(|twice| twice.second) {
            self.report.error(job, span, "duplicate-need", || duplicates(job, &seen));
        }
    }

    /// Checks that a job is there, and that it does not come in a later stage.
    pub(super) fn link(&mut self, job: &Job, name: &Arc<str>, span: Span, link: Link) {
        let (undefined, later) = link.rules();
        let Some(other) = self.config.jobs.get(name) else {
            if link != (Link::Need { optional: true }) && !self.is_invalid(name) {
                let message = format!("{} job: undefined {}: {name}", job.name, link.word());
                let (config, parallel, nearby) = (self.config, self.parallel, &mut self.nearby);
                self.report.error(job, span, undefined, || {
                    let diagnostic = Diagnostic::error(Kind::Logic, undefined, message);
                    explain_undefined(diagnostic, name, config, parallel, nearby)
                });
            }
            return;
        };
        if matches!(link, Link::Need { .. }) && name.chars().count() > LONGEST_NEED {
            self.report.error(job, span, "need-name-too-long", || too_long(job, name));
            return;
        }
        let first = self.report.is_empty();
        let in_order = match (self.stage_index(job), self.stage_index(other)) {
            (Some(own), Some(other)) => other <= own,
            // Its stage was or will be complained of: a follow-up, unless it is what GitLab comes to first.
            (Some(_), None) => !first,
            (None, _) => true,
        };
        if !in_order {
            let exists = self.stage_index(other).is_some();
            self.report.error(job, span, later, || in_later_stage(job, other, exists, link));
        }
    }

    /// Whether a job of this name was left out for errors of its own, or would be an instance of such a job.
    pub(super) fn is_invalid(&self, name: &str) -> bool {
        let invalid = &self.config.invalid_jobs;
        if invalid.is_empty() {
            return false;
        }
        let number = name.rsplit_once(' ').map(|(base, _)| base);
        let matrix = name.match_indices(": [").filter_map(|(at, _)| name.get(..at));
        invalid.contains(name) || number.into_iter().chain(matrix).any(|base| invalid.contains(base))
    }

    /// Says what is known of a name that is no job.
    pub(super) fn explain(&mut self, diagnostic: Diagnostic, name: &str) -> Diagnostic {
        explain_undefined(diagnostic, name, self.config, self.parallel, &mut self.nearby)
    }
}

fn unknown_stage(config: &Config, job: &Job, nearby: &mut Nearby) -> Diagnostic {
    let stages: Vec<&str> = config.stages.iter().map(|stage| &*stage.value).collect();
    let stage = &job.stage.value;
    let message = format!(
        "{} job: chosen stage {stage} does not exist; available stages are {}",
        job.name,
        stages.join(", ")
    );
    let diagnostic = Diagnostic::error(Kind::Logic, "unknown-stage", message);
    let near = nearby.find(stage, stages.iter().copied());
    let diagnostic = match near {
        Some(near) => diagnostic.note(format!("did you mean `{near}`?")),
        None if !job.keywords.contains_key("stage") => {
            diagnostic.note(format!("`{stage}` is the stage of jobs that name none"))
        }
        None => diagnostic.note("no stage has this name"),
    };
    let listed = config.stages.iter().find(|known| near.is_some_and(|near| *near == *known.value));
    let diagnostic = match listed.filter(|known| known.span != Span::default()) {
        Some(known) => diagnostic.label(known.span, format!("the stage `{}`", known.value)),
        None => diagnostic,
    };
    if near.is_some() {
        return diagnostic;
    }
    let help = format!("Add `{stage}` to `stages`, or give the job one of the stages that are there.");
    let edge = |name: &str| name == ".pre" || name == ".post";
    let written = config.stages.iter().find(|known| known.span != Span::default() && !edge(&known.value));
    match written {
        Some(first) => diagnostic.label(first.span, "the stages are listed here").help(help),
        None => diagnostic.help(help),
    }
}

/// Where a job is needed for the first and for the second time.
struct Twice {
    first: Span,
    second: Option<Span>,
    count: usize,
}

fn duplicates(job: &Job, twice: &IndexMap<&Arc<str>, Twice>) -> Diagnostic {
    let names: Vec<&str> = twice.keys().map(|name| &***name).collect();
    let message = format!("{} has the following needs duplicated: {}.", job.name, names.join(", "));
    let diagnostic = Diagnostic::error(Kind::Logic, "duplicate-need", message);
    match twice.values().next() {
        Some(twice) if Some(twice.first) != twice.second => {
            diagnostic.note("needed a second time").label(twice.first, "needed here already")
        }
        _ => diagnostic.note("leads to the same job twice"),
    }
}

fn too_long(job: &Job, name: &str) -> Diagnostic {
    let message =
        format!("{} job: need `{name}` name is too long (maximum is {LONGEST_NEED} characters)", job.name);
    Diagnostic::error(Kind::Logic, "need-name-too-long", message)
}

fn in_later_stage(job: &Job, other: &Job, exists: bool, link: Link) -> Diagnostic {
    let (name, stage) = (&other.name, &other.stage);
    let message =
        format!("{} job: {} {name} is not defined in current or prior stages", job.name, link.word());
    let diagnostic = Diagnostic::error(Kind::Logic, link.rules().1, message)
        .label(stage.span, format!("`{name}` is in stage {}", stage.value));
    if !exists {
        return diagnostic.note(format!("its stage {} does not exist", stage.value));
    }
    diagnostic
        .note(format!("runs in stage {}, after {}", stage.value, job.stage.value))
        .label(job.stage.span, format!("`{}` is in stage {}", job.name, job.stage.value))
        .help("A job can only wait for jobs of its own stage and of earlier ones.")
}

fn explain_undefined(
    diagnostic: Diagnostic,
    name: &str,
    config: &Config,
    parallel: &ParallelJobs,
    nearby: &mut Nearby,
) -> Diagnostic {
    if let Some(made) = parallel.get(name) {
        let names: Vec<String> =
            made.iter().take(MOST_INSTANCES).map(|made| format!("`{}`", made.name)).collect();
        return match names.is_empty() {
            true => diagnostic.note(format!("the matrix of `{name}` has no combination")),
            false => diagnostic
                .note(format!("`{name}` is parallel, and only its instances are jobs here"))
                .help(format!("Name the instances one by one: {}{}.", names.join(", "), more(made.len()))),
        };
    }
    if name.starts_with('.') {
        return diagnostic
            .note("hidden, for its name begins with a dot")
            .help("A hidden entry makes no job.");
    }
    let names = config.jobs.keys().chain(parallel.keys()).map(|name| &**name);
    match nearby.find(name, names) {
        Some(near) => {
            let diagnostic = diagnostic.note(format!("did you mean `{near}`?"));
            match config.jobs.get(near) {
                Some(job) => diagnostic.label(job.span, "a job with a similar name"),
                None => diagnostic,
            }
        }
        None => diagnostic.note("there is no such job"),
    }
}

fn more(count: usize) -> &'static str {
    if count > MOST_INSTANCES { ", …" } else { "" }
}
