//! What is wrong, where, and how to mend it.

use crate::Span;
use crate::nearby::Nearby;
use serde::Serialize;

/// Whether it refuses the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// GitLab accepts it.
    Warning,
    /// GitLab refuses it.
    Error,
}

/// Which part of the evaluation found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The YAML itself, its header and its inputs.
    Yaml,
    /// `include`.
    Include,
    /// `extends`.
    Extends,
    /// `!reference`.
    Reference,
    /// Keywords and the shapes of their values.
    Structure,
    /// What jobs say of one another and of stages.
    Logic,
    /// The pipeline of one context.
    Pipeline,
    /// Accepted by GitLab, and probably not meant.
    Lint,
}

/// A further place that belongs to a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there, as a fragment of a sentence.
    pub text: String,
}

/// An error or a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it refuses the configuration.
    pub severity: Severity,
    /// Which part of the evaluation found it.
    pub kind: Kind,
    /// The kind of fault, by a stable name of those in [`crate::faults`]: `unknown-keyword`, `undefined-need`.
    pub rule: &'static str,
    /// GitLab's own text where GitLab has one, else ours.
    pub message: String,
    /// Whether the message is GitLab's.
    pub from_gitlab: bool,
    /// GitLab stops at an error before this one and would only tell of it once that is mended.
    pub later: bool,
    /// Where it is.
    pub span: Option<Span>,
    /// What to write beside the caret, as a fragment: `did you mean `script`?`.
    pub note: Option<String>,
    /// Further places.
    pub labels: Vec<Label>,
    /// How to mend it, one sentence each.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error in GitLab's words.
    pub fn error(kind: Kind, rule: &'static str, message: impl Into<String>) -> Self {
        debug_assert!(crate::faults::about(rule).is_some(), "`{rule}` is not among the faults");
        Self {
            severity: Severity::Error,
            kind,
            rule,
            message: message.into(),
            from_gitlab: true,
            later: false,
            span: None,
            note: None,
            labels: Vec::new(),
            help: Vec::new(),
        }
    }

    /// A warning in GitLab's words.
    pub fn warning(kind: Kind, rule: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(kind, rule, message) }
    }

    /// A warning of ours, which GitLab does not give.
    pub fn lint(rule: &'static str, message: impl Into<String>) -> Self {
        Self { from_gitlab: false, ..Self::warning(Kind::Lint, rule, message) }
    }

    /// The same in our own words, where GitLab has none.
    #[must_use]
    pub fn ours(self) -> Self {
        Self { from_gitlab: false, ..self }
    }

    /// The same at a place.
    #[must_use]
    pub fn at(self, span: Span) -> Self {
        Self { span: Some(span), ..self }
    }

    /// The same with words beside the caret.
    #[must_use]
    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    /// The same with a further place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// The same with a way to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Whether it refuses the configuration.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The nearest of some spellings, if one is near enough to have been meant. `-` in the word counts as `_`.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    Nearby::default().search(&word.replace('-', "_"), known)
}
