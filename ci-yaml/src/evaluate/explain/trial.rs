//! What rules, `only` and `except` were compared with, clause by clause.

use crate::Span;
use crate::clause::PathsVerdict;
use crate::config::{Need, When};
use crate::evaluate::refs::RefVerdict;
use crate::expression::{self, Expression};
use crate::variables::Item;
use std::sync::Arc;

/// A list of rules that was gone through.
#[derive(Clone, Debug)]
pub struct Trials {
    /// All rules, those behind the one that decided as well.
    pub rules: Vec<RuleTrial>,
    /// The index of the first one that matches.
    pub matched: Option<usize>,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct RuleTrial {
    /// Its index.
    pub index: usize,
    /// Where it was written.
    pub span: Span,
    /// Its clauses up to the first that does not hold; all of them where the rule was not reached, unanswered.
    pub clauses: Vec<Clause>,
    /// What came of it.
    pub outcome: Outcome,
    /// When the job runs if the rule matches; for `workflow`, always or never.
    pub when: When,
}

/// What came of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All its clauses hold.
    Matched,
    /// A clause does not.
    NotMatched,
    /// A rule before it decided.
    NotReached,
    /// It could not be decided, for this reason.
    Failed(String),
}

/// A variable as a condition saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its name.
    pub name: Arc<str>,
    /// Its value and where that comes from; nothing where it is not defined.
    pub item: Option<Item>,
}

/// One condition.
#[derive(Clone, Debug)]
pub enum Clause {
    /// `if`, or one of `variables` of a policy.
    If {
        /// The expression.
        expression: Arc<Expression>,
        /// Where it was written.
        span: Span,
        /// What each part of it gave.
        explanation: expression::Explanation,
        /// The variables in it, each once.
        variables: Vec<Seen>,
    },
    /// `changes`.
    Changes {
        /// Where it was written.
        span: Span,
        /// The patterns as they are written.
        patterns: Vec<Arc<str>>,
        /// `compare_to`, as it is written.
        compare_to: Option<Arc<str>>,
        /// What it came to; nothing where it was not reached.
        verdict: Option<PathsVerdict>,
    },
    /// `exists`.
    Exists {
        /// Where it was written.
        span: Span,
        /// The patterns as they are written.
        patterns: Vec<Arc<str>>,
        /// Another project, as it is written.
        project: Option<Arc<str>>,
        /// What it came to; nothing where it was not reached.
        verdict: Option<PathsVerdict>,
    },
}

impl Clause {
    /// Whether it holds; nothing where it was not reached.
    pub fn holds(&self) -> Option<bool> {
        match self {
            Self::If { explanation, .. } => Some(explanation.truth),
            Self::Changes { verdict, .. } | Self::Exists { verdict, .. } => {
                verdict.as_ref().map(PathsVerdict::holds)
            }
        }
    }
}

/// `only` or `except`.
#[derive(Clone, Debug)]
pub struct PolicyTrial {
    /// Whether it is `except`.
    pub except: bool,
    /// Whether nobody wrote it: the `only: [branches, tags]` of jobs without rules.
    pub implicit: bool,
    /// Where it was written; the job's name where nobody wrote it.
    pub span: Span,
    /// Its conditions: all must hold for `only`, none for `except`.
    pub conditions: Vec<Condition>,
}

impl PolicyTrial {
    /// Whether it lets the job in.
    pub fn lets_in(&self) -> bool {
        self.conditions.iter().all(|condition| condition.holds() != self.except)
    }
}

/// One condition of `only` or `except`.
#[derive(Clone, Debug)]
pub enum Condition {
    /// `refs`: one of these must match.
    Refs(Vec<Element>),
    /// `variables`: one of these must hold.
    Variables(Vec<Clause>),
    /// `changes`.
    Changes(Clause),
    /// `kubernetes`, which never holds here.
    Kubernetes,
}

impl Condition {
    /// Whether it holds.
    pub fn holds(&self) -> bool {
        match self {
            Self::Refs(elements) => elements.iter().any(|element| element.verdict.matches()),
            Self::Variables(clauses) => clauses.iter().any(|clause| clause.holds() == Some(true)),
            Self::Changes(clause) => clause.holds() == Some(true),
            Self::Kubernetes => false,
        }
    }
}

/// A name, a keyword or a pattern.
#[derive(Clone, Debug)]
pub struct Element {
    /// As written.
    pub text: Arc<str>,
    /// Where.
    pub span: Span,
    /// Why it matches or does not.
    pub verdict: RefVerdict,
}

/// A job that is needed.
#[derive(Clone, Debug)]
pub struct NeedTrial {
    /// The need as written.
    pub need: Need,
    /// Whether the job is in the pipeline.
    pub present: bool,
}
