//! `only` and `except` (`Gitlab::Ci::Build::Policy`).

use super::world::World;
use crate::clause::{How, PathsVerdict, RuleError};
use crate::config::{Policy, Refs};
use crate::variables::Scope;
use crate::{Changed, Spanned};
use std::sync::Arc;

/// Whether every condition of `only` holds.
pub(super) fn all_hold(world: &World<'_>, policy: &Policy, scope: &Scope<'_>) -> Result<bool, RuleError> {
    let failing = conditions(world, policy, scope).find(|holds| !matches!(holds, Ok(true)));
    failing.unwrap_or(Ok(true))
}

/// Whether any condition of `except` holds.
pub(super) fn any_holds(world: &World<'_>, policy: &Policy, scope: &Scope<'_>) -> Result<bool, RuleError> {
    let holding = conditions(world, policy, scope).find(|holds| !matches!(holds, Ok(false)));
    holding.unwrap_or(Ok(false))
}

/// Which of the conditions that were given hold, each asked for when it is needed.
fn conditions(
    world: &World<'_>,
    policy: &Policy,
    scope: &Scope<'_>,
) -> impl Iterator<Item = Result<bool, RuleError>> {
    let refs = match &policy.refs {
        Refs::Absent => None,
        Refs::List(list) => Some(list),
    };
    let refs = refs
        .into_iter()
        .map(move |list| Ok(list.iter().any(|element| world.judge(&element.value).matches())));
    let variables = policy.variables.iter();
    let variables =
        variables.map(move |list| Ok(list.iter().any(|expression| expression.value.evaluate(scope))));
    let paths = policy.changes.iter().map(move |globs| Ok(changes(world, globs)?.holds()));
    // No cluster is attached to a pipeline here.
    let kubernetes = policy.kubernetes.then_some(Ok(false)).into_iter();
    refs.chain(variables).chain(paths).chain(kubernetes)
}

/// Globs as they are written against the paths that changed.
pub(super) fn changes(world: &World<'_>, globs: &[Spanned<Arc<str>>]) -> Result<PathsVerdict, RuleError> {
    let patterns: Vec<Arc<str>> = globs.iter().map(|glob| glob.value.clone()).collect();
    Ok(match &world.context.changed {
        Changed::Unknown => PathsVerdict::Unknown,
        Changed::Paths(paths) => {
            let verdict = world.facts.comparisons.patterns(How::Policy, &patterns, paths)?;
            PathsVerdict::new(verdict, patterns, paths)
        }
    })
}
