//! Which rule of a list decides (`Gitlab::Ci::Build::Rules`).

use super::world::World;
use crate::clause::{self, RuleError};
use crate::config::Rule;
use crate::variables::Scope;

/// The first rule whose clauses all hold, with its index.
pub(super) fn first_match<'r>(
    world: &World<'_>,
    rules: &'r [Rule],
    scope: &Scope<'_>,
) -> Result<Option<(usize, &'r Rule)>, Failed> {
    for (index, rule) in rules.iter().enumerate() {
        match matches(world, rule, scope) {
            Ok(true) => return Ok(Some((index, rule))),
            Ok(false) => {}
            Err(error) => return Err(Failed { index, error }),
        }
    }
    Ok(None)
}

/// A rule that could not be decided.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    pub(super) index: usize,
    pub(super) error: RuleError,
}

fn matches(world: &World<'_>, rule: &Rule, scope: &Scope<'_>) -> Result<bool, RuleError> {
    if rule.condition.as_ref().is_some_and(|condition| !condition.value.evaluate(scope)) {
        return Ok(false);
    }
    if let Some(changes) = &rule.changes
        && !clause::changes(&world.facts, &changes.value, Some(scope))?.holds()
    {
        return Ok(false);
    }
    match &rule.exists {
        Some(exists) => {
            let tree = Some(&world.context.tree);
            Ok(clause::exists(&world.facts, &exists.value, tree, Some(scope))?.holds())
        }
        None => Ok(true),
    }
}
