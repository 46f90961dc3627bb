//! What to say of files that cannot be read.

use crate::{Diagnostic, FileIssue, Kind, SourceError};

/// An error of ours about an include.
pub(super) fn ours(rule: &'static str, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Kind::Include, rule, message).ours()
}

/// An error of GitLab's about an include.
pub(super) fn theirs(rule: &'static str, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Kind::Include, rule, message)
}

/// What a source that cannot answer says. `what` is a noun: a path between backquotes, or what was looked for.
pub(super) fn of_source(error: &SourceError, what: &str) -> Diagnostic {
    match error {
        SourceError::File(FileIssue::TooBig(most)) => {
            theirs("include-too-big", format!("{what}: The provided YAML is too big"))
                .help(format!("At most {most} bytes are read of one file."))
        }
        SourceError::File(issue) => ours("include-unreadable", format!("{what} {issue}")),
        SourceError::Unavailable { what, help } => {
            let error = ours("include-unavailable", what.clone());
            match help {
                Some(help) => error.help(help.clone()),
                None => error,
            }
        }
        SourceError::Failed(reason) => ours("include-unreadable", format!("{what} cannot be read: {reason}")),
    }
}
