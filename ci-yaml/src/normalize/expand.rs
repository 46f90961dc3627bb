//! Puts the instances of parallel jobs in place of these, in `jobs`, `needs` and `dependencies`.

use super::budget;
use super::instances::{self, Made, ParallelJobs};
use super::matrix;
use crate::config::size::{self, Budget, NEED, Spent};
use crate::config::{Config, Job, Need, NeedTarget, Needs, Variable};
use crate::{Diagnostic, Kind, Spanned};
use indexmap::IndexMap;
use std::collections::HashSet;
use std::sync::Arc;

/// A configuration without parallel jobs.
pub(super) struct Expanded {
    pub(super) config: Config,
    /// What became of which job.
    pub(super) parallel: ParallelJobs,
    /// Errors that GitLab tells of before all others.
    pub(super) errors: Vec<Diagnostic>,
    /// Warnings of ours.
    pub(super) warnings: Vec<Diagnostic>,
}

/// Expands all jobs; or gives the configuration back with the reason why it cannot be done.
pub(super) fn expand(mut config: Config) -> Result<Expanded, Box<(Config, Diagnostic)>> {
    let mut budget = Budget::new();
    let parallel = match instances::all(&config, &mut budget) {
        Ok(parallel) => parallel,
        Err(job) => return Err(budget::refuse(config, &job)),
    };
    if parallel.is_empty() {
        // GitLab leaves such a configuration alone, expressions in `needs` included; selectors say nothing in it.
        let needs = config.jobs.values_mut().filter_map(|job| job.needs.as_mut());
        needs.flat_map(|needs| &mut needs.jobs).for_each(|need| need.target = NeedTarget::Name);
        return Ok(Expanded { config, parallel, errors: Vec::new(), warnings: Vec::new() });
    }
    let jobs = std::mem::take(&mut config.jobs);
    let mut expander = Expander {
        parallel: &parallel,
        budget,
        inherited: size::inherited_by_each(&config),
        jobs: IndexMap::with_capacity(jobs.len()),
        told: HashSet::new(),
        errors: Vec::new(),
        warnings: Vec::new(),
    };
    for (name, job) in jobs {
        let span = job.parallel.as_ref().map_or(job.span, |parallel| parallel.span);
        if expander.job(job).is_err() {
            let (config, diagnostic) = *budget::refuse(config, &name);
            return Err(Box::new((config, diagnostic.at(span))));
        }
    }
    let Expander { jobs, errors, warnings, .. } = expander;
    config.jobs = jobs;
    Ok(Expanded { config, parallel, errors, warnings })
}

struct Expander<'a> {
    parallel: &'a ParallelJobs,
    budget: Budget,
    /// What each job takes of the variables of the top level.
    inherited: usize,
    jobs: IndexMap<Arc<str>, Job>,
    /// Messages that were given: instances of one job repeat them.
    told: HashSet<String>,
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

