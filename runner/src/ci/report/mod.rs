//! Diagnostics for people: message, place, excerpt, and how to mend it.

mod alike;

use crate::excerpt::{self, Mark};
use crate::terminal::{self, Paint, Style, clean, counted};
use ci_yaml::{Diagnostic, FileId, Severity, SourceMap, Span};
use std::fmt::Write as _;

/// The most diagnostics that are shown at once.
const SHOWN: usize = 200;

/// Writes diagnostics: errors first, then what GitLab would tell later, then warnings.
pub(super) fn write(out: &mut String, diagnostics: &[Diagnostic], files: &SourceMap, style: Style) {
    let groups = [
        (Severity::Error, false, None),
        (Severity::Error, true, Some("GitLab stops there. Once that is mended, it goes on with:")),
        (Severity::Warning, false, None),
    ];
    let mut left = SHOWN;
    let mut any = false;
    for (severity, later, heading) in groups {
        let belongs = |one: &&Diagnostic| {
            one.severity == severity && (one.later == later || severity == Severity::Warning)
        };
        let group: Vec<&Diagnostic> = diagnostics.iter().filter(belongs).collect();
        if group.is_empty() {
            continue;
        }
        if let Some(heading) = heading.filter(|_| any) {
            let _ = writeln!(out, "{}\n", style.paint(Paint::Dim, heading));
        }
        any = true;
        let groups = alike::groups(&group);
        for same in groups.iter().take(left) {
            several(out, same, files, style);
            out.push('\n');
        }
        if groups.len() > left {
            let _ = writeln!(out, "… and {} more\n", groups.len() - left);
        }
        left = left.saturating_sub(groups.len());
    }
}

/// Writes a diagnostic, and in short what is told of others in the same words.
fn several(out: &mut String, same: &[&Diagnostic], files: &SourceMap, style: Style) {
    let Some((first, rest)) = same.split_first() else { return };
    one(out, first, files, style);
    alike::write(out, first, rest, gutter(first), files, style);
}

/// Columns that the line numbers of a diagnostic take.
fn gutter(diagnostic: &Diagnostic) -> usize {
    let labels = diagnostic.labels.iter().map(|label| label.span);
    let lines = diagnostic.span.into_iter().chain(labels).map(|span| span.start.line);
    lines.max().unwrap_or(1).to_string().len()
}

/// Writes one diagnostic.
pub(super) fn one(out: &mut String, diagnostic: &Diagnostic, files: &SourceMap, style: Style) {
    let (word, paint) = match diagnostic.severity {
        Severity::Error => ("error", Paint::Bad),
        Severity::Warning => ("warning", Paint::Warn),
    };
    // GitLab's messages stay in one piece, so that they can be searched for.
    let lines = match diagnostic.from_gitlab {
        true => diagnostic.message.lines().map(|line| clean(line).into_owned()).collect(),
        false => terminal::wrap(&clean(&diagnostic.message), style.columns().saturating_sub(word.len() + 2)),
    };
    for (index, line) in lines.into_iter().enumerate() {
        let line = style.paint(Paint::Strong, line);
        let _ = match index {
            0 => writeln!(out, "{}{} {line}", style.paint(paint, word), style.paint(Paint::Strong, ":")),
            _ => writeln!(out, "{:1$}{line}", "", word.len() + 2),
        };
    }
    let gutter = match diagnostic.span.filter(|span| span.start.line > 0) {
        Some(span) => excerpts(out, diagnostic, span, files, style),
        None => bare(out, diagnostic, files, style),
    };
    for help in &diagnostic.help {
        advice(out, gutter, help, style);
    }
}

/// A diagnostic that belongs to no line.
fn bare(out: &mut String, diagnostic: &Diagnostic, files: &SourceMap, style: Style) -> usize {
    if let Some(file) = diagnostic.span.and_then(|span| files.get(span.file)) {
        let _ = writeln!(out, " {} {}", style.paint(Paint::Dim, "-->"), clean(&file.name));
    }
    if let Some(note) = &diagnostic.note {
        let _ = writeln!(out, "  {} {}", style.paint(Paint::Dim, "="), clean(note));
    }
    1
}

fn advice(out: &mut String, gutter: usize, help: &str, style: Style) {
    let room = style.columns().saturating_sub(gutter + 9).max(20);
    let lines = terminal::wrap(&clean(help), room);
    for (index, line) in lines.iter().enumerate() {
        let lead = match index {
            0 => format!("{} {}", style.paint(Paint::Dim, "="), style.paint(Paint::Good, "help:")),
            _ => " ".repeat(7),
        };
        let _ = writeln!(out, "{:gutter$} {lead} {line}", "");
    }
}

/// The excerpt of the main place with the labels of its file, then those of other files.
fn excerpts(out: &mut String, diagnostic: &Diagnostic, main: Span, files: &SourceMap, style: Style) -> usize {
    let mut spans: Vec<(Span, &str, bool)> =
        vec![(main, diagnostic.note.as_deref().unwrap_or_default(), true)];
    for label in diagnostic.labels.iter().filter(|label| label.span.start.line > 0) {
        spans.push((label.span, &label.text, false));
    }
    let mut order: Vec<FileId> = Vec::new();
    for (span, ..) in &spans {
        if !order.contains(&span.file) {
            order.push(span.file);
        }
    }
    let mut gutter = 1;
    for file in order {
        let mut here: Vec<&(Span, &str, bool)> =
            spans.iter().filter(|(span, ..)| span.file == file).collect();
        let first = here.first().map_or(main, |(span, ..)| *span);
        here.sort_by_key(|(span, ..)| span.start);
        let marks: Vec<Mark<'_>> =
            here.into_iter().map(|(span, label, main)| mark(files, *span, label, *main)).collect();
        gutter = gutter.max(excerpt::write(out, &place(files, first), &marks, style));
    }
    gutter
}

fn mark<'a>(files: &'a SourceMap, span: Span, label: &'a str, main: bool) -> Mark<'a> {
    let line = files.line(span.file, span.start.line).unwrap_or_default();
    let before = to_usize(span.start.column).saturating_sub(1);
    let end = if span.end.line == span.start.line { to_usize(span.end.column) } else { usize::MAX };
    let rest = line.chars().count().saturating_sub(before);
    // Space at the end of a line that goes on is not what is meant.
    let text: String = line.chars().skip(before).collect();
    let trimmed = text.trim_end().chars().count();
    let length = end.saturating_sub(before + 1).min(rest).min(trimmed.max(1));
    Mark { number: to_usize(span.start.line), line, before, length, label, main }
}

fn to_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// `file:line:column`.
pub(super) fn place(files: &SourceMap, span: Span) -> String {
    format!("{}:{}:{}", file_name(files, span.file), span.start.line, span.start.column)
}

/// `file:line`.
pub(super) fn line_of(files: &SourceMap, span: Span) -> String {
    format!("{}:{}", file_name(files, span.file), span.start.line)
}

/// A file's name, and where it is from if that is elsewhere.
pub(super) fn file_name(files: &SourceMap, id: FileId) -> String {
    match files.get(id) {
        Some(file) => clean(&file.name).into_owned(),
        None => "?".to_owned(),
    }
}

/// `2 errors, 1 warning`.
pub(super) fn counts(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|one| one.is_error()).count();
    let warnings = diagnostics.len() - errors;
    match (errors, warnings) {
        (0, warnings) => counted(warnings, "warning"),
        (errors, 0) => counted(errors, "error"),
        _ => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    }
}
