//! Resolves `extends`, then `!reference`.
//!
//! GitLab does so over the one map that all files make together (`Gitlab::Ci::Config::Extendable`, then
//! `Gitlab::Ci::Config::Yaml::Tags::Resolver`). References therefore see what `extends` brought in, and cannot be
//! used in `extends` itself.
//!
//! A value keeps the place where it was written, whichever way it came into an entry; [`came_through`] tells that
//! way.

mod graph;
mod inherit;
mod issues;
mod origin;
mod reference;
mod size;
mod survey;

#[cfg(test)]
mod tests;

pub use origin::came_through;

use crate::include::Included;
use crate::{Diagnostic, Map};
use std::sync::Arc;

/// A configuration without `extends` and `!reference` left to resolve. The `extends` keys are still there.
#[derive(Clone, Debug)]
pub struct Extended {
    /// The whole configuration.
    pub root: Arc<Map>,
}

/// Errors after this many are not collected: nobody reads them, and a file can hold very many.
const MOST_ERRORS: usize = 100;

/// Resolves `extends`, then `!reference`.
///
/// # Errors
/// The first is the one that GitLab stops at; the others, marked as [`Diagnostic::later`], are there as well. What
/// GitLab would accept and what is larger than [`LARGEST`] when it is written out is refused too.
pub fn resolve(included: &Included) -> Result<Extended, Vec<Diagnostic>> {
    let root = inherit::resolve(&included.root)?;
    let root = reference::resolve(&root)?;
    Ok(Extended { root })
}

pub use size::LARGEST;

/// Marks all but the first as those that GitLab does not tell of yet.
fn first_counts(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.truncate(MOST_ERRORS);
    diagnostics.iter_mut().skip(1).for_each(|diagnostic| diagnostic.later = true);
    diagnostics
}
