//! Which jobs are in a pipeline, and as what (`Gitlab::Ci::Pipeline::Seed`).

use super::error::{LIMIT, too_much};
use super::rules::{self, Failed};
use super::world::World;
use super::{cache, needs, policy};
use crate::clause::RuleError;
use crate::config::{AllowFailure, Config, Job, Rule, When};
use crate::variables::{ExpansionError, Scope, Shared, TopLevel, Undefined};
use crate::{Diagnostic, Span, pipeline};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A job, what it sees, and whether it is in.
struct Seed<'a> {
    job: &'a Job,
    scope: Scope<'a>,
    decision: Decision,
}

impl Seed<'_> {
    /// What kept us, and not GitLab, from deciding: whether the stage is there or not, nobody knows the pipeline then.
    fn undecided(&self) -> Option<Diagnostic> {
        match &self.decision {
            Decision::Failed(Failed { error: RuleError::Refused(_), .. }) => None,
            Decision::Failed(Failed { index, error }) => {
                Some(error.clone().into_diagnostic(&self.job.name, rule_span(self.job, *index)))
            }
            Decision::In(_) | Decision::Out => None,
        }
    }
}

/// Where a rule of a job was written.
fn rule_span(job: &Job, index: usize) -> Span {
    job.rules.as_deref().unwrap_or_default().get(index).map_or(job.span, |rule| rule.span)
}

/// Whether a job is in a pipeline.
pub(super) enum Decision {
    /// It is; the index is that of the rule that let it in.
    In(Option<usize>),
    /// It is not.
    Out,
    /// A rule of it could not be decided: it is not in, and its stage tells of it.
    Failed(Failed),
}

impl Decision {
    pub(super) fn is_in(&self) -> bool {
        matches!(self, Self::In(_))
    }
}

/// The jobs that were made.
pub(super) struct Seeds {
    pub(super) jobs: Vec<pipeline::Job>,
    pub(super) stages: Vec<Arc<str>>,
    /// Errors that refuse the pipeline, and warnings.
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Whether a job is in: by its rules, else by `only` and `except`, else always.
pub(super) fn decide(world: &World<'_>, job: &Job, scope: &Scope<'_>) -> Decision {
    if let Some(rules) = &job.rules {
        return match rules::first_match(world, rules, scope) {
            Ok(Some((_, rule))) if when(job, Some(rule)) == When::Never => Decision::Out,
            Ok(Some((index, _))) => Decision::In(Some(index)),
            Ok(None) => Decision::Out,
            Err(failed) => Decision::Failed(failed),
        };
    }
    match passes(world, job, scope) {
        Ok(true) => Decision::In(None),
        Ok(false) => Decision::Out,
        Err(error) => Decision::Failed(Failed { index: 0, error }),
    }
}

/// Whether `only` and `except` let a job in.
fn passes(world: &World<'_>, job: &Job, scope: &Scope<'_>) -> Result<bool, RuleError> {
    let only = job.only.as_ref().map(|only| policy::all_hold(world, only, scope)).transpose()?;
    if only == Some(false) {
        return Ok(false);
    }
    let except = job.except.as_ref().map(|except| policy::any_holds(world, except, scope)).transpose()?;
    Ok(except != Some(true))
}

fn when(job: &Job, rule: Option<&Rule>) -> When {
    rule.and_then(|rule| rule.when.as_ref()).map_or(job.when, |when| when.value)
}

/// Makes the jobs of all stages.
pub(super) fn grow(world: &World<'_>, config: &Config, top: &Arc<TopLevel>) -> Seeds {
    let shared = Shared::new(&world.builder, top);
    let stages = distinct(config);
    let mut seeds: Vec<Vec<Seed<'_>>> = stages.iter().map(|_| Vec::new()).collect();
    let index: HashMap<&str, usize> =
        stages.iter().enumerate().map(|(index, stage)| (&**stage, index)).collect();
    let wanted = |job: &&Job| world.context.chat_job.as_deref().is_none_or(|name| name == &*job.name);
    for job in config.jobs.values().filter(wanted) {
        let Some(stage) = index.get(&*job.stage.value).and_then(|index| seeds.get_mut(*index)) else {
            continue;
        };
        let scope = shared.for_job(job);
        let decision = decide(world, job, &scope);
        stage.push(Seed { job, scope, decision });
    }
    let mut grown = Seeds { jobs: Vec::new(), stages, diagnostics: Vec::new() };
    let undecided = seeds.iter().flatten().filter_map(Seed::undecided);
    grown.diagnostics.extend(undecided);
    let mut present = HashSet::new();
    for (index, stage) in seeds.into_iter().enumerate() {
        present.extend(stage.iter().filter(|seed| seed.decision.is_in()).map(|seed| &*seed.job.name));
        // A stage without jobs does not exist, and neither do the errors in it.
        if stage.iter().any(|seed| seed.decision.is_in()) {
            let nursery = Nursery { world, top, present: &present };
            stage.into_iter().for_each(|seed| nursery.plant(seed, index, &mut grown));
        }
    }
    // One word on a limit is enough: whoever comes after meets it as well.
    let mut told = false;
    grown.diagnostics.retain(|found| found.rule != LIMIT || !std::mem::replace(&mut told, true));
    grown
}

/// Stages once each, in order.
fn distinct(config: &Config) -> Vec<Arc<str>> {
    let mut seen = HashSet::new();
    let names = config.stages.iter().map(|stage| &stage.value);
    names.filter(|name| seen.insert(&***name)).cloned().collect()
}

/// Makes jobs out of seeds.
struct Nursery<'n, 'a> {
    world: &'n World<'a>,
    top: &'n Arc<TopLevel>,
    /// Names of the jobs that are in, up to this stage.
    present: &'n HashSet<&'n str>,
}

impl Nursery<'_, '_> {
    fn plant(&self, seed: Seed<'_>, stage_index: usize, grown: &mut Seeds) {
        match seed.decision {
            Decision::Out => {}
            Decision::Failed(Failed { index, error }) => {
                if let RuleError::Refused(_) = error {
                    let span = rule_span(seed.job, index);
                    grown.diagnostics.push(error.into_diagnostic(&seed.job.name, span));
                }
            }
            Decision::In(rule) => {
                let job = seed.job;
                grown.diagnostics.extend(needs::errors(job, self.present));
                grown.diagnostics.extend(self.circles(job, &seed.scope));
                match self.tags(job, &seed.scope) {
                    Ok(tags) => {
                        grown.jobs.push(self.job(job, stage_index, rule, tags));
                        self.cache(job, grown);
                    }
                    Err(error) => grown.diagnostics.push(too_much(&job.name, error).at(job.span)),
                }
            }
        }
    }

