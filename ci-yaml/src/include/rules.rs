//! Whether the rules of an include let it in (`External::Rules`).

use super::failure::{of_source, ours, theirs};
use super::place::{Place, Variables};
use crate::clause::{self, Facts, PathsVerdict, RuleError};
use crate::config::{Rule, When};
use crate::{Diagnostic, Span};

/// What the rules say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is included.
    In,
    /// It is not: for this rule, or because none holds.
    Out(Option<Span>),
}

/// Finds the first rule that holds.
///
/// # Errors
/// Where a clause cannot be evaluated.
pub(super) fn decide(
    rules: &[Rule],
    facts: &Facts<'_>,
    place: &Place,
    variables: Variables<'_>,
) -> Result<Decision, Diagnostic> {
    for rule in rules {
        if holds(rule, facts, place, variables)? {
            let left_out = rule.when.as_ref().is_some_and(|when| when.value == When::Never);
            return Ok(if left_out { Decision::Out(Some(rule.span)) } else { Decision::In });
        }
    }
    Ok(Decision::Out(None))
}

fn holds(
    rule: &Rule,
    facts: &Facts<'_>,
    place: &Place,
    variables: Variables<'_>,
) -> Result<bool, Diagnostic> {
    if rule.condition.as_ref().is_some_and(|condition| !condition.value.evaluate(&variables)) {
        return Ok(false);
    }
    if let Some(changes) = &rule.changes {
        let verdict = clause::changes(facts, &changes.value, variables.0);
        if !decided(verdict, "what changed", changes.span)? {
            return Ok(false);
        }
    }
    let Some(exists) = &rule.exists else { return Ok(true) };
    let verdict = clause::exists(facts, &exists.value, place.tree.as_ref(), variables.0);
    decided(verdict, "the files of the project", exists.span)
}

fn decided(verdict: Result<PathsVerdict, RuleError>, asked: &str, span: Span) -> Result<bool, Diagnostic> {
    let error = match verdict {
        Ok(verdict) => return Ok(verdict.holds()),
        Err(RuleError::Refused(text)) => theirs("include-rule", format!("include:{text}")),
        Err(RuleError::Source(error)) => of_source(&error, asked),
        Err(error @ (RuleError::TooMuchMatching | RuleError::Expansion(_))) => {
            ours("include-rule", format!("include:{error}"))
        }
    };
    Err(error.at(span))
}
