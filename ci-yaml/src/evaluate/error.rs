//! What can go wrong while the jobs of a pipeline are made.

use crate::clause::RuleError;
use crate::variables::ExpansionError;
use crate::{Diagnostic, Kind, SourceError, Span};

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
