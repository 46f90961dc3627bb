//! What clauses ask for, each asked once: paths that changed, and paths of trees.

use super::comparisons::Comparisons;
use super::error::RuleError;
use crate::{Context, SourceError, Sources, Tree};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

type Paths = Arc<[String]>;

/// The context, what was asked of its sources already, and what was compared.
pub(crate) struct Facts<'a> {
    pub(crate) context: &'a Context,
    pub(crate) sources: &'a dyn Sources,
    compared: RefCell<HashMap<String, Result<Option<Paths>, SourceError>>>,
    trees: RefCell<HashMap<Tree, Paths>>,
    pub(crate) comparisons: Comparisons,
}

impl<'a> Facts<'a> {
    pub(crate) fn new(context: &'a Context, sources: &'a dyn Sources) -> Self {
        Self {
            context,
            sources,
            compared: RefCell::default(),
            trees: RefCell::default(),
            comparisons: Comparisons::default(),
        }
    }

    /// The paths that changed since the head commit left a branch, tag or commit.
    pub(super) fn changed_since(&self, compare_to: &str) -> Result<Paths, RuleError> {
        let mut compared = self.compared.borrow_mut();
        if !compared.contains_key(compare_to) {
            let found = self.sources.changed_since(&self.context.tree, compare_to);
            compared.insert(compare_to.to_owned(), found);
        }
        match compared.get(compare_to).cloned() {
            Some(Ok(Some(paths))) => Ok(paths),
            Some(Err(error)) => Err(error.into()),
            Some(Ok(None)) | None => {
                Err(RuleError::Refused("rules:changes:compare_to is not a valid ref".into()))
            }
        }
    }

    /// All tracked paths of a tree.
    pub(super) fn paths(&self, tree: &Tree) -> Result<Paths, RuleError> {
        if let Some(known) = self.trees.borrow().get(tree) {
            return Ok(known.clone());
        }
        let paths = self.sources.paths(tree)?;
        self.trees.borrow_mut().insert(tree.clone(), paths.clone());
        Ok(paths)
    }
}