impl Expander<'_> {
    fn job(&mut self, mut job: Job) -> Result<(), Spent> {
        let Some(made) = self.parallel.get(&job.name) else {
            self.relations(&mut job, None)?;
            self.jobs.insert(Arc::clone(&job.name), job);
            return Ok(());
        };
        if made.is_empty() {
            self.warnings.push(vanished(&job));
        }
        self.budget.take(made.len(), size::size(&job) + size::inherited(&job, self.inherited))?;
        for made in made {
            let mut instance = instance(&job, made);
            self.relations(&mut instance, Some(&job.name))?;
            // GitLab keeps the last of several equal names, at the place of the first.
            if let Some(before) = self.jobs.insert(Arc::clone(&made.name), instance) {
                self.replaced(&before, made);
            }
        }
        Ok(())
    }

    /// Expands what a job says of others.
    fn relations(&mut self, job: &mut Job, base: Option<&Arc<str>>) -> Result<(), Spent> {
        if let Some(needs) = &mut job.needs {
            if matrix::has_blocks(needs) {
                match matrix::fill(needs, &job.variables) {
                    Ok(filled) => *needs = filled,
                    Err(unknown) => self.unknown(needs, base.unwrap_or(&job.name), &unknown),
                }
            }
            needs.jobs = self.needs(&needs.jobs)?;
        }
        if let Some(names) = job.dependencies.take() {
            job.dependencies = Some(self.dependencies(names)?);
        }
        Ok(())
    }

    fn needs(&mut self, needs: &[Need]) -> Result<Vec<Need>, Spent> {
        let mut expanded = Vec::with_capacity(needs.len());
        for need in needs {
            let Some(all) = self.parallel.get(&need.job) else {
                expanded.push(Need { target: NeedTarget::Name, ..need.clone() });
                continue;
            };
            let selected = match &need.target {
                NeedTarget::Name => None,
                NeedTarget::Matrix(maps) => Some(instances::matrix(&need.job, maps, &mut self.budget)?),
            };
            let made = selected.as_ref().unwrap_or(all);
            self.budget.take(made.len(), NEED)?;
            let one = |made: &Made| Need {
                job: Arc::clone(&made.name),
                target: NeedTarget::Name,
                artifacts: need.artifacts,
                optional: need.optional,
                span: need.span,
            };
            expanded.extend(made.iter().map(one));
        }
        Ok(expanded)
    }

    fn dependencies(&mut self, names: Vec<Spanned<Arc<str>>>) -> Result<Vec<Spanned<Arc<str>>>, Spent> {
        let mut expanded = Vec::with_capacity(names.len());
        for name in names {
            match self.parallel.get(&name.value) {
                None => expanded.push(name),
                Some(made) => {
                    self.budget.take(made.len(), NEED)?;
                    expanded.extend(made.iter().map(|made| Spanned::new(Arc::clone(&made.name), name.span)));
                }
            }
        }
        Ok(expanded)
    }

    fn unknown(&mut self, needs: &Needs, base: &str, names: &[String]) {
        for name in names {
            let message = format!("{base} job: '{name}' does not exist in matrix configuration");
            if self.told.insert(message.clone()) {
                let help = format!("`$[[ matrix.{name} ]]` stands for a variable of the job's own matrix.");
                let error = Diagnostic::error(Kind::Logic, "unknown-matrix-variable", message);
                self.errors.push(error.at(needs.span).help(help));
            }
        }
    }

    fn replaced(&mut self, before: &Job, made: &Made) {
        let name = &made.name;
        let message = match &before.instance {
            Some(instance) if instance.base == made.instance.base => {
                format!(
                    "{} job: two combinations of the matrix make the name `{name}`; only the last is kept",
                    instance.base
                )
            }
            _ => {
                format!("{} job: its instance `{name}` replaces another job of this name", made.instance.base)
            }
        };
        if self.told.insert(message.clone()) {
            self.warnings.push(Diagnostic::lint("equal-instances", message).at(before.span));
        }
    }
}

fn vanished(job: &Job) -> Diagnostic {
    let message = format!("{} job: its matrix has no combination, so there is no such job", job.name);
    let span = job.parallel.as_ref().map_or(job.span, |parallel| parallel.span);
    Diagnostic::lint("empty-matrix", message).at(span)
}

/// A copy of the job with the name and the variables of one instance. A variable that the job has keeps its position.
fn instance(job: &Job, made: &Made) -> Job {
    let mut copy = Job {
        name: Arc::clone(&made.name),
        parallel: None,
        instance: Some(made.instance.clone()),
        ..job.clone()
    };
    let span = job.parallel.as_ref().map_or(job.span, |parallel| parallel.span);
    for (name, value) in made.instance.matrix.iter().flatten() {
        let variable =
            Variable { value: Arc::clone(value), raw: false, description: None, options: None, span };
        copy.variables.insert(Arc::clone(name), variable);
    }
    copy
}
