//! What a command reports when it fails: kind, message, causes, advice, exit status.

use crate::config::LoadError;
use std::fmt::Write as _;
use std::process::ExitCode;

/// Exit statuses of this program.
pub(crate) mod exit_code {
    /// Everything went well.
    pub(crate) const SUCCESS: u8 = 0;
    /// Anything else: wrong usage, a broken configuration, a refused token. gitlab-runner uses no other
    /// status, and scripts test for it.
    pub(crate) const FAILURE: u8 = 1;
    /// `ci` commands, which gitlab-runner has not, and which say 1 of a configuration that is refused: they were
    /// called wrongly, or could not do their work.
    pub(crate) const TROUBLE: u8 = 2;
}

/// Who can do something about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The person who typed the command.
    Usage,
    /// The author of config.toml.
    Config,
    /// The outside world: network, coordinator, file system.
    Operation,
    /// Us.
    Internal,
}

/// A command's failure. In a box, since it travels with every result.
#[derive(Debug)]
pub(crate) struct CliError(Box<Parts>);

#[derive(Debug)]
struct Parts {
    kind: ErrorKind,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
    exit_code: u8,
    /// Diagnostics with excerpts, already rendered, and what stands for them on one line.
    report: Option<Report>,
}

#[derive(Debug)]
struct Report {
    excerpts: String,
    line: String,
}

impl CliError {
    /// A failure of a kind.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        let exit_code = exit_code::FAILURE;
        Self(Box::new(Parts {
            kind,
            message,
            causes: Vec::new(),
            hints: Vec::new(),
            exit_code,
            report: None,
        }))
    }

    /// Wrong or incomplete arguments.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Something outside failed.
    pub(crate) fn operation(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Operation, message)
    }

    /// A bug or a machine in no state to run anything.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Adds an error and everything below it.
    pub(crate) fn caused_by(mut self, error: &dyn std::error::Error) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            let cause = error.to_string();
            // Some errors have the words of their sources in their own.
            if self.0.causes.last().is_none_or(|last| !last.ends_with(&cause)) {
                self.0.causes.push(cause);
            }
            next = error.source();
        }
        self
    }

    /// Adds a cause in words.
    pub(crate) fn because(mut self, cause: impl Into<String>) -> Self {
        self.0.causes.push(cause.into());
        self
    }

    /// Adds advice.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hints.push(hint.into());
        self
    }

    /// The same with another status to exit with.
    pub(crate) fn exits_with(mut self, code: u8) -> Self {
        self.0.exit_code = code;
        self
    }

    /// The failure on one line.
    pub(crate) fn one_line(&self) -> String {
        let mut text = self.0.report.as_ref().map_or(&self.0.message, |report| &report.line).clone();
        for cause in &self.0.causes {
            let _ = write!(text, ": {cause}");
        }
        text
    }

    /// What goes to stderr, ending in a line feed.
    pub(crate) fn render(&self) -> String {
        let heading = if self.0.kind == ErrorKind::Internal { "internal error" } else { "error" };
        let mut out = self.0.report.as_ref().map(|report| report.excerpts.clone()).unwrap_or_default();
        let _ = writeln!(out, "{heading}: {}", harmless(&self.0.message));
        for cause in &self.0.causes {
            let _ = writeln!(out, "caused by: {}", harmless(cause));
        }
        for hint in &self.0.hints {
            let _ = writeln!(out, "hint: {}", harmless(hint));
        }
        out
    }

    /// The status to exit with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.0.exit_code)
    }
}

impl From<LoadError> for CliError {
    fn from(error: LoadError) -> Self {
        let mut this = Self::new(ErrorKind::Config, error.to_string());
        let excerpts = error.report();
        if !excerpts.is_empty() {
            let line = std::mem::replace(&mut this.0.message, "the configuration cannot be used".to_owned());
            this.0.report = Some(Report { excerpts, line });
        }
        match std::error::Error::source(&error) {
            Some(source) => this.caused_by(source),
            None => this,
        }
    }
}

/// The same lines, with nothing in them that steers a terminal: messages name what files and servers call themselves.
pub(crate) fn harmless(text: &str) -> String {
    text.lines().map(crate::terminal::clean).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rendering() {
        let error = CliError::operation("cannot save")
            .caused_by(&std::io::Error::from(std::io::ErrorKind::PermissionDenied))
            .hint("use sudo");
        insta::assert_snapshot!(error.render(), @r"
        error: cannot save
        caused by: permission denied
        hint: use sudo
        ");
        assert_eq!(error.one_line(), "cannot save: permission denied");
        let hostile = CliError::usage("no `\u{1b}[31m`").hint("try `a\u{7}`\nor b");
        assert_eq!(hostile.render(), "error: no ` [31m`\nhint: try `a `\nor b\n");
    }
}
