//! What the jobs of an evaluation share.

use super::refs::{RefPatterns, RefVerdict};
use crate::clause::Facts;
use crate::variables::Builder;
use crate::{Context, Sources};
use std::sync::Arc;

/// The context, its variables, and what was asked and compared already.
pub(super) struct World<'a> {
    pub(super) context: &'a Context,
    pub(super) sources: &'a dyn Sources,
    pub(super) facts: Facts<'a>,
    pub(super) builder: Builder<'a>,
    refs: RefPatterns,
}

impl<'a> World<'a> {
    pub(super) fn new(context: &'a Context, sources: &'a dyn Sources) -> Self {
        Self {
            context,
            sources,
            facts: Facts::new(context, sources),
            builder: Builder::new(context),
            refs: RefPatterns::default(),
        }
    }

    /// What an element of `only:refs` or `except:refs` says of the pipeline.
    pub(super) fn judge(&self, element: &Arc<str>) -> RefVerdict {
        self.refs.judge(self.context, element, &|steps| self.builder.afford(steps))
    }
}
