//! Why a statement is not one.

use super::evaluate::Failure;
use super::hint;
use crate::matching::pattern::PatternError;

/// What is wrong with a statement, and where. The server only says `invalid expression syntax`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct SyntaxError {
    /// Where it begins: bytes from the start of the statement.
    pub offset: usize,
    /// How many bytes it concerns; may be none, at the end.
    pub length: usize,
    /// What it is.
    pub problem: Problem,
    /// How to mend it, in a sentence.
    pub hint: Option<String>,
}

/// What can be wrong with a statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Nothing but white space and parentheses.
    #[error("there is no value")]
    Empty,
    /// What no token begins with.
    #[error("`{0}` is not part of the language")]
    Unknown(String),
    /// More than [`super::MOST_TOKENS`] tokens.
    #[error("more than 99 values, operators and parentheses")]
    TooLong,
    /// No second quote on the same line.
    #[error("text without a closing {0}")]
    UnclosedText(char),
    /// No second slash.
    #[error("a regular expression without a closing slash")]
    UnclosedRegex,
    /// Nothing, or a single character, between two slashes.
    #[error("a regular expression needs two characters or more")]
    ShortRegex,
    /// RE2 does not take it.
    #[error("{0}")]
    BadRegex(#[from] PatternError),
    /// An operator without something on its left.
    #[error("nothing on the left of `{0}`")]
    NoLeft(&'static str),
    /// An operator without something on its right.
    #[error("nothing on the right of `{0}`")]
    NoRight(&'static str),
    /// Two values with no operator between them.
    #[error("no operator before `{0}`")]
    NoOperator(String),
    /// A parenthesis that is not closed.
    #[error("`(` is not closed")]
    Unclosed,
    /// A closing parenthesis without an opening one.
    #[error("`)` without `(`")]
    Unopened,
    /// `=~` with what is neither text nor a regular expression on its right: the server fails.
    #[error("`{operator}` needs a regular expression, not {found}")]
    NotARegex {
        /// `=~` or `!~`.
        operator: &'static str,
        /// What is on its right.
        found: String,
    },
    /// `==` with a regular expression on its left alone: the server fails.
    #[error("`{0}` cannot compare a regular expression with something else")]
    RegexCompared(&'static str),
    /// The work of matching a regular expression is out of proportion.
    #[error("the regular expression and the text are too large to be matched")]
    TooMuchWork,
}

impl SyntaxError {
    pub(super) fn at(offset: usize, length: usize, problem: Problem) -> Self {
        Self { offset, length, problem, hint: None }
    }

    pub(super) fn hint(self, hint: impl Into<Option<String>>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    pub(super) fn from_failure(failure: Failure) -> Self {
        let hint = hint::for_failure(&failure);
        Self::at(failure.range.start, failure.range.len(), failure.problem).hint(hint)
    }
}
