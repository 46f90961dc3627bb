//! Needs on jobs that some events leave out: GitLab refuses the whole pipeline of such an event.

use super::event::Event;
use super::inclusion::{self, Verdict};
use super::known::Variables;
use crate::Diagnostic;
use crate::config::{Config, Job};
use std::collections::HashSet;

/// So many events are named; the rest is counted.
const NAMED: usize = 3;

pub(super) fn lint(
    config: &Config,
    variables: &Variables<'_>,
    events: &[Event<'_>],
    found: &mut Vec<Diagnostic>,
) {
    let with_needs: Vec<&Job> = config
        .jobs
        .values()
        .filter(|job| job.needs.as_ref().is_some_and(|needs| !needs.jobs.is_empty()))
        .collect();
    if with_needs.is_empty() {
        return;
    }
    let table = Table::new(config, variables, events);
    let mut told = HashSet::new();
    for job in with_needs {
        for need in job.needs.iter().flat_map(|needs| &needs.jobs).filter(|need| !need.optional) {
            let Some(needed) = config.jobs.get(&need.job) else { continue };
            let missing = table.missing(job, needed);
            if missing.is_empty() || !told.insert((base(job).to_owned(), base(needed).to_owned())) {
                continue;
            }
            found.push(
                Diagnostic::lint(
                    "need-left-out",
                    format!("`{}` needs `{}`, which is not there in {}", base(job), base(needed), list(&missing)),
                )
                .at(need.span)
                .label(needed.span, "left out by its own conditions")
                .help("GitLab refuses such a pipeline as a whole: give both jobs the same conditions, or write `optional: true`"),
            );
        }
    }
}

fn base(job: &Job) -> &str {
    job.instance.as_ref().map_or(&job.name, |instance| &instance.base)
}

fn list(events: &[String]) -> String {
    let named = events.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match events.len().saturating_sub(NAMED) {
        0 => named,
        1 => format!("{named} and one more kind of event"),
        more => format!("{named} and {more} more kinds of events"),
    }
}

/// Which jobs each event has.
struct Table<'a> {
    rows: Vec<(&'a Event<'a>, Vec<Seen>)>,
    config: &'a Config,
}

/// What can be told of a job in an event.
#[derive(Clone, Copy)]
struct Seen {
    /// It can be there. Variables that only people give are taken as not given where nobody can give any, so that a
    /// job which somebody switches on for some events is not held against all others.
    possible: bool,
    /// It can be there if the right variables are set.
    conceivable: bool,
}

impl<'a> Table<'a> {
    fn new(config: &'a Config, variables: &Variables<'_>, events: &'a [Event<'a>]) -> Self {
        let rows = events.iter().filter(|event| event.is_usual()).filter_map(|event| {
            let known = |name: &str| variables.in_any_case(event, name);
            let there = inclusion::pipeline(config, event, &known).possible();
            there.then(|| (event, config.jobs.values().map(|job| see(job, event, variables)).collect()))
        });
        Self { rows: rows.collect(), config }
    }

    /// The events that may have a job and cannot have what it needs.
    fn missing(&self, job: &Job, needed: &Job) -> Vec<String> {
        let index = |job: &Job| self.config.jobs.get_index_of(&job.name);
        let (Some(job), Some(needed)) = (index(job), index(needed)) else { return Vec::new() };
        let missing = self.rows.iter().filter(|(_, seen)| seen[job].possible && !seen[needed].conceivable);
        missing.map(|(event, _)| event.describe()).collect()
    }
}

fn see(job: &Job, event: &Event<'_>, variables: &Variables<'_>) -> Seen {
    let verdict = inclusion::job(job, event, &|name| variables.in_any_case(event, name));
    let conceivable = verdict.possible();
    let as_written = |name: &str| variables.as_written(Some(job), event, name);
    let possible = match verdict {
        Verdict::Depends if event.is_automatic() => inclusion::job(job, event, &as_written).possible(),
        _ => conceivable,
    };
    Seen { possible, conceivable }
}
