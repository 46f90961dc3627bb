//! Errors and warnings in a plan.

use crate::{Diagnostic, SourceMap, Span};
use serde::Serialize;

/// Where something was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Place<'a> {
    /// The file, as messages name it.
    pub file: &'a str,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl<'a> Place<'a> {
    /// The beginning of a span; nothing where its file is not known.
    pub fn new(span: Span, files: &'a SourceMap) -> Option<Self> {
        let file = files.get(span.file)?;
        Some(Self { file: &file.name, line: span.start.line, column: span.start.column })
    }
}

/// An error or a warning.
#[derive(Clone, Debug, Serialize)]
pub struct Finding<'a> {
    /// GitLab's own text where GitLab has one.
    pub message: &'a str,
    /// A stable name of its kind.
    pub rule: &'static str,
    /// Where it is.
    #[serde(flatten)]
    pub place: Option<Place<'a>>,
    /// What is to be said of that place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'a str>,
    /// Further places.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label<'a>>,
    /// How to mend it.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub help: &'a [String],
    /// Whether GitLab tells of it only once all before it are mended.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub later: bool,
}

/// A further place.
#[derive(Clone, Debug, Serialize)]
pub struct Label<'a> {
    /// Where.
    #[serde(flatten)]
    pub place: Place<'a>,
    /// What is there.
    pub text: &'a str,
}

impl<'a> Finding<'a> {
    /// A diagnostic as it is told.
    pub fn new(diagnostic: &'a Diagnostic, files: &'a SourceMap) -> Self {
        let label = |label: &'a crate::Label| {
            Some(Label { place: Place::new(label.span, files)?, text: &label.text })
        };
        Self {
            message: &diagnostic.message,
            rule: diagnostic.rule,
            place: diagnostic.span.and_then(|span| Place::new(span, files)),
            note: diagnostic.note.as_deref(),
            labels: diagnostic.labels.iter().filter_map(label).collect(),
            help: &diagnostic.help,
            later: diagnostic.later,
        }
    }
}
