//! What is said of a document that cannot be used: GitLab's text, and how to mend it.

mod syntax;

use super::scalar::Refusal;
use super::syntax::Mark;
use crate::diagnostic::nearest;
use crate::{Diagnostic, FileId, Kind, Node, Position, Span, Value};
use std::ops::Range;
pub(super) use syntax::{control_character, syntax};

/// A document as a part of a file.
pub(super) struct Source<'a> {
    /// The whole file.
    pub(super) text: &'a str,
    /// Its number.
    pub(super) file: FileId,
    /// Where in it the document is.
    pub(super) document: Range<usize>,
}

impl<'a> Source<'a> {
    /// From one place to another.
    pub(super) fn span(&self, start: Mark, end: Mark) -> Span {
        Span { file: self.file, start: start.position, end: end.position }
    }

    /// One character.
    pub(super) fn point(&self, mark: Mark) -> Span {
        let start = mark.position;
        Span { file: self.file, start, end: Position { column: start.column + 1, ..start } }
    }

    /// The beginning of the file.
    pub(super) fn start(&self) -> Span {
        let start = Position { line: 1, column: 1 };
        Span { file: self.file, start, end: start }
    }

    /// The document's text.
    pub(super) fn document(&self) -> &'a str {
        self.text.get(self.document.clone()).unwrap_or_default()
    }

    /// The line of the file that a place is in, and what of it lies before the place.
    fn line(&self, mark: Mark) -> (&'a str, &'a str) {
        let at = mark.at as usize;
        let before = self.text.get(..at).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
        (line, before.get(start..).unwrap_or_default())
    }
}

const TOO_BIG: &str = "The parsed YAML is too big";

/// The file has more bytes than allowed. Nothing of it was read.
pub(super) fn too_many_bytes(file: FileId, bytes: usize, limit: usize) -> Diagnostic {
    let start = Position { line: 1, column: 1 };
    Diagnostic::error(Kind::Yaml, "yaml-too-big", "The provided YAML is too big")
        .at(Span { file, start, end: start })
        .note(format!("{} of at most {}", megabytes(bytes), megabytes(limit)))
        .help("Split the file, and take the parts in with `include`.")
}

/// A collection nests too deeply.
pub(super) fn too_deep(span: Span, limit: usize) -> Diagnostic {
    too_big(span, &format!("nested deeper than {limit} levels"))
}

/// The value takes too much memory.
pub(super) fn too_large(span: Span, limit: usize) -> Diagnostic {
    too_big(span, &format!("takes more than {} in memory, each alias counting in full", megabytes(limit)))
        .help("Use fewer aliases of large values: `extends` and `!reference` do not count.")
}

/// The document contains itself.
pub(super) fn cyclic(span: Span) -> Diagnostic {
    too_big(span, "this alias stands for what it is a part of").help("Let the alias name something else.")
}

fn too_big(span: Span, note: &str) -> Diagnostic {
    Diagnostic::error(Kind::Yaml, "yaml-too-big", TOO_BIG).at(span).note(note)
}

/// The document is no map.
pub(super) fn not_a_map(node: &Node) -> Diagnostic {
    let what = match &node.value {
        Value::Seq(_) => "a list",
        Value::Reference(_) => "a reference",
        _ => "text",
    };
    Diagnostic::error(Kind::Yaml, "yaml-format", "Invalid configuration format")
        .at(node.span)
        .note(format!("this is {what}, not a map"))
        .help("A configuration consists of keywords and jobs, each with a `:` behind its name.")
}

/// An alias names nothing.
pub(super) fn unknown_alias<'n>(
    source: &Source<'_>,
    name: &str,
    known: impl Iterator<Item = &'n str>,
    span: Span,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(Kind::Yaml, "yaml-alias", format!("Unknown alias: {name}")).at(span);
    // In an order of their own, so that it is always the same one.
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    let diagnostic = match nearest(name, known) {
        Some(near) => diagnostic.note(format!("did you mean `*{near}`?")),
        None => diagnostic.note("no anchor before this has that name"),
    };
    let anchor = format!("&{name}");
    let is_elsewhere = source.text.match_indices(&anchor).any(|(at, _)| {
        let next = source.text[at + anchor.len()..].chars().next();
        next.is_none_or(char::is_whitespace)
    });
    if is_elsewhere {
        diagnostic.help(format!("Anchor `{anchor}` must stand before its aliases, in the same document."))
    } else {
        diagnostic
            .help("Anchors are known within their own file only. `extends` and `!reference` reach further.")
    }
}

/// Ruby makes nothing of a value.
pub(super) fn refused(refusal: &Refusal, text: &str, is_tag: bool, span: Span) -> Diagnostic {
    let Refusal::Class(class) = refusal else {
        return Diagnostic::error(Kind::Yaml, "yaml-value", "Invalid YAML syntax")
            .at(span)
            .note("Ruby can make no value of this")
            .help("Remove the tag, or quote the text.");
    };
    let message = format!("Tried to load unspecified class: {class}");
    let diagnostic = Diagnostic::error(Kind::Yaml, "yaml-class", message).at(span);
    if is_tag {
        return diagnostic
            .note("GitLab permits no objects")
            .help("Remove the tag; of those that GitLab adds there is only `!reference`.");
    }
    let what = if class == "Date" { "a date" } else { "a time" };
    diagnostic
        .note(format!("without quotes this is {what}"))
        .help(format!("Quote it, if it is meant as text: \"{text}\"."))
}

fn megabytes(bytes: usize) -> String {
    const MEBIBYTE: usize = 1 << 20;
    match bytes {
        MEBIBYTE.. if bytes.is_multiple_of(MEBIBYTE) => format!("{} MiB", bytes / MEBIBYTE),
        MEBIBYTE.. => format!("{}.{} MiB", bytes / MEBIBYTE, bytes % MEBIBYTE * 10 / MEBIBYTE),
        _ => format!("{bytes} bytes"),
    }
}
