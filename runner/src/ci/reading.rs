//! Which files a configuration was made of, and which it left out.

use super::report::line_of;
use super::table::{Cell, Table};
use crate::terminal::{Paint, Style, clean, counted};
use ci_yaml::include::{IncludeOutcome, IncludeRecord};
use ci_yaml::{Checked, FileId, SourceMap};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The include that a file was read by.
fn by(includes: &[IncludeRecord], id: FileId) -> Option<&IncludeRecord> {
    includes.iter().find(|include| include.outcome == IncludeOutcome::Included(id))
}

/// Why an include brought nothing; nothing where it did.
fn why_not(include: &IncludeRecord) -> Option<&'static str> {
    match include.outcome {
        IncludeOutcome::Included(_) => None,
        IncludeOutcome::LeftOut(Some(_)) => Some("a rule says never"),
        IncludeOutcome::LeftOut(None) => Some("no rule matches"),
        IncludeOutcome::NoMatch => Some("no file matches"),
        IncludeOutcome::Failed => Some("not read"),
    }
}

/// Writes the list.
pub(super) fn write(out: &mut String, checked: &Checked, style: Style) {
    let (files, includes) = (&checked.files, checked.includes.as_slice());
    let mut table = Table::new(["", "", ""]);
    let mut names = 0;
    for (id, file) in files.iter() {
        names += 1;
        let (kind, place) = match by(includes, id) {
            Some(include) => (described(include), line_of(files, include.span)),
            None => (file.origin.as_deref().map(clean).unwrap_or_default().into_owned(), String::new()),
        };
        let quiet = |text: &str| Cell::new(text).painted(Paint::Dim);
        table.row(vec![Cell::new(&file.name), quiet(&kind), quiet(&place)]);
    }
    if names > 0 {
        let _ = writeln!(out, "{} read:", counted(names, "file"));
        table.write(out, style);
    }
    let mut table = Table::new(["", "", ""]);
    for include in includes {
        if let Some(why) = why_not(include) {
            let cells = [include.location.as_str(), why, &line_of(files, include.span)];
            table.row(cells.into_iter().map(|text| Cell::new(text).painted(Paint::Dim)).collect());
        }
    }
    if !table.is_empty() {
        let _ = writeln!(out, "Not included:");
        table.write(out, style);
    }
}

fn described(include: &IncludeRecord) -> String {
    let kind = include.kind.as_str();
    match (&include.project, &include.reference) {
        (Some(project), Some(reference)) => format!("{kind} {project}@{reference}"),
        (Some(project), None) => format!("{kind} {project}"),
        (None, _) => kind.to_owned(),
    }
}

/// The same for programs.
pub(super) fn json(checked: &Checked) -> (Vec<Value>, Vec<Value>) {
    let (files, includes) = (&checked.files, checked.includes.as_slice());
    let read = files.iter().map(|(id, file)| {
        let include = by(includes, id);
        let from = include.map(|include| place(files, include));
        json!({"name": file.name, "origin": file.origin, "kind": include.map(|one| one.kind), "included_by": from})
    });
    let left_out = includes.iter().filter_map(|include| {
        let why = why_not(include)?;
        Some(json!({"name": include.location, "kind": include.kind, "why": why, "included_by": place(files, include)}))
    });
    (read.collect(), left_out.collect())
}

fn place(files: &SourceMap, include: &IncludeRecord) -> Value {
    let name = files.get(include.span.file).map(|file| file.name.as_str());
    json!({"file": name, "line": include.span.start.line})
}
