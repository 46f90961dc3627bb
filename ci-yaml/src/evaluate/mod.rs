//! The pipeline of one context: which jobs are in it and as what, or why there is none
//! (`Gitlab::Ci::Pipeline::Chain`).
//!
//! [`early`] decides what needs no configuration, before it is read; [`evaluate`] makes the pipeline; [`explain`] tells
//! of one job why it is in or not, and what would have to be different.

mod cache;
mod early;
mod error;
mod explain;
mod needs;
mod policy;
mod refs;
mod rules;
mod seed;
mod workflow;
mod world;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use crate::clause::{PathsVerdict, RuleError};
pub use early::{Early, Skip, early};
pub use explain::{
    Clause, Condition, Decision, Element, Explanation, NeedTrial, Outcome as RuleOutcome, PolicyTrial,
    Reason, Relation, RuleTrial, Seen, Step, Trials, Wish, explain,
};
pub use refs::RefVerdict;
pub(crate) use refs::{is_keyword, is_source};

use crate::config::Config;
use crate::pipeline::{Outcome, Pipeline};
use crate::variables::Builder;
use crate::{Context, Diagnostic, Kind, Sources};
use std::sync::Arc;
use world::World;

/// How many jobs with an environment a pipeline may have: the default of a plan.
const MAX_DEPLOYMENTS: usize = 500;

/// What GitLab says where no job is left.
const EMPTY: &str =
    "The resulting pipeline would have been empty. Review the rules configuration for the relevant jobs.";

/// What became of a configuration in a context.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The pipeline, or why there is none.
    pub outcome: Outcome,
    /// Errors where it was refused, in GitLab's order, and warnings.
    pub diagnostics: Vec<Diagnostic>,
}

impl Evaluation {
    fn of(outcome: Outcome) -> Self {
        Self { outcome, diagnostics: Vec::new() }
    }

    fn refused(diagnostics: Vec<Diagnostic>) -> Self {
        Self { outcome: Outcome::Invalid, diagnostics }
    }
}

impl Early {
    /// The same as an evaluation.
    pub fn into_evaluation(self) -> Evaluation {
        match self {
            Self::Skipped(_) => Evaluation::of(Outcome::Skipped),
            Self::Refused(diagnostic) => Evaluation::refused(vec![diagnostic]),
        }
    }
}

/// Makes the pipeline of a normalised configuration without errors. Where [`early`] decides, so does this.
pub fn evaluate(config: &Config, context: &Context, sources: &dyn Sources) -> Evaluation {
    if let Some(early) = early(context) {
        return early.into_evaluation();
    }
    let world = World::new(context, sources);
    let evaluation = decide(&world, config);
    if world.builder.is_overdrawn() {
        let message = format!(
            "The conditions of this configuration take too long to evaluate: \
             their regular expressions need more than {} million steps.",
            Builder::MOST_MATCHING / 1_000_000
        );
        return Evaluation::refused(vec![
            Diagnostic::error(Kind::Pipeline, error::LIMIT, message)
                .ours()
                .help("Use shorter regular expressions, or compare shorter texts with them."),
        ]);
    }
    evaluation
}

fn decide(world: &World<'_>, config: &Config) -> Evaluation {
    match workflow::decide(world, config) {
        workflow::Verdict::Refused(diagnostic) => Evaluation::of(Outcome::Empty(diagnostic)),
        workflow::Verdict::Failed(diagnostic) => Evaluation::refused(vec![diagnostic]),
        workflow::Verdict::Runs { top, rule } => {
            let top = Arc::new(top);
            let seeds = seed::grow(world, config, &top);
            let auto_cancel = workflow::auto_cancel(config, rule);
            finish(seeds, |seeds| {
                let name = workflow::name(world, config, &top)?;
                Ok(Pipeline {
                    name,
                    stages: seeds.stages,
                    auto_cancel,
                    variables: top.clone(),
                    jobs: seeds.jobs,
                })
            })
        }
    }
}

/// Checks the jobs that were made as a whole.
fn finish(
    mut seeds: seed::Seeds,
    pipeline: impl FnOnce(seed::Seeds) -> Result<Pipeline, Diagnostic>,
) -> Evaluation {
    let mut diagnostics = std::mem::take(&mut seeds.diagnostics);
    if diagnostics.iter().any(Diagnostic::is_error) {
        diagnostics.sort_by_key(|diagnostic| !diagnostic.is_error());
        return Evaluation::refused(diagnostics);
    }
    let deployments = seeds.jobs.iter().filter(|job| job.config.environment.is_some()).count();
    if deployments > MAX_DEPLOYMENTS {
        let message = format!(
            "Pipeline has too many deployments! Requested {deployments}, but the limit is {MAX_DEPLOYMENTS}."
        );
        return Evaluation::refused(vec![Diagnostic::error(Kind::Pipeline, "too-many-deployments", message)]);
    }
    if seeds.jobs.iter().all(|job| matches!(&*job.config.stage.value, ".pre" | ".post")) {
        let empty = Diagnostic::error(Kind::Pipeline, "empty-pipeline", EMPTY);
        return Evaluation { outcome: Outcome::Empty(empty), diagnostics };
    }
    match pipeline(seeds) {
        Ok(pipeline) => Evaluation { outcome: Outcome::Created(pipeline), diagnostics },
        Err(diagnostic) => Evaluation::refused(vec![diagnostic]),
    }
}
