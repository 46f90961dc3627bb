//! Makes scopes for a context.

use super::shared::Shared;
use super::sort::Budget;
use super::yaml::YamlVariables;
use super::{Collection, Item, Origin, Scope, TopLevel, Undefined, predefined, settings};
use crate::config::{Job, Rule, When};
use crate::{Context, GivenVariable, pipeline};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

/// Makes the scopes of all phases of one context. What scopes share is computed once, here.
#[derive(Clone, Debug)]
pub struct Builder<'a> {
    context: &'a Context,
    /// Nothing but the configuration's own variables is to be seen.
    only_yaml: bool,
    predefined: Collection,
    /// What is known of the pipeline when files are included.
    early: Collection,
    /// What the rules of `workflow` know of it: they see it with the eyes of one single job.
    ruled: Collection,
    /// What its name knows, once jobs are made.
    late: Collection,
    given_of_jobs: Collection,
    /// Settings and what was given for the pipeline: all that includes see beside predefined variables.
    for_includes: Collection,
    /// The same with the user, without an environment.
    above: Collection,
    scoped: bool,
    budget: Budget,
}

impl<'a> Builder<'a> {
    /// Prepares the scopes of a context.
    pub fn new(context: &'a Context) -> Self {
        // `Ci::Pipeline#disable_all_except_yaml_variables?`
        let only_yaml = context.source.as_str() == "duo_workflow";
        let given_of_jobs = predefined::given_of_jobs(context);
        let number = |value: &str| match given_of_jobs.get("CI_PIPELINE_IID") {
            Some(item) => item.clone(),
            None => Item::new("CI_PIPELINE_IID", value, Origin::Predefined),
        };
        let one = || match given_of_jobs.get("CI_NODE_TOTAL") {
            Some(item) => item.clone(),
            None => Item::new("CI_NODE_TOTAL", "1", Origin::Predefined),
        };
        let mut builder = Self {
            context,
            only_yaml,
            predefined: Collection::default(),
            early: Collection::from_iter([number("")]),
            ruled: Collection::from_iter([one(), number("")]),
            late: Collection::from_iter([one(), number("1")]),
            given_of_jobs,
            for_includes: Collection::default(),
            above: Collection::default(),
            scoped: settings::are_scoped(context),
            budget: Budget::default(),
        };
        if !only_yaml {
            builder.predefined = predefined::of_pipeline(context);
            builder.for_includes = settings::for_environment(context, None).chain(given(context)).collect();
            builder.above = builder.above(None);
        }
        builder
    }

    /// What goes over the configuration's variables.
    fn above(&self, environment: Option<&str>) -> Collection {
        predefined::of_user(self.context)
            .chain(settings::for_environment(self.context, environment))
            .chain(given(self.context))
            .collect()
    }

    /// How many steps regular expressions may take in one evaluation; at worst some tenths of a second.
    pub(crate) const MOST_MATCHING: u64 = Budget::MATCHING;

    /// Whether so many more steps of regular expressions may be taken (see [`crate::expression::Lookup::afford`]).
    pub(crate) fn afford(&self, steps: u64) -> bool {
        self.budget.afford(steps)
    }

