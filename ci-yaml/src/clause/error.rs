//! What keeps a clause from being decided.

use crate::SourceError;
use crate::variables::ExpansionError;

/// Why a rule could not be decided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// GitLab refuses it as well (`Rules::Rule::Clause::ParseError`).
    #[error("{0}")]
    Refused(String),
    /// What it asks for cannot be told here.
    #[error("{0}")]
    Source(#[from] SourceError),
    /// All patterns of the pipeline together take more than is afforded.
    #[error("too many and too costly patterns to compare with paths")]
    TooMuchMatching,
    /// A text in it could not be expanded.
    #[error(transparent)]
    Expansion(#[from] ExpansionError),
}
