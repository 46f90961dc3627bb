//! `workflow`: whether there is a pipeline, its variables, its name, and what cancels it
//! (`Chain::EvaluateWorkflowRules`, `Chain::PopulateMetadata`).

use super::error::too_much;
use super::rules::{self, Failed};
use super::world::World;
use crate::clause::RuleError;
use crate::config::{AutoCancel, Config, When};
use crate::variables::{TopLevel, Undefined};
use crate::{Diagnostic, Kind};

/// How long a pipeline's name may be, in characters.
const MAX_NAME: usize = 255;

/// What GitLab says where `workflow` refuses a pipeline.
const REFUSED: &str = "The pipeline did not run. Review the workflow:rules configuration for the pipeline.";

/// What `workflow` decided.
pub(super) enum Verdict {
    /// There is a pipeline, with these variables of the top level; the index is that of the rule that decided.
    Runs { top: TopLevel, rule: Option<usize> },
    /// There is none.
    Refused(Diagnostic),
    /// A rule could not be decided.
    Failed(Diagnostic),
}

pub(super) fn decide(world: &World<'_>, config: &Config) -> Verdict {
    let top = TopLevel::new(&config.variables);
    let Some(rules) = &config.workflow.rules else { return Verdict::Runs { top, rule: None } };
    let matched = rules::first_match(world, rules, &world.builder.for_workflow(&top));
    match matched {
        Ok(Some((_, rule))) if rule.when.as_ref().is_some_and(|when| when.value == When::Never) => {
            Verdict::Refused(refused().label(rule.span, "this rule decides"))
        }
        Ok(Some((index, rule))) => Verdict::Runs { top: top.with_rule(index, rule), rule: Some(index) },
        Ok(None) => {
            let span = rules.first().map(|rule| rule.span);
            let found = refused();
            Verdict::Refused(match span {
                Some(span) => found.label(span, "no rule matches"),
                None => found,
            })
        }
        Err(Failed { index, error }) => {
            let span = rules.get(index).map(|rule| rule.span).unwrap_or_default();
            match error {
                // GitLab takes such a rule for one with `never`, and does not say why.
                RuleError::Refused(why) => Verdict::Refused(refused().label(span, why)),
                error => Verdict::Failed(error.into_diagnostic("workflow", span)),
            }
        }
    }
}

fn refused() -> Diagnostic {
    Diagnostic::error(Kind::Pipeline, "workflow-refused", REFUSED)
}

/// What cancels the pipeline: what the rule says goes over the rest, key by key.
pub(super) fn auto_cancel(config: &Config, rule: Option<usize>) -> AutoCancel {
    let general = config.workflow.auto_cancel;
    let rules = config.workflow.rules.as_deref().unwrap_or_default();
    match rule.and_then(|index| rules.get(index)).map(|rule| rule.auto_cancel) {
        Some(special) => AutoCancel {
            on_new_commit: special.on_new_commit.or(general.on_new_commit),
            on_job_failure: special.on_job_failure.or(general.on_job_failure),
        },
        None => general,
    }
}

/// The pipeline's name, expanded; nothing where none is left.
pub(super) fn name(world: &World<'_>, config: &Config, top: &TopLevel) -> Result<Option<String>, Diagnostic> {
    let Some(name) = &config.workflow.name else { return Ok(None) };
    let expanded = world.builder.for_name(top).expand_nested(&name.value, Undefined::Empty);
    let expanded = expanded.map_err(|error| too_much("workflow:name", error).at(name.span))?;
    let trimmed = expanded.trim();
    if trimmed.chars().count() > MAX_NAME {
        let message =
            format!("Failed to build pipeline metadata! Name is too long (maximum is {MAX_NAME} characters)");
        return Err(Diagnostic::error(Kind::Pipeline, "pipeline-name", message).at(name.span));
    }
    Ok((!trimmed.is_empty()).then(|| trimmed.to_owned()))
}