    /// Variables of the job that refer to one another in a circle.
    fn circles(&self, job: &Job, scope: &Scope<'_>) -> Option<Diagnostic> {
        match scope.circles_of_job() {
            Ok(circle) => circle.map(|circle| {
                let message = format!("{}: {circle}", job.name);
                Diagnostic::error(crate::Kind::Pipeline, "circular-variables", message).at(job.span)
            }),
            Err(error) => Some(too_much(&job.name, error).at(job.span)),
        }
    }

    fn tags(&self, job: &Job, scope: &Scope<'_>) -> Result<Vec<Arc<str>>, ExpansionError> {
        let expand = |tag: &Arc<str>| match memchr::memchr2(b'$', b'%', tag.as_bytes()) {
            None => Ok(tag.clone()),
            Some(_) => scope.expand(tag, Undefined::Keep).map(Into::into),
        };
        job.tags.iter().map(expand).collect()
    }

    fn job(&self, job: &Job, stage_index: usize, index: Option<usize>, tags: Vec<Arc<str>>) -> pipeline::Job {
        let rule = index.and_then(|index| job.rules.as_ref()?.get(index));
        let allowed = rule.and_then(|rule| rule.allow_failure);
        let own = job.needs.as_ref().map(|needs| needs.jobs.as_slice());
        let of_rule = rule.and_then(|rule| rule.needs.as_ref()).map(|needs| needs.jobs.as_slice());
        pipeline::Job {
            stage_index,
            when: when(job, rule),
            start_in: rule.and_then(|rule| rule.start_in.clone()).or_else(|| job.start_in.clone()),
            allow_failure: match allowed {
                Some(allowed) => AllowFailure { allowed, exit_codes: None },
                None => job.allow_failure.clone(),
            },
            interruptible: rule.and_then(|rule| rule.interruptible).or(job.interruptible),
            tags,
            top: self.top.clone(),
            needs: needs::effective(own, of_rule, self.present),
            cache: job.cache.clone(),
            rule: index,
            config: Arc::new(job.clone()),
        }
    }

    /// Computes the keys of the caches of the job that was made last.
    fn cache(&self, job: &Job, grown: &mut Seeds) {
        let (Some(caches), Some(made)) = (&job.cache, grown.jobs.last_mut()) else { return };
        let (caches, failed) = cache::with_keys(self.world, caches);
        made.cache = Some(caches);
        grown.diagnostics.extend(failed.into_iter().map(|error| {
            let message = format!("the cache key of {} cannot be computed: {error}", job.name);
            let place = job.keywords.get("cache").copied().unwrap_or(job.span);
            Diagnostic::lint("cache-key-unknown", message).at(place)
        }));
    }
}
