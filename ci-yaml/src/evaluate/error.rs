//! What can go wrong while the jobs of a pipeline are made.

use crate::variables::ExpansionError;
use crate::{Diagnostic, Kind, SourceError, Span};

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

impl RuleError {
    /// As an error of the pipeline: `Failed to parse rule for <job>: …`, or what we lack.
    pub(super) fn into_diagnostic(self, owner: &str, span: Span) -> Diagnostic {
        let message = |error: &dyn std::fmt::Display| format!("Failed to parse rule for {owner}: {error}");
        match self {
            Self::Refused(text) => Diagnostic::error(Kind::Pipeline, "rule-failed", message(&text)).at(span),
            Self::Source(SourceError::Unavailable { what, help }) => {
                let found =
                    Diagnostic::error(Kind::Pipeline, "rule-undecided", message(&what)).ours().at(span);
                match help {
                    Some(help) => found.help(help),
                    None => found,
                }
            }
            Self::Source(other) => {
                Diagnostic::error(Kind::Pipeline, "rule-undecided", message(&other)).ours().at(span)
            }
            Self::Expansion(error) => too_much(owner, error).at(span),
            Self::TooMuchMatching => limit(owner, &self).at(span),
        }
    }
}

/// An error for variables that expand without end.
pub(super) fn too_much(owner: &str, error: ExpansionError) -> Diagnostic {
    limit(owner, &error)
}

fn limit(owner: &str, error: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error(Kind::Pipeline, LIMIT, format!("{owner}: {error}"))
        .ours()
        .help("This limit is ours: GitLab would work on it until it gives up.")
}

/// The name of errors about limits that GitLab does not have.
pub(super) const LIMIT: &str = "evaluation-limit";
