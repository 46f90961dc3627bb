//! Why a job is in the pipeline of a context or not: the same decisions as [`super::evaluate`] makes, each with what it
//! was made of.

mod attempt;
mod steps;
mod trial;
mod ways;
mod wish;

#[cfg(test)]
mod tests;

pub use trial::{Clause, Condition, Element, NeedTrial, Outcome, PolicyTrial, RuleTrial, Seen, Trials};
pub use wish::{Relation, Wish};

use super::Skip;
use crate::config::{AllowFailure, Config, Need, When};
use crate::diagnostic::nearest;
use crate::{Context, Diagnostic, Sources, Span};
use std::sync::Arc;

/// Why a job is in a pipeline or not.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The job.
    pub job: Arc<str>,
    /// Where its name was written.
    pub span: Option<Span>,
    /// What was looked at, in order, up to what decided.
    pub steps: Vec<Step>,
    /// What came of it.
    pub decision: Decision,
    /// For a job that is not in: what would have to be different. Each member of the outer list is one way; all that is
    /// in it is needed for it. Ways that begin with what is the case already do not repeat it.
    pub ways: Vec<Vec<Wish>>,
}

/// Whether a job is in a pipeline.
#[derive(Clone, Debug)]
pub enum Decision {
    /// It is.
    In {
        /// When it runs.
        when: When,
        /// Whether and when its failure is forgiven.
        allow_failure: AllowFailure,
        /// The index of the rule that let it in, if one did.
        rule: Option<usize>,
        /// What it waits for; nothing: for stages.
        needs: Option<Vec<Need>>,
    },
    /// It is not, for this reason.
    Out(Reason),
}

/// Why a job is not in a pipeline.
#[derive(Clone, Debug)]
pub enum Reason {
    /// There is no such job. These are meant, perhaps: instances of a parallel job of that name, or the nearest spelling.
    Unknown {
        /// Names of jobs.
        similar: Vec<Arc<str>>,
    },
    /// The pipeline was refused before the configuration was read.
    Refused(Diagnostic),
    /// The pipeline has no jobs at all.
    Skipped(Skip),
    /// `workflow` let no pipeline through, or could not decide.
    Workflow(Diagnostic),
    /// A chat command asked for another job alone.
    Chat {
        /// The job it asked for.
        wanted: String,
    },
    /// No rule matches.
    NoRule,
    /// A rule with `never` matches first.
    Never {
        /// Its index.
        rule: usize,
    },
    /// A rule could not be decided.
    RuleFailed(Diagnostic),
    /// `only` is not fulfilled.
    Only,
    /// `except` is.
    Except,
    /// The job would be in, and the pipeline is refused: for needs that are not there, for variables that refer to one
    /// another, for other jobs.
    Invalid(Vec<Diagnostic>),
    /// The job would be in, and there are only jobs of `.pre` and `.post`.
    Empty(Diagnostic),
}

/// One step to a decision.
#[derive(Clone, Debug)]
pub enum Step {
    /// `[ci skip]` was looked for; this was found.
    Skip(Option<Skip>),
    /// The rules of `workflow`.
    Workflow(Trials),
    /// The job's rules.
    Rules(Trials),
    /// `only` or `except`.
    Policy(PolicyTrial),
    /// The job has no condition at all.
    NoCondition,
    /// The jobs that it needs.
    Needs(Vec<NeedTrial>),
}

/// Explains what becomes of a job of a normalised configuration without errors.
pub fn explain(config: &Config, context: &Context, sources: &dyn Sources, job: &str) -> Explanation {
    match config.jobs.get(job) {
        Some(job) => steps::explain(config, context, sources, job),
        None => Explanation {
            job: job.into(),
            span: None,
            steps: Vec::new(),
            decision: Decision::Out(Reason::Unknown { similar: similar(config, job) }),
            ways: Vec::new(),
        },
    }
}

fn similar(config: &Config, name: &str) -> Vec<Arc<str>> {
    let is_instance = |base: &Arc<str>| &**base == name;
    let of_base = config.jobs.values();
    let of_base =
        of_base.filter(|job| job.instance.as_ref().is_some_and(|instance| is_instance(&instance.base)));
    let instances: Vec<_> = of_base.map(|job| job.name.clone()).collect();
    if !instances.is_empty() {
        return instances;
    }
    nearest(name, config.jobs.keys().map(|name| &**name)).map(Into::into).into_iter().collect()
}
