//! `only` and `except` (`Gitlab::Ci::Build::Policy`).

use super::world::World;
use crate::config::{Policy, Refs};
use crate::matching::changes::{self, Verdict};
use crate::variables::Scope;
use crate::{Changed, Spanned};
use std::sync::Arc;

/// Whether every condition of `only` holds.
pub(super) fn all_hold(world: &World<'_>, policy: &Policy, scope: &Scope<'_>) -> bool {
    conditions(world, policy, scope).all(|holds| holds)
}

/// Whether any condition of `except` holds.
pub(super) fn any_holds(world: &World<'_>, policy: &Policy, scope: &Scope<'_>) -> bool {
    conditions(world, policy, scope).any(|holds| holds)
}

/// Which of the conditions that were given hold, each asked for when it is needed.
fn conditions(world: &World<'_>, policy: &Policy, scope: &Scope<'_>) -> impl Iterator<Item = bool> {
    let refs = match &policy.refs {
        Refs::Absent => None,
        Refs::List(list) => Some(list),
    };
    let refs = refs.into_iter().map(move |list| {
        list.iter().any(|element| world.refs.judge(world.context, &element.value).matches())
    });
    let variables = policy
        .variables
        .iter()
        .map(move |list| list.iter().any(|expression| expression.value.evaluate(scope)));
    let paths = policy.changes.iter().map(move |globs| match &world.context.changed {
        Changed::Unknown => true,
        Changed::Paths(paths) => changed(globs, paths).holds(),
    });
    // No cluster is attached to a pipeline here.
    let kubernetes = policy.kubernetes.then_some(false).into_iter();
    refs.chain(variables).chain(paths).chain(kubernetes)
}

/// Globs as they are written against the paths that changed.
pub(super) fn changed(globs: &[Spanned<Arc<str>>], paths: &[String]) -> Verdict {
    let globs: Vec<&str> = globs.iter().map(|glob| &*glob.value).collect();
    changes::policy(&globs, paths)
}
