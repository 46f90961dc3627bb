//! The table of all jobs.

use super::super::board::{Board, JobEntry};
use super::super::words::{label, lasted, paint, path, percent, reason, sign};
use crate::terminal::{Paint, Style, cut, fill, width};
use pipeline::Status;
use std::borrow::Cow;
use std::fmt::Write as _;

const HEADINGS: [&str; 6] = ["Stage", "Job", "Status", "Duration", "Queued", "Notes"];
/// The most columns of a name.
const WIDEST: usize = 48;
/// How deep child pipelines are shown in place.
const DEEPEST: usize = 8;

/// A row: its cells, and the colour of its status.
struct Row {
    cells: [String; 6],
    paint: Paint,
}

pub(super) fn write(out: &mut String, board: &Board, style: Style) {
    let mut rows = Vec::new();
    collect(&mut rows, board, &[], DEEPEST);
    if rows.is_empty() {
        return;
    }
    let mut widths = HEADINGS.map(width);
    for row in &rows {
        for (most, cell) in widths.iter_mut().zip(&row.cells) {
            *most = width(cell).max(*most);
        }
    }
    out.push('\n');
    let heading = HEADINGS.map(str::to_owned);
    line(out, &heading, &widths, |_, cell| style.paint(Paint::Strong, cell));
    for row in &rows {
        line(out, &row.cells, &widths, |column, cell| match column {
            2 => style.paint(row.paint, cell),
            5 => style.paint(Paint::Dim, cell),
            _ => Cow::Borrowed(cell),
        });
    }
}

fn line<'a>(
    out: &mut String,
    cells: &'a [String; 6],
    widths: &[usize; 6],
    painted: impl Fn(usize, &'a str) -> Cow<'a, str>,
) {
    let mut text = String::new();
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let space = fill(cell, *width);
        let cell = painted(column, cell);
        // Numbers stand at the right.
        let _ = match column {
            3 | 4 => write!(text, "{space}{cell}  "),
            _ => write!(text, "{cell}{space}  "),
        };
    }
    let _ = writeln!(out, "{}", text.trim_end());
}

/// The jobs of a pipeline by stages; those of a child follow their bridge.
fn collect(rows: &mut Vec<Row>, board: &Board, pipeline: &[String], deepest: usize) {
    for (_, stage, jobs) in board.stages().into_iter().filter(|(entry, ..)| entry.path == pipeline) {
        for entry in jobs {
            rows.push(row(stage, entry));
            let mut child = pipeline.to_vec();
            child.push(entry.job().name.clone());
            if deepest > 0 && board.pipelines().iter().any(|entry| entry.path == child) {
                collect(rows, board, &child, deepest - 1);
            }
        }
    }
}

fn row(stage: &str, entry: &JobEntry) -> Row {
    let queued = entry.report.as_ref().and_then(|report| report.queued);
    let time = |time: Option<std::time::Duration>| time.map(lasted).unwrap_or_default();
    let allowed = entry.allow_failure();
    let status = format!("{} {}", sign(entry.status, allowed), label(entry.status, false));
    Row {
        cells: [
            cut(&crate::terminal::clean(stage), WIDEST).into_owned(),
            cut(&path(entry.job()), WIDEST).into_owned(),
            status,
            time(entry.duration()),
            time(queued),
            notes(entry),
        ],
        paint: paint(entry.status, allowed),
    }
}

fn notes(entry: &JobEntry) -> String {
    let mut notes = Vec::new();
    let report = entry.report.as_ref();
    if entry.status == Status::Failed {
        if entry.allow_failure() {
            notes.push("allowed to fail".to_owned());
        }
        notes.extend(report.and_then(|report| reason(report.failure_reason.as_deref(), report.exit_code)));
    }
    match entry.retries {
        0 => {}
        1 => notes.push("retried once".to_owned()),
        times => notes.push(format!("retried {times} times")),
    }
    if let Some(coverage) = report.and_then(|report| report.coverage) {
        notes.push(format!("coverage {}", percent(coverage)));
    }
    notes.join(", ")
}
