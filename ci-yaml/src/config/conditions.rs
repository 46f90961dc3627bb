//! `rules`, `only` and `except` as configured.

use super::{AutoCancel, Needs, When};
use crate::expression::Expression;
use crate::{Span, Spanned};
use indexmap::IndexMap;
use std::sync::Arc;

/// Variables that a rule sets: plain text.
pub type RuleVariables = IndexMap<Arc<str>, Spanned<Arc<str>>>;

/// One rule of a job, of `workflow` or of an `include`. Present clauses must all hold.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// Where it was written.
    pub span: Span,
    /// `if`.
    pub condition: Option<Spanned<Arc<Expression>>>,
    /// `changes`.
    pub changes: Option<Spanned<ChangesClause>>,
    /// `exists`.
    pub exists: Option<Spanned<ExistsClause>>,
    /// `when`.
    pub when: Option<Spanned<When>>,
    /// `start_in`, as written.
    pub start_in: Option<Arc<str>>,
    /// `allow_failure`.
    pub allow_failure: Option<bool>,
    /// `variables`.
    pub variables: RuleVariables,
    /// `needs`.
    pub needs: Option<Needs>,
    /// `interruptible`.
    pub interruptible: Option<bool>,
    /// `auto_cancel`, of `workflow` only.
    pub auto_cancel: AutoCancel,
}

/// How paths are told.
#[derive(Clone, Debug)]
pub enum PathMatch {
    /// Glob patterns (`paths`), not expanded.
    Globs(Vec<Spanned<Arc<str>>>),
    /// One regular expression (`regexp`), not expanded.
    Regexp(Arc<str>),
}

/// `changes`.
#[derive(Clone, Debug)]
pub struct ChangesClause {
    /// Which paths.
    pub paths: PathMatch,
    /// `compare_to`, not expanded.
    pub compare_to: Option<Arc<str>>,
}

/// `exists`.
#[derive(Clone, Debug)]
pub struct ExistsClause {
    /// Which paths.
    pub paths: PathMatch,
    /// `project`, not expanded.
    pub project: Option<Arc<str>>,
    /// `ref`, not expanded.
    pub reference: Option<Arc<str>>,
}

/// `only` or `except`.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Where it was written; the job's name where it is implied.
    pub span: Span,
    /// Whether nobody wrote it: the `only: [branches, tags]` that jobs have without rules.
    pub implicit: bool,
    /// Names, keywords and patterns. Nothing where not given.
    pub refs: Refs,
    /// Expressions, one of which must hold.
    pub variables: Option<Vec<Spanned<Arc<Expression>>>>,
    /// Globs, one of which must match a changed path. Not expanded.
    pub changes: Option<Vec<Spanned<Arc<str>>>>,
    /// `kubernetes: active`.
    pub kubernetes: bool,
}

/// `refs` of a policy.
#[derive(Clone, Debug, Default)]
pub enum Refs {
    /// Not given: no condition.
    #[default]
    Absent,
    /// A list; one of them must match. Null counts as an empty list, which nothing matches.
    List(Vec<Spanned<Arc<str>>>),
}
