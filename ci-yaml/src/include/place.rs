//! Where a file comes from, which decides what its own includes may name and see.

use crate::expression::Lookup;
use crate::variables::{Scope, Undefined, expand};
use crate::{ComponentFacts, Tree};
use std::sync::Arc;

/// The surroundings of a file (`External::Context`).
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Its project and revision. What comes from the web and GitLab's templates have none.
    pub(super) tree: Option<Tree>,
    /// Whether its includes see variables.
    pub(super) sees_variables: bool,
    /// The component it belongs to.
    pub(super) component: Option<Arc<ComponentFacts>>,
    /// Its path, if it was included as a local file: a wildcard in it does not include it again.
    pub(super) file: Option<Arc<str>>,
}

impl Place {
    /// Outside of all files of a tree.
    pub(super) fn of_tree(tree: Tree) -> Self {
        Self { tree: Some(tree), sees_variables: true, component: None, file: None }
    }

    /// A file of the same tree that this one includes.
    pub(super) fn local(&self, path: &str) -> Self {
        Self { file: Some(path.into()), ..self.clone() }
    }

    /// A file of another tree that this one includes. The tree is new, the variables stay.
    pub(super) fn other_tree(&self, tree: Tree) -> Self {
        Self { tree: Some(tree), file: None, ..self.clone() }
    }

    /// A file without a project that this one includes.
    pub(super) fn nowhere(&self) -> Self {
        Self { tree: None, sees_variables: false, component: self.component.clone(), file: None }
    }
}

/// The variables that a file's includes see.
#[derive(Clone, Copy)]
pub(super) struct Variables<'a>(pub(super) Option<&'a Scope<'a>>);

impl Variables<'_> {
    /// A text with its references replaced, undefined ones by nothing.
    pub(super) fn expand(&self, text: &str) -> String {
        expand(text, self, Undefined::Empty)
    }
}

impl Lookup for Variables<'_> {
    fn variable(&self, name: &str) -> Option<Arc<str>> {
        self.0?.variable(name)
    }
}
