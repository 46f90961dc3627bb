//! Keeps what `parallel` multiplies within bounds.

use crate::config::{Config, ExistsClause, Job, Needs, PathMatch, Rule};
use crate::{Diagnostic, Kind};
use serde_json::Value as Json;

/// How much memory the jobs that `parallel` makes, and what they need, may take, in bytes. GitLab has no such limit.
const MOST: usize = 96 * 1024 * 1024;

/// What one of these takes at least, in bytes: measured sizes of the types, rounded up, with their allocations.
const JOB: usize = 2048;
const RULE: usize = 640;
const NAMED: usize = 192;
const TEXT: usize = 48;

/// What one need takes.
pub(super) const NEED: usize = 128;

/// What is left of the memory.
pub(super) struct Budget {
    left: usize,
}

/// There is nothing left of it.
#[derive(Debug)]
pub(super) struct Spent;

impl Budget {
    pub(super) fn new() -> Self {
        Self { left: MOST }
    }

    /// Takes so many things of this size out of it.
    pub(super) fn take(&mut self, count: usize, size: usize) -> Result<(), Spent> {
        self.left = self.left.checked_sub(count.saturating_mul(size)).ok_or(Spent)?;
        Ok(())
    }
}

/// The refusal, at the job where the memory ran out.
pub(super) fn refuse(config: Config, job: &str) -> Box<(Config, Diagnostic)> {
    let message =
        format!("{job} job: the parallel jobs of the configuration take more than {} MiB", MOST >> 20);
    let diagnostic = Diagnostic::error(Kind::Logic, "parallel-too-large", message).ours();
    let diagnostic = match config.jobs.get(job) {
        Some(job) => diagnostic.at(job.parallel.as_ref().map_or(job.span, |parallel| parallel.span)),
        None => diagnostic,
    };
    Box::new((config, diagnostic.help("Make fewer jobs, or child pipelines out of some of them.")))
}

/// What a copy of a job takes, about.
pub(super) fn size(job: &Job) -> usize {
    let lists = [&job.before_script, &job.script, &job.after_script];
    let lines: usize = lists.into_iter().flatten().map(Vec::len).sum();
    let paths = job.artifacts.as_ref().map_or(0, |artifacts| {
        let lists = [&artifacts.paths, &artifacts.exclude];
        let reports: usize = artifacts.reports.iter().flatten().map(|(_, report)| json(report)).sum();
        lists.into_iter().flatten().map(Vec::len).sum::<usize>() + reports
    });
    let caches: usize =
        job.cache.iter().flatten().map(|cache| 8 + cache.paths.as_ref().map_or(0, Vec::len)).sum();
    let services: usize = job
        .services
        .iter()
        .map(|service| 8 + service.variables.as_ref().map_or(0, |map| 4 * map.len()))
        .sum();
    let written = [&job.run, &job.secrets, &job.dast_configuration, &job.inputs];
    let written: usize = written.into_iter().flatten().map(json).sum();
    let policies = job.only.iter().chain(&job.except).map(|policy| {
        let changes = policy.changes.as_ref().map_or(0, Vec::len);
        let refs = match &policy.refs {
            crate::config::Refs::List(refs) => refs.len(),
            crate::config::Refs::Absent => 0,
        };
        changes + refs + policy.variables.as_ref().map_or(0, Vec::len)
    });
    let texts = lines + paths + caches + services + written + policies.sum::<usize>() + job.tags.len();
    let named = job.variables.len() + job.keywords.len() + job.id_tokens.len();
    let rules: usize = job.rules.iter().flatten().map(rule).sum();
    JOB + TEXT * texts + NAMED * named + rules + job.needs.as_ref().map_or(0, needs)
}

fn rule(rule: &Rule) -> usize {
    let paths = |paths: &PathMatch| match paths {
        PathMatch::Globs(globs) => globs.len(),
        PathMatch::Regexp(_) => 1,
    };
    let changes = rule.changes.as_ref().map_or(0, |changes| paths(&changes.value.paths));
    let exists =
        rule.exists.as_ref().map_or(0, |exists: &crate::Spanned<ExistsClause>| paths(&exists.value.paths));
    RULE + TEXT * (changes + exists) + NAMED * rule.variables.len() + rule.needs.as_ref().map_or(0, needs)
}

fn needs(needs: &Needs) -> usize {
    NEED * (needs.jobs.len() + needs.cross_pipeline.len() + needs.cross_project.len())
}

/// How many values there are in it. Configuration is at most a few hundred levels deep.
fn json(value: &Json) -> usize {
    1 + match value {
        Json::Array(items) => items.iter().map(json).sum(),
        Json::Object(entries) => entries.values().map(|value| 2 + json(value)).sum(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => 0,
    }
}
