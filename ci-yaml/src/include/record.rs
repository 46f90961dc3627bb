//! What became of each include.

use crate::{FileId, Span};
use serde::Serialize;

/// What an include names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IncludeKind {
    /// A file of the same project.
    Local,
    /// A file of another project.
    Project,
    /// A file on the web.
    Remote,
    /// One of GitLab's own.
    Template,
    /// A component.
    Component,
    /// What a job of the parent pipeline made.
    Artifact,
}

impl IncludeKind {
    /// Its key.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Project => "project",
            Self::Remote => "remote",
            Self::Template => "template",
            Self::Component => "component",
            Self::Artifact => "artifact",
        }
    }
}

/// What became of an include.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncludeOutcome {
    /// It was read as this file.
    Included(FileId),
    /// Its rules left it out: this rule, or none of them held.
    LeftOut(Option<Span>),
    /// It is a wildcard that matches no file.
    NoMatch,
    /// There is an error, or reading ended before it.
    Failed,
}

/// An `include`, in the order they are met. One with a wildcard or several files has a record for each file.
#[derive(Clone, Debug)]
pub struct IncludeRecord {
    /// What it names.
    pub kind: IncludeKind,
    /// The path, URL, name or address as written.
    pub written: String,
    /// The same with variables and wildcards resolved, masked values hidden.
    pub location: String,
    /// The project of the file, where that is not the including file's.
    pub project: Option<String>,
    /// The branch, tag or commit that was asked for.
    pub reference: Option<String>,
    /// Where the include was written; its file is the one that includes.
    pub span: Span,
    /// Whether it brings declarations of inputs (`spec:include`).
    pub of_header: bool,
    /// What became of it.
    pub outcome: IncludeOutcome,
}
