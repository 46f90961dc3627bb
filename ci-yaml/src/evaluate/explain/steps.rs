//! The steps to a decision, and the decision.

use super::trial::{NeedTrial, PolicyTrial, Trials};
use super::ways::{self, Ways};
use super::{Decision, Explanation, Reason, Step, Wish, attempt};
use crate::config::{Config, Job, When};
use crate::evaluate::seed;
use crate::evaluate::workflow::{self, Verdict};
use crate::evaluate::world::World;
use crate::evaluate::{Early, early, evaluate};
use crate::pipeline::Outcome;
use crate::variables::{Scope, TopLevel};
use crate::{Context, Diagnostic, Sources};
use std::collections::HashSet;

pub(super) fn explain(config: &Config, context: &Context, sources: &dyn Sources, job: &Job) -> Explanation {
    let mut explainer = Explainer { world: World::new(context, sources), config, job, steps: Vec::new() };
    let (decision, ways) = match explainer.decide() {
        Ok(decision) => (decision, Vec::new()),
        Err((reason, ways)) => (Decision::Out(reason), ways),
    };
    Explanation { job: job.name.clone(), span: Some(job.span), steps: explainer.steps, decision, ways }
}

struct Explainer<'e> {
    world: World<'e>,
    config: &'e Config,
    job: &'e Job,
    steps: Vec<Step>,
}

type Left = (Reason, Ways);

impl Explainer<'_> {
    fn decide(&mut self) -> Result<Decision, Left> {
        match early(self.world.context) {
            Some(Early::Refused(diagnostic)) => return Err((Reason::Refused(diagnostic), Vec::new())),
            Some(Early::Skipped(skip)) => {
                self.steps.push(Step::Skip(Some(skip.clone())));
                return Err((Reason::Skipped(skip), vec![vec![Wish::NotSkipped]]));
            }
            None => self.steps.push(Step::Skip(None)),
        }
        let top = self.workflow()?;
        if let Some(wanted) = self.world.context.chat_job.as_deref().filter(|name| *name != &*self.job.name) {
            return Err((Reason::Chat { wanted: wanted.to_owned() }, Vec::new()));
        }
        self.conditions(&top)?;
        self.pipeline()
    }

    fn workflow(&mut self) -> Result<TopLevel, Left> {
        let top = TopLevel::new(&self.config.variables);
        let trials = self.config.workflow.rules.as_deref().map(|rules| {
            let scope = self.world.builder.for_workflow(&top);
            attempt::rules(&self.world, rules, &scope, When::Always).0
        });
        let others = trials.as_ref().map(ways::of_rules).unwrap_or_default();
        self.steps.extend(trials.map(Step::Workflow));
        match workflow::decide(&self.world, self.config) {
            Verdict::Runs { top, .. } => Ok(top),
            Verdict::Refused(diagnostic) | Verdict::Failed(diagnostic) => {
                Err((Reason::Workflow(diagnostic), others))
            }
        }
    }

    fn conditions(&mut self, top: &TopLevel) -> Result<(), Left> {
        let job = self.job;
        let scope = self.world.builder.for_job(job, top);
        if let Some(rules) = &job.rules {
            let (trials, failed) = attempt::rules(&self.world, rules, &scope, job.when);
            let verdict = judge(&trials, failed.map(|error| error.into_diagnostic(&job.name, job.span)));
            self.steps.push(Step::Rules(trials));
            return verdict;
        }
        let policies = policies(&self.world, job, &scope);
        if let seed::Decision::Failed(failed) = seed::decide(&self.world, job, &scope) {
            let diagnostic = failed.error.into_diagnostic(&job.name, job.span);
            return Err((Reason::RuleFailed(diagnostic), Vec::new()));
        }
        let verdict = match policies.iter().find(|policy| !policy.lets_in()) {
            None => Ok(()),
            Some(policy) => {
                let reason = if policy.except { Reason::Except } else { Reason::Only };
                Err((reason, ways::of_policies(&policies)))
            }
        };
        if policies.is_empty() {
            self.steps.push(Step::NoCondition);
        }
        self.steps.extend(policies.into_iter().map(Step::Policy));
        verdict
    }

    /// The job would be in: whether there is a pipeline for it.
    fn pipeline(&mut self) -> Result<Decision, Left> {
        let evaluation = evaluate(self.config, self.world.context, self.world.sources);
        let missing = self.needs(&evaluation.diagnostics, &evaluation.outcome);
        match evaluation.outcome {
            Outcome::Created(pipeline) => {
                let made = pipeline.jobs.into_iter().find(|made| made.name() == &self.job.name);
                made.map(|made| Decision::In {
                    when: made.when,
                    allow_failure: made.allow_failure,
                    rule: made.rule,
                    needs: made.needs,
                })
                .ok_or((Reason::Invalid(Vec::new()), Vec::new()))
            }
            Outcome::Empty(diagnostic) => Err((Reason::Empty(diagnostic), Vec::new())),
            Outcome::Skipped | Outcome::Invalid => {
                let errors = evaluation.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
                Err((Reason::Invalid(errors), missing))
            }
        }
    }

    /// Adds the needs of the job; gives what is missing.
    fn needs(&mut self, diagnostics: &[Diagnostic], outcome: &Outcome) -> Ways {
        let Some(needs) = self.job.needs.as_ref().filter(|needs| !needs.jobs.is_empty()) else {
            return Vec::new();
        };
        let created: Option<HashSet<&str>> = match outcome {
            Outcome::Created(pipeline) => Some(pipeline.jobs.iter().map(|job| &**job.name()).collect()),
            Outcome::Skipped | Outcome::Empty(_) | Outcome::Invalid => None,
        };
        let is_told =
            |span| diagnostics.iter().any(|found| found.rule == "need-left-out" && found.span == Some(span));
        let present = |name: &str, span| match &created {
            Some(names) => names.contains(name),
            // Where the pipeline was refused, errors tell which needs are not there.
            None => !is_told(span),
        };
        let trials: Vec<_> = needs
            .jobs
            .iter()
            .map(|need| NeedTrial { present: present(&need.job, need.span), need: need.clone() })
            .collect();
        let missing = trials.iter().filter(|trial| !trial.present && !trial.need.optional);
        let way: Vec<_> = missing.map(|trial| Wish::Job(trial.need.job.clone())).collect();
        self.steps.push(Step::Needs(trials));
        if way.is_empty() { Vec::new() } else { vec![way] }
    }
}

fn judge(trials: &Trials, failed: Option<Diagnostic>) -> Result<(), Left> {
    let others = || ways::of_rules(trials);
    match (failed, trials.matched) {
        (Some(diagnostic), _) => Err((Reason::RuleFailed(diagnostic), Vec::new())),
        (None, None) => Err((Reason::NoRule, others())),
        (None, Some(index)) => match trials.rules.get(index) {
            Some(rule) if rule.when == When::Never => Err((Reason::Never { rule: index }, others())),
            _ => Ok(()),
        },
    }
}

fn policies(world: &World<'_>, job: &Job, scope: &Scope<'_>) -> Vec<PolicyTrial> {
    let only = job.only.as_ref().map(|only| attempt::policy(world, only, scope, false));
    let except = job.except.as_ref().map(|except| attempt::policy(world, except, scope, true));
    only.into_iter().chain(except).collect()
}