    /// Whether regular expressions of conditions were not matched any more since all of them together take too long:
    /// what was decided since is not to be trusted.
    pub fn is_overdrawn(&self) -> bool {
        self.budget.is_overdrawn()
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            job: None,
            predefined: &self.predefined,
            staged: None,
            yaml: None,
            above: Cow::Borrowed(&self.above),
            hides_jobs: false,
            budget: &self.budget,
            shared: None,
            circles: OnceCell::new(),
        }
    }

    fn staged<'s>(&self, staged: &'s Collection) -> Option<&'s Collection> {
        (!self.only_yaml).then_some(staged)
    }

    /// What `include` sees: nothing of the configuration, of users, or of jobs.
    pub fn for_include(&self) -> Scope<'_> {
        Scope { staged: self.staged(&self.early), above: Cow::Borrowed(&self.for_includes), ..self.scope() }
    }

    /// What the rules of `workflow` see.
    pub fn for_workflow<'s>(&'s self, top: &'s TopLevel) -> Scope<'s> {
        Scope {
            staged: self.staged(&self.ruled),
            yaml: Some(YamlVariables::of_top_level(top)),
            hides_jobs: true,
            ..self.scope()
        }
    }

    /// What `workflow:name` sees, once jobs are made.
    pub fn for_name<'s>(&'s self, top: &'s TopLevel) -> Scope<'s> {
        Scope { staged: self.staged(&self.late), ..self.for_workflow(top) }
    }

    /// What a job's rules, `only`, `except` and `tags` see.
    pub fn for_job<'s>(&'s self, job: &'s Job, top: &'s TopLevel) -> Scope<'s> {
        self.job_scope(job, top, None)
    }

    /// What a job of a pipeline sees once it is made: with the variables of the rule that let it in, and with the
    /// `when` of that rule.
    pub fn for_planned<'s>(&'s self, job: &'s pipeline::Job) -> Scope<'s> {
        let rule = job.rule.and_then(|index| Some((index, job.config.rules.as_ref()?.get(index)?)));
        self.scope_with(&job.config, &job.top, None, rule, job.when)
    }

    pub(super) fn job_scope<'s>(
        &'s self,
        job: &'s Job,
        top: &'s TopLevel,
        shared: Option<&'s Shared<'s>>,
    ) -> Scope<'s> {
        self.scope_with(job, top, shared, None, job.when)
    }

    fn scope_with<'s>(
        &'s self,
        job: &'s Job,
        top: &'s TopLevel,
        shared: Option<&'s Shared<'s>>,
        rule: Option<(usize, &'s Rule)>,
        when: When,
    ) -> Scope<'s> {
        // A job with settings of its own shares too little with others.
        let shared = shared.filter(|_| !(self.scoped && job.environment.is_some()));
        let yaml = YamlVariables::of_job(top, job);
        let yaml = Some(match rule {
            Some((index, rule)) => yaml.with_rule(index, rule),
            None => yaml,
        });
        if self.only_yaml {
            return Scope { yaml, shared, ..self.scope() };
        }
        let facts = predefined::JobFacts {
            context: self.context,
            job,
            when,
            environment: None,
            given: &self.given_of_jobs,
        };
        let mut scope = Scope { job: Some(facts), yaml, shared, ..self.scope() };
        if let Some(environment) = &job.environment {
            let name: Arc<str> = match scope.expand_nested(&environment.name, Undefined::Empty) {
                Ok(name) => name.into(),
                // The same limit is met again, and told of, where circles are looked for.
                Err(_) => environment.name.clone(),
            };
            if self.scoped {
                scope.above = Cow::Owned(self.above(Some(&name)));
            }
            if let Some(facts) = &mut scope.job {
                facts.environment = Some(name);
            }
            scope.circles = OnceCell::new();
        }
        scope
    }

    /// What all jobs see.
    pub(super) fn shared_scope<'s>(&'s self, top: &'s TopLevel) -> Scope<'s> {
        Scope { yaml: Some(YamlVariables::of_top_level(top)), ..self.scope() }
    }

    pub(super) fn budget(&self) -> &Budget {
        &self.budget
    }
}

/// What was given for the pipeline, and what its schedule gives.
pub(super) fn given(context: &Context) -> impl Iterator<Item = Item> {
    let pipeline = context.variables.iter().map(|variable| given_item(variable, Origin::Pipeline));
    pipeline.chain(context.schedule_variables.iter().map(|variable| given_item(variable, Origin::Schedule)))
}

fn given_item(variable: &GivenVariable, origin: Origin) -> Item {
    Item {
        raw: variable.raw,
        file: variable.file,
        public: false,
        ..Item::new(variable.name.as_str(), variable.value.as_str(), origin)
    }
}
