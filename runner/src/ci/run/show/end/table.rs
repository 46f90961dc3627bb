//! The table of all jobs.

use super::super::board::{Board, JobEntry};
use super::super::words::{label, lasted, paint, path, percent, reason, sign};
use crate::terminal::{Paint, Style, cut, fill, width, wrap};
use pipeline::Status;
use std::borrow::Cow;
use std::fmt::Write as _;

const HEADINGS: [&str; 6] = ["Stage", "Job", "Status", "Duration", "Queued", "Notes"];
const STAGE: usize = 0;
const JOB: usize = 1;
const STATUS: usize = 2;
const DURATION: usize = 3;
const QUEUED: usize = 4;
const NOTES: usize = 5;
/// The most columns of a name.
const WIDEST: usize = 48;
/// A stage's name is not made narrower than this.
const NARROW: usize = 6;
/// Between two columns.
const GAP: usize = 2;
/// Before what belongs to the line above.
const INDENT: usize = 4;
/// How deep child pipelines are shown in place.
const DEEPEST: usize = 8;

/// A row: its cells, and the colour of its status.
struct Row {
    cells: [String; 6],
    paint: Paint,
}

/// How the rows are laid out.
struct Layout {
    /// The columns' widths; nothing for one that is left out.
    widths: [usize; 6],
    /// How wide a line may be.
    columns: usize,
    /// Notes have lines of their own.
    notes_below: bool,
}

impl Layout {
    /// All in one line for each job, if that fits. If not, first the time in the queue goes, then notes go below; then
    /// names share what is left.
    fn of(rows: &[Row], columns: usize) -> Self {
        let mut widths = HEADINGS.map(width);
        for row in rows {
            for (most, cell) in widths.iter_mut().zip(&row.cells) {
                *most = width(cell).max(*most);
            }
        }
        let mut layout = Self { widths, columns, notes_below: false };
        if layout.excess() > 0 {
            layout.widths[QUEUED] = 0;
        }
        if layout.excess() > 0 {
            layout.notes_below = true;
            layout.widths[NOTES] = 0;
        }
        let narrow = layout.widths[STAGE].min(NARROW);
        layout.widths[STAGE] = layout.widths[STAGE].saturating_sub(layout.excess()).max(narrow);
        let narrow = layout.widths[JOB].min(WIDEST / 4);
        layout.widths[JOB] = layout.widths[JOB].saturating_sub(layout.excess()).max(narrow);
        if layout.excess() > 0 {
            layout.widths[STAGE] = 0;
        }
        layout
    }

    /// By how much the lines are too wide.
    fn excess(&self) -> usize {
        let used = self.widths.iter().filter(|width| **width > 0);
        let wide = used.clone().sum::<usize>() + used.count().saturating_sub(1) * GAP;
        wide.saturating_sub(self.columns)
    }

    /// A line of cells. A name that is longer than its column is not cut as long as a line has room for it: what
    /// follows it stands below.
    fn line<'a>(
        &self,
        out: &mut String,
        cells: &'a [String; 6],
        painted: impl Fn(usize, Cow<'a, str>) -> Cow<'a, str>,
    ) {
        let (mut text, mut before) = (String::new(), 0);
        for (column, (cell, wide)) in cells.iter().zip(self.widths).enumerate() {
            if wide == 0 {
                continue;
            }
            let own_line = column == JOB && width(cell) > wide;
            let room = if own_line { self.columns.saturating_sub(before) } else { wide };
            let cell = cut(cell, room);
            let space = fill(&cell, wide);
            let cell = painted(column, cell);
            // Numbers stand at the right.
            let _ = match column {
                DURATION | QUEUED => write!(text, "{space}{cell}  "),
                _ => write!(text, "{cell}{space}  "),
            };
            before += wide + GAP;
            if own_line {
                let _ = writeln!(out, "{}", text.trim_end());
                text = " ".repeat(before);
            }
        }
        let _ = writeln!(out, "{}", text.trim_end());
    }
}

pub(super) fn write(out: &mut String, board: &Board, style: Style, columns: usize) {
    let mut rows = Vec::new();
    collect(&mut rows, board, &[], DEEPEST);
    if rows.is_empty() {
        return;
    }
    let layout = Layout::of(&rows, columns);
    out.push('\n');
    let heading = HEADINGS.map(str::to_owned);
    layout.line(out, &heading, |_, cell| style.paint(Paint::Strong, cell));
    for row in &rows {
        layout.line(out, &row.cells, |column, cell| match column {
            STATUS => style.paint(row.paint, cell),
            NOTES => style.paint(Paint::Dim, cell),
            _ => cell,
        });
        if layout.notes_below && !row.cells[NOTES].is_empty() {
            for line in wrap(&row.cells[NOTES], columns.saturating_sub(INDENT)) {
                let _ = writeln!(out, "{:INDENT$}{}", "", style.paint(Paint::Dim, line));
            }
        }
    }
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
