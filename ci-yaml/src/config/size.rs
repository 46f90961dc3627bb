//! What jobs take: `default`, top-level variables and `parallel` make very much of little text.

use super::{
    Artifacts, Config, ExistsClause, InheritList, Job, Needs, PathMatch, Policy, Refs, Rule, Service,
};
use serde_json::Value as Json;
use std::sync::Arc;

/// How much the jobs of a configuration may take, in bytes: in memory, or printed. GitLab has no such limit.
pub(crate) const MOST: usize = 96 * 1024 * 1024;

/// What one of these takes at least, in bytes: measured sizes of the types, rounded up, with their allocations.
const JOB: usize = 2048;
const RULE: usize = 640;
const NAMED: usize = 192;
const TEXT: usize = 48;
const SERVICE: usize = 384;

/// What one need takes.
pub(crate) const NEED: usize = 128;

/// What is left of the memory.
#[derive(Debug)]
pub(crate) struct Budget {
    left: usize,
}

/// There is nothing left of it.
#[derive(Debug)]
pub(crate) struct Spent;

impl Budget {
    pub(crate) fn new() -> Self {
        Self { left: MOST }
    }

    /// Takes so many things of this size out of it.
    pub(crate) fn take(&mut self, count: usize, size: usize) -> Result<(), Spent> {
        self.left = self.left.checked_sub(count.saturating_mul(size)).ok_or(Spent)?;
        Ok(())
    }
}

/// What a variable of the top level takes where it is printed with a job, besides its name and its value.
const LINE: usize = 8;

/// What each job takes that inherits all variables of the top level.
pub(crate) fn inherited_by_each(config: &Config) -> usize {
    config.variables.iter().map(|(name, variable)| LINE + name.len() + variable.value.len()).sum()
}

/// What a job takes of the variables of the top level, if those who inherit all take so much.
pub(crate) fn inherited(job: &Job, all: usize) -> usize {
    if matches!(job.inherit.variables, InheritList::None) { 0 } else { all }
}

/// What a copy of a job takes, about.
pub(crate) fn size(job: &Job) -> usize {
    let hooks = job.hooks.iter().flat_map(|hooks| &hooks.pre_get_sources_script);
    let scripts = [&job.before_script, &job.script, &job.after_script].into_iter().flatten().chain(hooks);
    let image = job.image.iter().flat_map(|image| [&image.entrypoint, &image.pull_policy]).flatten();
    let lists: usize = scripts.chain(image).chain([&job.tags]).map(|list| texts(list)).sum();
    let written = [&job.run, &job.secrets, &job.dast_configuration, &job.inputs];
    let written: usize = written.into_iter().flatten().map(json).sum();
    let caches = job.cache.iter().flatten();
    let caches: usize = caches.map(|cache| 8 * TEXT + cache.paths.as_deref().map_or(0, texts)).sum();
    let variables: usize = job.variables.values().map(|variable| variable.value.len()).sum();
    let tokens: usize = job.id_tokens.values().map(|token| texts(&token.aud)).sum();
    let named = NAMED * (job.variables.len() + job.keywords.len() + job.id_tokens.len());
    let attributes = lists + written + caches + variables + tokens + named;
    let artifacts = job.artifacts.as_ref().map_or(0, artifacts);
    let services: usize = job.services.iter().map(service).sum();
    let policies: usize = job.only.iter().chain(&job.except).map(policy).sum();
    let rules: usize = job.rules.iter().flatten().map(rule).sum();
    JOB + attributes + artifacts + services + policies + rules + job.needs.as_ref().map_or(0, needs)
}

fn artifacts(artifacts: &Artifacts) -> usize {
    let lists = [&artifacts.paths, &artifacts.exclude].into_iter().flatten();
    let reports = artifacts.reports.iter().flatten().map(|(_, report)| json(report));
    lists.map(|paths| texts(paths)).sum::<usize>() + reports.sum::<usize>()
}

fn service(service: &Service) -> usize {
    let lists = [&service.command, &service.image.entrypoint, &service.image.pull_policy];
    let variables = service.variables.as_ref().map_or(0, |map| 4 * TEXT * map.len());
    SERVICE + lists.into_iter().flatten().map(|list| texts(list)).sum::<usize>() + variables
}

fn policy(policy: &Policy) -> usize {
    let refs = match &policy.refs {
        Refs::List(refs) => refs.len(),
        Refs::Absent => 0,
    };
    let lists = policy.changes.as_ref().map_or(0, Vec::len) + policy.variables.as_ref().map_or(0, Vec::len);
    TEXT * (refs + lists)
}

/// What a list of texts takes, printed as well as in memory.
fn texts(texts: &[Arc<str>]) -> usize {
    texts.iter().map(|text| TEXT + text.len()).sum()
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

/// What is in it. Configuration is at most a few hundred levels deep.
fn json(value: &Json) -> usize {
    TEXT + match value {
        Json::Array(items) => items.iter().map(json).sum(),
        Json::Object(entries) => entries.values().map(|value| 2 * TEXT + json(value)).sum(),
        Json::String(text) => text.len(),
        Json::Null | Json::Bool(_) | Json::Number(_) => 0,
    }
}
